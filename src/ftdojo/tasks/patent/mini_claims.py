"""Claims and prior art made of elements: what ``patent/mini`` asks, and the worked answers.

A claim has three elements, and two earlier documents, A and B, have three each; the prior art lists theirs in no
order, each with its document's letter. If one document has all three, the claim is not new (102); if only both together
do, it is obvious (103); else it is allowed. Every list is equally long, so that no counting of words helps. A claim is
held out by its three elements, in whatever order.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from ftdojo.tasks.seeded import Generator

NAME = "patent/mini"
_ELEMENTS = """
    lamp battery switch hook wheel rope lid motor pump valve spring lever handle sensor fan filter hose tank blade belt
    gear bolt clamp cable screen lens mirror magnet coil chain wire brush roller piston nozzle heater cooler hinge shaft
    plate tube cap seal knob button camera antenna clock timer brake axle frame tray basket drum ladder rail plug fuse
"""
ELEMENTS = tuple(_ELEMENTS.split())
CLAIMED, HELD = 3, 3
DOCUMENTS = ("A", "B")
NOWHERE = "-"

Code = Literal["102", "103", "ALLOW"]
CODES: tuple[Code, ...] = ("102", "103", "ALLOW")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A claim's elements, and the prior art's: each with the document that has it. No element is in both."""

    claim: tuple[str, ...]
    art: tuple[tuple[str, str], ...]


def ask(question: Question) -> str:
    """Return the claim and the prior art, a line each."""
    art = ", ".join(f"{element} {document}" for element, document in question.art)
    return f"Claim: {', '.join(question.claim)}\nPrior art: {art}"


def holders(question: Question) -> list[str]:
    """Return, for each element of the claim, the document that has it, or ``NOWHERE``."""
    known = dict(question.art)
    return [known.get(element, NOWHERE) for element in question.claim]


def code(found: Sequence[str]) -> Code:
    """Return what is to be decided where ``holders`` found what it did."""
    if NOWHERE in found:
        return "ALLOW"
    return "102" if len(set(found)) == 1 else "103"


def steps(question: Question, found: Sequence[str]) -> str:
    """Return the chart: each element of the claim, the document that has it by ``found``, and what is needed so far."""
    told = zip(question.claim, found, needed(found), strict=True)
    return ", ".join(f"{element} {document}: {need}" for element, document, need in told)


def needed(found: Sequence[str]) -> list[str]:
    """Return the documents that the first element needs, the first two, and so on.

    ``NOWHERE`` from the first element on that is in neither. The last one decides, so that no step needs more than one
    look back.

    Example:
        >>> needed(["B", "A", "B"])
        ['B', 'AB', 'AB']
    """
    return list(accumulate(found, _together))


def _together(before: str, document: str) -> str:
    both = {*before, *document}
    return NOWHERE if NOWHERE in both else "".join(sorted(both))


def decided(code: str) -> str:
    """Return ``code`` as the JSON object that the task requires."""
    return f'{{"code": "{code}"}}'


def worked(question: Question) -> str:
    """Return the full answer: the chart, then the decision."""
    found = holders(question)
    return f"{steps(question, found)}\n{decided(code(found))}"


def key(question: Question) -> str:
    """Return the claim's elements in an order of their own."""
    return " ".join(sorted(question.claim))


def draw(rng: random.Random) -> Question:
    """Draw a claim and two documents; every decision is as likely as any other."""
    words = rng.sample(ELEMENTS, CLAIMED + HELD * len(DOCUMENTS))
    claim, others = tuple(words[:CLAIMED]), words[CLAIMED:]
    found = dict(zip(claim, _found(rng.choice(CODES), rng), strict=True))
    art = [(element, document) for element, document in found.items() if document != NOWHERE]
    for document in DOCUMENTS:
        missing = HELD - list(found.values()).count(document)
        art += [(others.pop(), document) for _ in range(missing)]
    rng.shuffle(art)
    return Question(claim=claim, art=tuple(art))


def _found(code: Code, rng: random.Random) -> list[str]:
    """Return the document of each element of a claim that ``code`` is decided on."""
    one, other = rng.sample(DOCUMENTS, 2)
    if code == "102":
        return [one] * CLAIMED
    last = other if code == "103" else NOWHERE
    return rng.sample([one, rng.choice(DOCUMENTS) if code == "ALLOW" else one, last], CLAIMED)


GENERATOR: Generator[Question] = Generator(task=NAME, draw=draw, ask=ask, key=key)
