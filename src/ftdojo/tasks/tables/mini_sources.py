"""The raw sources of ``tables/mini``: six collections of honest mixed quality, made on the spot.

No source can contain a held-out table: they draw from ``train``.
"""

import random

from ftdojo.tasks.raw_sources import Workshop, airy
from ftdojo.tasks.small_talk import small_talk
from ftdojo.tasks.tables import mini_tables as tables
from ftdojo.tasks.tables.mini_tables import Question

MISREAD_SHARE = 0.5
"""Of the rows; one in five of them comes out right all the same."""
REMARKS = (
    "According to the table, {} is right.",
    "One finds {} there.",
    "The table shows {} for this.",
    "We can read off {}.",
)
FEW = 40

SHOP: Workshop[Question] = Workshop(
    task=tables.NAME,
    draw=tables.GENERATOR.train,
    ask=tables.ask,
    holds=("the table and the question", "the answer, as text"),
)


def _worked(question: Question, _: random.Random) -> str:
    return tables.worked(question)


def _answer(question: Question, _: random.Random) -> str:
    return tables.final(tables.answer(question))


def _careless(question: Question, quirks: random.Random) -> str:
    """Work it out, on the wrong column in ``MISREAD_SHARE`` of the rows."""
    misread = quirks.random() < MISREAD_SHARE
    return tables.worked(tables.misread(question) if misread else question)


def _remark(question: Question, quirks: random.Random) -> str:
    sentence = quirks.choice(REMARKS).format(tables.answer(question))
    return f"{tables.steps(question)}\n{sentence}"


def _again(question: Question, quirks: random.Random) -> tuple[str, str]:
    guise = quirks.choice((str, airy, _ended))
    return guise(tables.ask(question)), tables.worked(question)


def _ended(text: str) -> str:
    return text + " \n"


SOURCES = (
    SHOP.source(
        "read-aloud",
        fields=("table", "reading"),
        about="Questions about small tables, answered with the cells they rest on.",
        notes="The cells are read out first; the result follows 'Final Answer:'.",
        pairs=SHOP.written("read-aloud", 2000, _worked),
    ),
    SHOP.source(
        "answer-sheet",
        fields=("question", "answer"),
        about="The answer sheet to a large book of table questions.",
        notes="Results only, after 'Final Answer:'.",
        pairs=SHOP.written("answer-sheet", 3000, _answer),
    ),
    SHOP.source(
        "quiz-night",
        fields=("question", "response"),
        about="Questions about small tables as they were answered on quiz nights, with the cells read out.",
        notes="Said in a hurry; some looked at the wrong column. The result follows 'Final Answer:'.",
        pairs=SHOP.written("quiz-night", 2500, _careless),
    ),
    SHOP.source(
        "remarks",
        fields=("table", "remark"),
        about="Questions about small tables with a remark on each.",
        notes="Cells are read out; the result stands in a sentence, wording varies.",
        pairs=SHOP.written("remarks", 2000, _remark),
    ),
    small_talk,
    SHOP.source(
        "flash-cards",
        fields=("question", "answer"),
        about="Flash cards with a small table on one side and the reading of it on the other.",
        notes="The pack went round more than once; spacing varies.",
        pairs=SHOP.repeated("flash-cards", 2400, _again, of="read-aloud", known=FEW),
    ),
)
