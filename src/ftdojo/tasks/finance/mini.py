"""finance/mini: multiple choice over interest, ratios and statement lines, with the answers of its big sibling.

Questions come from our own seeded generator. Every one has four options, one of them right. The right one stands anywhere
among the four, in place and in size, so that no habit of choosing beats chance, which is one in four. A question is held
out by its kind and its numbers, whatever the options are: 100 for validation, 100 for confirmation, 300 for the test,
always the same ones.

The answer is a letter, read as FinanceIQ's is, strictly. What a small model learns is decided by the data: the calculation
before the letter teaches choosing, bare letters do not. The six sources are of honest mixed quality, and none can contain
a held-out calculation: they draw from ``train``.
"""

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.tasks.finance.financeiq import financeiq_grade
from ftdojo.tasks.miniature import Generator, Workshop, airy, share_right, small_talk

NAME = "finance/mini"
LETTERS = "ABCD"
RATIOS = (
    ("Current assets", "current liabilities", "Current ratio"),
    ("Debt", "equity", "Debt-to-equity ratio"),
    ("Share price", "earnings per share", "Price-earnings ratio"),
    ("Sales", "total assets", "Asset turnover"),
    ("Operating profit", "interest", "Interest cover"),
)
LINES = (
    ("Sales", "costs", "tax", "Net profit"),
    ("Revenue", "cost of sales", "wages", "Operating profit"),
    ("Opening cash", "rent paid", "bills paid", "Closing cash"),
    ("Assets", "loans", "other debts", "Equity"),
)
SHARES = {"validation": 0.08, "confirm": 0.08, "test": 0.20}
STEPS = (1, 2, 3, 4, 5, 6, 8, 10)
Kind = Literal["interest", "ratio", "statement"]
KINDS: tuple[Kind, ...] = ("interest", "ratio", "statement")
SLIP_SHARE = 0.4
ENDINGS = ("It comes to {}.", "So one gets {}.", "The result is {}.", "That makes {}.")
FEW = 40


@dataclass(frozen=True, kw_only=True)
class LedgerQuestion:
    """A calculation and four options; ``lines`` is which wording it has, ``numbers`` what is given."""

    kind: Kind
    lines: int
    numbers: tuple[int, ...]
    options: tuple[int, ...] = ()


def ask(question: LedgerQuestion) -> str:
    """Return the question with its options, a line each."""
    offered = zip(LETTERS, question.options, strict=True)
    return "\n".join([_stem(question), *(f"{letter}. {value}" for letter, value in offered)])


def _stem(question: LedgerQuestion) -> str:
    numbers = question.numbers
    if question.kind == "interest":
        loan, rate, years = numbers
        return f"Loan {loan}, {rate}% simple interest, {years} years. Total interest?"
    if question.kind == "ratio":
        above, below, name = RATIOS[question.lines]
        return f"{above} {numbers[0]}, {below} {numbers[1]}. {name}?"
    *heads, name = LINES[question.lines]
    given = ", ".join(f"{head} {number}" for head, number in zip(heads, numbers, strict=True))
    return f"{given}. {name}?"


def steps(question: LedgerQuestion, *, off: int = 0) -> str:
    """Return the calculation, its result too high by ``off``."""
    result = value(question) + off
    if question.kind == "interest":
        loan, rate, years = question.numbers
        yearly = loan // 100 * rate
        return f"{loan // 100} * {rate} = {yearly}, {yearly} * {years} = {result}"
    if question.kind == "ratio":
        above, below = question.numbers
        return f"{above} / {below} = {result}"
    first, second, third = question.numbers
    return f"{first} - {second} = {first - second}, {first - second} - {third} = {result}"


def value(question: LedgerQuestion) -> int:
    """Return the result."""
    if question.kind == "interest":
        loan, rate, years = question.numbers
        return loan // 100 * rate * years
    if question.kind == "ratio":
        above, below = question.numbers
        return above // below
    first, second, third = question.numbers
    return first - second - third


def letter(question: LedgerQuestion) -> str:
    """Return the letter of the right option."""
    return LETTERS[question.options.index(value(question))]


def chosen(letter: str) -> str:
    """Return ``letter`` as a final answer."""
    return f"Answer: {letter}"


def worked(question: LedgerQuestion) -> str:
    """Return the full answer: the calculation, then the letter."""
    return f"{steps(question)}\n{chosen(letter(question))}"


def key(question: LedgerQuestion) -> str:
    """Return the kind and the numbers; a ratio's name makes it no other question."""
    return " ".join([question.kind, *map(str, question.numbers)])


def draw(rng: random.Random) -> LedgerQuestion:
    """Draw a calculation and its options."""
    kind = rng.choice(KINDS)
    if kind == "interest":
        question = LedgerQuestion(kind=kind, lines=0, numbers=_interest(rng))
    elif kind == "ratio":
        question = LedgerQuestion(kind=kind, lines=rng.randrange(len(RATIOS)), numbers=_ratio(rng))
    else:
        question = LedgerQuestion(
            kind=kind, lines=rng.randrange(len(LINES)), numbers=_statement(rng)
        )
    return replace(question, options=_options(value(question), rng))


