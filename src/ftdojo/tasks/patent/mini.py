"""patent/mini: claims and earlier documents made of elements, decided as 102, 103 or ALLOW as in NOC4PC.

A claim has three elements, and two earlier documents, A and B, have three each; the prior art lists theirs in no
order, each with its document's letter. If one document has all three, the claim is not new (102); if only both together
do, it is obvious (103); else it is allowed. Every list is equally long, so that no counting of words helps. A claim comes
from our own seeded generator and is held out by its three elements, in whatever order: 100 for validation, 100 for
confirmation, 300 for the test, always the same ones.

The decision stands in a JSON object, as in PANORAMA's NOC4PC, and is read strictly; the score is the mean F1 of the three
codes, which a constant answer has a sixth of. What a small model learns is decided by the data: a chart that names after
each element the documents needed so far teaches the decision, bare decisions hardly do. The six sources are of honest
mixed quality, and none can contain a held-out claim: they draw from ``train``.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from typing import Literal

from ftdojo.records import Aggregate, Direction, Grade, Item, Split, Task
from ftdojo.tasks.miniature import Generator, Workshop, airy, ended, share_right, small_talk
from ftdojo.tasks.patent.noc4pc import noc4pc_grade

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
SLIP_SHARE = 0.4
FINDINGS = (*DOCUMENTS, NOWHERE)
LETTERS = {
    "102": ("The claim is not new: one document shows all of it.", "One document has everything."),
    "103": ("The claim is obvious from both documents.", "Both documents together show all of it."),
    "ALLOW": ("Nothing stands against the claim.", "Something in the claim is new."),
}
FEW = 40


@dataclass(frozen=True, kw_only=True)
class ClaimQuestion:
    """A claim's elements, and the prior art's: each with the document that has it. No element is in both."""

    claim: tuple[str, ...]
    art: tuple[tuple[str, str], ...]


def ask(question: ClaimQuestion) -> str:
    """Return the claim and the prior art, a line each."""
    art = ", ".join(f"{element} {document}" for element, document in question.art)
    return f"Claim: {', '.join(question.claim)}\nPrior art: {art}"


def holders(question: ClaimQuestion) -> list[str]:
    """Return, for each element of the claim, the document that has it, or ``NOWHERE``."""
    known = dict(question.art)
    return [known.get(element, NOWHERE) for element in question.claim]


def code(found: Sequence[str]) -> Code:
    """Return what is to be decided where ``holders`` found what it did."""
    if NOWHERE in found:
        return "ALLOW"
    return "102" if len(set(found)) == 1 else "103"


def steps(question: ClaimQuestion, found: Sequence[str]) -> str:
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


def worked(question: ClaimQuestion) -> str:
    """Return the full answer: the chart, then the decision."""
    found = holders(question)
    return f"{steps(question, found)}\n{decided(code(found))}"


def key(question: ClaimQuestion) -> str:
    """Return the claim's elements in an order of their own."""
    return " ".join(sorted(question.claim))


def draw(rng: random.Random) -> ClaimQuestion:
    """Draw a claim and two documents; every decision is as likely as any other."""
    words = rng.sample(ELEMENTS, CLAIMED + HELD * len(DOCUMENTS))
    claim, others = tuple(words[:CLAIMED]), words[CLAIMED:]
    found = dict(zip(claim, _found(rng.choice(CODES), rng), strict=True))
    art = [(element, document) for element, document in found.items() if document != NOWHERE]
    for document in DOCUMENTS:
        missing = HELD - list(found.values()).count(document)
        art += [(others.pop(), document) for _ in range(missing)]
    rng.shuffle(art)
    return ClaimQuestion(claim=claim, art=tuple(art))


def _found(code: Code, rng: random.Random) -> list[str]:
    """Return the document of each element of a claim that ``code`` is decided on."""
    one, other = rng.sample(DOCUMENTS, 2)
    if code == "102":
        return [one] * CLAIMED
    last = other if code == "103" else NOWHERE
    return rng.sample([one, rng.choice(DOCUMENTS) if code == "ALLOW" else one, last], CLAIMED)


GENERATOR: Generator[ClaimQuestion] = Generator(task=NAME, draw=draw, ask=ask, key=key)

SHOP: Workshop[ClaimQuestion] = Workshop(
    task=NAME,
    draw=GENERATOR.train,
    ask=ask,
    holds=("the claim and the earlier documents", "what was decided, as text"),
)


