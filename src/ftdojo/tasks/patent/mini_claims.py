"""Claims and prior art made of elements: what ``patent/mini`` asks, and the worked answers.

A claim has three elements, and each of two earlier documents has four. If one document holds all three, the claim is
not new (102); if only both together do, it is obvious (103); else it is allowed. Every document is equally long, so
that no counting of words helps. A claim is held out by its three elements, in whatever order.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ftdojo.tasks.seeded import Generator

NAME = "patent/mini"
_ELEMENTS = """
    lamp battery switch hook wheel rope lid motor pump valve spring lever handle sensor fan filter hose tank blade belt
    gear bolt clamp cable screen lens mirror magnet coil chain wire brush roller piston nozzle heater cooler hinge shaft
    plate tube cap seal knob button camera antenna clock timer brake axle frame tray basket drum ladder rail plug fuse
"""
ELEMENTS = tuple(_ELEMENTS.split())
CLAIMED, HELD = 3, 4
DOCUMENTS = ("1", "2")
NOWHERE = "0"

Code = Literal["102", "103", "ALLOW"]
CODES: tuple[Code, ...] = ("102", "103", "ALLOW")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A claim's elements and those of each earlier document."""

    claim: tuple[str, ...]
    documents: tuple[tuple[str, ...], ...]


def ask(question: Question) -> str:
    """Return the claim and the documents, a line each."""
    told = zip(DOCUMENTS, question.documents, strict=True)
    lines = [f"D{name}: {', '.join(held)}" for name, held in told]
    return "\n".join([f"Claim: {', '.join(question.claim)}", *lines])


def holders(question: Question) -> list[str]:
    """Return, for each element of the claim, the names of the documents that hold it, or ``NOWHERE``."""
    told = list(zip(DOCUMENTS, question.documents, strict=True))
    return [
        " ".join(name for name, held in told if element in held) or NOWHERE
        for element in question.claim
    ]


def code(found: Sequence[str]) -> Code:
    """Return what is to be decided where ``holders`` found what it did."""
    if any(all(name in each for each in found) for name in DOCUMENTS):
        return "102"
    return "ALLOW" if NOWHERE in found else "103"


def steps(question: Question, found: Sequence[str]) -> str:
    """Return the elements of the claim, each with the documents that ``found`` says hold it."""
    told = zip(question.claim, found, strict=True)
    return ", ".join(f"{element} {names}" for element, names in told)


def decided(code: str) -> str:
    """Return ``code`` as the JSON object that the task asks for."""
    return f'{{"code": "{code}"}}'


def worked(question: Question) -> str:
    """Return the full answer: where each element is found, then the decision."""
    found = holders(question)
    return f"{steps(question, found)}\n{decided(code(found))}"


def key(question: Question) -> str:
    """Return the claim's elements in an order of their own."""
    return " ".join(sorted(question.claim))


def draw(rng: random.Random) -> Question:
    """Draw a claim and two documents; every decision is as likely as any other."""
    words = rng.sample(ELEMENTS, CLAIMED + HELD * len(DOCUMENTS))
    claim, others = words[:CLAIMED], words[CLAIMED:]
    documents = [_document(held, others, rng) for held in _shares(rng.choice(CODES), claim, rng)]
    rng.shuffle(documents)
    return Question(claim=tuple(rng.sample(claim, CLAIMED)), documents=tuple(documents))


def _shares(code: Code, claim: list[str], rng: random.Random) -> list[list[str]]:
    """Return which elements of the claim each of two documents holds."""
    mixed = rng.sample(claim, CLAIMED)
    if code == "102":
        return [mixed, rng.sample(claim, rng.randrange(CLAIMED))]
    if code == "103":
        return rng.choice(([mixed[:2], mixed[1:]], [mixed[:2], mixed[2:]]))
    kept = mixed[1:]
    return [kept, rng.sample(kept, rng.randint(1, 2))]


def _document(held: list[str], others: list[str], rng: random.Random) -> tuple[str, ...]:
    """Return an earlier document: ``held``, filled up from ``others``, which no other document gets again."""
    filling = [others.pop() for _ in range(HELD - len(held))]
    return tuple(rng.sample(held + filling, HELD))


GENERATOR: Generator[Question] = Generator(task=NAME, draw=draw, ask=ask, key=key)