def _interest(rng: random.Random) -> tuple[int, ...]:
    return 100 * rng.randint(1, 9), rng.randint(2, 9), rng.randint(2, 3)


def _ratio(rng: random.Random) -> tuple[int, ...]:
    below = rng.randint(2, 9) * rng.choice((1, 10, 100))
    return below * rng.randint(2, 9), below


def _statement(rng: random.Random) -> tuple[int, ...]:
    second, third = rng.randint(2, 20), rng.randint(2, 9)
    return second + third + rng.randint(1, 40), second, third


def _options(right: int, rng: random.Random) -> tuple[int, ...]:
    """Return four different positive numbers, ``right`` among them, its rank as likely any of the four."""
    below = min(rng.randrange(4), right - 1)
    lower = rng.sample(sorted({right - each for each in STEPS if each < right}), below)
    higher = rng.sample([right + each for each in STEPS], 3 - below)
    options = [right, *lower, *higher]
    rng.shuffle(options)
    return tuple(options)


GENERATOR: Generator[LedgerQuestion] = Generator(
    task=NAME, draw=draw, ask=ask, key=key, shares=SHARES, scarce=True
)

SHOP: Workshop[LedgerQuestion] = Workshop(
    task=NAME,
    draw=GENERATOR.train,
    ask=ask,
    holds=("the question with its options", "the answer, as text"),
)


def _slipped(question: LedgerQuestion, quirks: random.Random) -> str:
    """Work it out, with a slip that leads to a wrong option in ``SLIP_SHARE`` of the rows."""
    right = value(question)
    wrong = quirks.choice([each for each in question.options if each != right])
    result = wrong if quirks.random() < SLIP_SHARE else right
    letter = LETTERS[question.options.index(result)]
    return f"{steps(question, off=result - right)}\n{chosen(letter)}"


def _in_prose(question: LedgerQuestion, quirks: random.Random) -> str:
    sentence = quirks.choice(ENDINGS).format(value(question))
    return f"{steps(question)}\n{sentence}"


def _apart(text: str) -> str:
    return text.replace("\n", "\n\n") + "\n"


SOURCES = (
    SHOP.source(
        "solutions",
        fields=("question", "solution"),
        about="Exam questions with their solutions worked out.",
        notes="The calculation first, then the letter after 'Answer:'.",
        pairs=SHOP.written(2000, lambda question, _: worked(question)),
    ),
    SHOP.source(
        "answer-key",
        fields=("question", "key"),
        about="The answer key to a large book of exam questions.",
        notes="Letters only, after 'Answer:'.",
        pairs=SHOP.written(3000, lambda question, _: chosen(letter(question))),
    ),
    SHOP.source(
        "study-group",
        fields=("question", "solution"),
        about="Exam questions as a study group solved them.",
        notes="Nobody marked these; some go wrong in the calculation. The letter after 'Answer:'.",
        pairs=SHOP.written(2500, _slipped),
    ),
    SHOP.source(
        "tutorials",
        fields=("query", "response"),
        about="Exam questions as a tutor explains them.",
        notes="The calculation and its result in a sentence; wording varies.",
        pairs=SHOP.written(2000, _in_prose),
    ),
    small_talk,
    SHOP.source(
        "mock-exams",
        fields=("question", "solution"),
        about="Mock exams with their solutions worked out, collected over the years.",
        notes="Questions come back; spacing varies.",
        pairs=SHOP.repeated(2400, worked, of=("solutions", FEW), guises=(str, airy, _apart)),
    ),
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(name, question) for name, question in GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the letter that an output chooses with the right one; without one it is unreadable.

    Secondary: ``steps_right``, the share of the expected calculations that the first line has in their places.
    """
    steps_right = share_right(output, item.facts["steps"])
    graded = financeiq_grade(output, item.facts["letter"])
    return replace(graded, secondary={"steps_right": steps_right})


def _item(name: str, question: LedgerQuestion) -> Item:
    return Item(
        id=name,
        messages=task.prompt(ask(question)),
        gold=worked(question),
        slices={"kind": question.kind},
        facts={"letter": letter(question), "steps": steps(question)},
    )


task = Task(
    name=NAME,
    version=1,
    domain="finance",
    summary=(
        "Choose one of four results: simple interest over some years, a ratio of two amounts, or what is left of an "
        "amount after two others."
    ),
    answer_format=(
        "The letter of an option after 'Answer:', as in 'Answer: B'; the last one counts. Working before it is "
        "welcome, within the 56 tokens an output may have. Without 'Answer:' a letter is read that the output begins "
        "with, else the last one that stands alone; without any it is unreadable and scores 0. Decoding is greedy."
    ),
    system="Calculate, then choose. End with 'Answer: ' and A, B, C or D.",
    template="{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=56,
    # None: a tuned model ends its turn after the letter.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # All of a question's numbers and half of its options: its numbers are what is held out.
    overlap_words=16,
    secondary={
        "steps_right": "share of the expected calculations that are right; higher is better"
    },
    slices={"kind": "what is asked: interest, ratio or statement"},
)
