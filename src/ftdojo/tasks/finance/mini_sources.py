"""The raw sources of ``finance/mini``: six collections of honest mixed quality, made on the spot.

No source can contain a held-out calculation: they draw from ``train``.
"""

import random

from ftdojo.tasks.finance import mini_questions as questions
from ftdojo.tasks.finance.mini_questions import Question
from ftdojo.tasks.raw_sources import Workshop, airy
from ftdojo.tasks.small_talk import small_talk

SLIP_SHARE = 0.4
ENDINGS = ("It comes to {}.", "So one gets {}.", "The result is {}.", "That makes {}.")
FEW = 40

SHOP: Workshop[Question] = Workshop(
    task=questions.NAME,
    draw=questions.GENERATOR.train,
    ask=questions.ask,
    holds=("the question with its options", "the answer, as text"),
)


def _worked(question: Question, _: random.Random) -> str:
    return questions.worked(question)


def _letter(question: Question, _: random.Random) -> str:
    return questions.chosen(questions.letter(question))


def _slipped(question: Question, quirks: random.Random) -> str:
    """Work it out, with a slip that leads to a wrong option in ``SLIP_SHARE`` of the rows."""
    right = questions.value(question)
    wrong = quirks.choice([each for each in question.options if each != right])
    result = wrong if quirks.random() < SLIP_SHARE else right
    letter = questions.LETTERS[question.options.index(result)]
    return f"{questions.steps(question, off=result - right)}\n{questions.chosen(letter)}"


def _in_prose(question: Question, quirks: random.Random) -> str:
    sentence = quirks.choice(ENDINGS).format(questions.value(question))
    return f"{questions.steps(question)}\n{sentence}"


def _again(question: Question, quirks: random.Random) -> tuple[str, str]:
    guise = quirks.choice((str, airy, _apart))
    return guise(questions.ask(question)), questions.worked(question)


def _apart(text: str) -> str:
    return text.replace("\n", "\n\n") + "\n"


SOURCES = (
    SHOP.source(
        "solutions",
        fields=("question", "solution"),
        about="Exam questions with their solutions worked out.",
        notes="The calculation first, then the letter after 'Answer:'.",
        pairs=SHOP.written("solutions", 2000, _worked),
    ),
    SHOP.source(
        "answer-key",
        fields=("question", "key"),
        about="The answer key to a large book of exam questions.",
        notes="Letters only, after 'Answer:'.",
        pairs=SHOP.written("answer-key", 3000, _letter),
    ),
    SHOP.source(
        "study-group",
        fields=("question", "solution"),
        about="Exam questions as a study group solved them.",
        notes="Nobody marked these; some go wrong in the calculation. The letter after 'Answer:'.",
        pairs=SHOP.written("study-group", 2500, _slipped),
    ),
    SHOP.source(
        "tutorials",
        fields=("query", "response"),
        about="Exam questions as a tutor explains them.",
        notes="The calculation and its result in a sentence; wording varies.",
        pairs=SHOP.written("tutorials", 2000, _in_prose),
    ),
    small_talk,
    SHOP.source(
        "mock-exams",
        fields=("question", "solution"),
        about="Mock exams with their solutions worked out, collected over the years.",
        notes="Questions come back; spacing varies.",
        pairs=SHOP.repeated("mock-exams", 2400, _again, of="solutions", known=FEW),
    ),
)
