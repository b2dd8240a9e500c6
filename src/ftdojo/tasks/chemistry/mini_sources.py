"""The raw sources of ``chemistry/mini``: six collections of honest mixed quality, made on the spot.

No source can contain a held-out molecule: they draw from ``train``.
"""

import random
from collections.abc import Iterator
from functools import cache
from typing import get_args

from ftdojo.records import Split
from ftdojo.tasks.chemistry import mini_molecules as molecules
from ftdojo.tasks.chemistry.mini_molecules import Question
from ftdojo.tasks.clean import Index, shingles
from ftdojo.tasks.raw_sources import Workshop, airy
from ftdojo.tasks.small_talk import small_talk

SLIP_SHARE = 0.4
WORDS = ("none", "one", "two", "three")
CAPTIONS = ("It bears {} of them.", "There are {} to be seen.", "You can find {} of these.")
FEW = 40


@cache
def _held_out() -> Index:
    splits: tuple[Split, ...] = get_args(Split)
    asked = (question for split in splits for _, question in molecules.GENERATOR.held_out(split))
    return Index(shingles(molecules.ask(question)) for question in asked)


def _train(rng: random.Random) -> Iterator[Question]:
    """Yield training questions, without the few that are spelled almost as a held-out one."""
    return (
        question
        for question in molecules.GENERATOR.train(rng)
        if not _held_out().holds(shingles(molecules.ask(question)), frozenset())
    )


SHOP: Workshop[Question] = Workshop(
    task=molecules.NAME,
    draw=_train,
    ask=molecules.ask,
    holds=("the molecule and what to count", "the answer, as text"),
)


def _worked(question: Question, _: random.Random) -> str:
    return molecules.worked(question)


def _count(question: Question, _: random.Random) -> str:
    return molecules.boxed(molecules.count(question))


def _notes(question: Question, quirks: random.Random) -> str:
    """Work it out, with one side group taken for another in ``SLIP_SHARE`` of the rows."""
    slips, at = quirks.random() < SLIP_SHARE, quirks.randrange(len(question.pieces))
    if not slips:
        return molecules.worked(question)
    off = -1 if question.pieces[at] == question.wanted else 1
    total = molecules.count(question) + off
    return f"{molecules.steps(question, slip=at)}\n{molecules.boxed(total)}"


def _caption(question: Question, quirks: random.Random) -> str:
    return quirks.choice(CAPTIONS).format(WORDS[molecules.count(question)])


def _again(question: Question, quirks: random.Random) -> tuple[str, str]:
    guise, end = quirks.choice((str, airy, _apart)), quirks.choice(("", " ", "\n"))
    return guise(molecules.ask(question)), molecules.worked(question) + end


def _apart(text: str) -> str:
    return text.replace("\n", "\n\n")


SOURCES = (
    SHOP.source(
        "inventories",
        fields=("molecule", "inventory"),
        about="Molecules with a list of their side groups and a count of one kind.",
        notes="Those counted are numbered in the list; then the count as JSON.",
        pairs=SHOP.written("inventories", 2000, _worked),
    ),
    SHOP.source(
        "catalogue",
        fields=("entry", "record"),
        about="A catalogue of molecules with counts of side groups.",
        notes="The count as JSON and nothing else.",
        pairs=SHOP.written("catalogue", 2000, _count),
    ),
    SHOP.source(
        "lab-notes",
        fields=("molecule", "note"),
        about="Notes taken in a course: side groups listed and counted.",
        notes="Nobody checked these; some take one group for another. The count as JSON.",
        pairs=SHOP.written("lab-notes", 2000, _notes),
    ),
    SHOP.source(
        "captions",
        fields=("molecule", "caption"),
        about="Molecules with captions that say how many side groups of a kind there are.",
        notes="A sentence each, numbers as words.",
        pairs=SHOP.written("captions", 1500, _caption),
    ),
    small_talk,
    SHOP.source(
        "worksheets",
        fields=("molecule", "inventory"),
        about="Worksheets with molecules, their side groups listed and counted.",
        notes="Every class gets the same few molecules; spacing varies.",
        pairs=SHOP.repeated("worksheets", 1500, _again, of="inventories", known=FEW),
    ),
)