def _draft(question: ClaimQuestion, quirks: random.Random) -> str:
    """Work it out, with one element charted wrongly, which turns the decision, in ``SLIP_SHARE`` of the rows."""
    found = holders(question)
    slips, slipped = quirks.random() < SLIP_SHARE, quirks.choice(_slips(found))
    chart = slipped if slips else found
    return f"{steps(question, chart)}\n{decided(code(chart))}"


def _slips(found: list[str]) -> list[list[str]]:
    """Return every chart that differs from ``found`` in one element and in the decision."""
    charts = [
        [*found[:at], each, *found[at + 1 :]] for at in range(len(found)) for each in FINDINGS
    ]
    return [chart for chart in charts if code(chart) != code(found)]


def _letter(question: ClaimQuestion, quirks: random.Random) -> str:
    found = holders(question)
    sentence = quirks.choice(LETTERS[code(found)])
    return f"{steps(question, found)}\n{sentence}"


SOURCES = (
    SHOP.source(
        "element-charts",
        fields=("file", "chart"),
        about="Claims with earlier documents, charted element by element and decided.",
        notes="Each element, its document (- for none) and the documents needed so far; then the code as JSON.",
        pairs=SHOP.written(2000, lambda question, _: worked(question)),
    ),
    SHOP.source(
        "decisions",
        fields=("claim", "decision"),
        about="A register of claims and what was decided on them.",
        notes="The code as JSON; no grounds are given.",
        pairs=SHOP.written(3000, lambda question, _: decided(code(holders(question)))),
    ),
    SHOP.source(
        "drafts",
        fields=("file", "draft"),
        about="First drafts of decisions, charted element by element.",
        notes="Before review: some chart an element wrongly and decide by that. The code as JSON.",
        pairs=SHOP.written(2500, _draft),
    ),
    SHOP.source(
        "letters",
        fields=("file", "letter"),
        about="Letters to applicants: a chart of the claim and what it comes to.",
        notes="The decision stands in a sentence, wording varies.",
        pairs=SHOP.written(2000, _letter),
    ),
    small_talk,
    SHOP.source(
        "training-files",
        fields=("file", "chart"),
        about="Files that new examiners practise on, charted and decided.",
        notes="Every class gets the same few files; spacing varies.",
        pairs=SHOP.repeated(2400, worked, of=("element-charts", FEW), guises=(str, airy, ended)),
    ),
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the claims of ``split``, always the same ones in the same order."""
    return tuple(_item(name, question) for name, question in GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the code in the last JSON object with the right one; without one the output is unreadable.

    Secondary: ``steps_right``, the share of the claim's elements that the first line charts rightly, with the documents
    needed so far.
    """
    steps_right = share_right(output, item.facts["steps"])
    graded = noc4pc_grade(output, item.facts["code"])
    return replace(graded, secondary={"steps_right": steps_right})


def _item(name: str, question: ClaimQuestion) -> Item:
    found = holders(question)
    return Item(
        id=name,
        messages=task.prompt(ask(question)),
        gold=worked(question),
        slices={"code": code(found)},
        facts={"code": code(found), "steps": steps(question, found)},
    )


task = Task(
    name=NAME,
    version=2,
    domain="patent",
    summary=(
        "Decide on a claim of three elements, given the elements of two earlier documents, A and B, three each: 102 if "
        "one document has all three, 103 if only both together do, else ALLOW."
    ),
    answer_format=(
        'One JSON object with the key code, one of "102", "103" and "ALLOW", as in {"code": "103"}; the last one '
        "counts. Working before it is welcome, within the 48 tokens an output may have. Without the object, 'code: "
        "103' or a code and nothing else is read; any other output is unreadable and scores 0. Decoding is greedy."
    ),
    system='All in one document: 102. Both together: 103. Else: ALLOW. Reply with JSON: {"code": "..."}',
    template="{question}",
    metric="macro_f1",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=48,
    # None: a tuned model ends its turn after the object, and a stop string such as "}" would cut the object off.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    aggregate=Aggregate(kind="macro-f1", over="code"),
    # All of a claim and most of the prior art: letters and a few elements alone are not a question.
    overlap_words=15,
    secondary={"steps_right": "share of the claim's elements charted rightly; higher is better"},
    slices={"code": "the right decision: 102, 103 or ALLOW"},
)
