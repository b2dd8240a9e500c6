"""Interest, ratios and statement lines: what ``finance/mini`` asks, and the worked answers.

Every question has four options, one of them right. The right one stands anywhere among the four, in place and in
size, so that no habit of choosing beats chance. A question is held out by its kind and its numbers, whatever the
options are.
"""

import random
from dataclasses import dataclass, replace
from typing import Literal

from ftdojo.tasks.seeded import Generator

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


@dataclass(frozen=True, kw_only=True)
class Question:
    """A calculation and four options; ``lines`` is which wording it has, ``numbers`` what is given."""

    kind: Kind
    lines: int
    numbers: tuple[int, ...]
    options: tuple[int, ...] = ()


def ask(question: Question) -> str:
    """Return the question with its options, a line each."""
    offered = zip(LETTERS, question.options, strict=True)
    return "\n".join([_stem(question), *(f"{letter}. {value}" for letter, value in offered)])


def _stem(question: Question) -> str:
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


def steps(question: Question, *, off: int = 0) -> str:
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


def value(question: Question) -> int:
    """Return the result."""
    if question.kind == "interest":
        loan, rate, years = question.numbers
        return loan // 100 * rate * years
    if question.kind == "ratio":
        above, below = question.numbers
        return above // below
    first, second, third = question.numbers
    return first - second - third


def letter(question: Question) -> str:
    """Return the letter of the right option."""
    return LETTERS[question.options.index(value(question))]


def chosen(letter: str) -> str:
    """Return ``letter`` as a final answer."""
    return f"Answer: {letter}"


def worked(question: Question) -> str:
    """Return the full answer: the calculation, then the letter."""
    return f"{steps(question)}\n{chosen(letter(question))}"


def key(question: Question) -> str:
    """Return the kind and the numbers; a ratio's name makes it no other question."""
    return " ".join([question.kind, *map(str, question.numbers)])


def draw(rng: random.Random) -> Question:
    """Draw a calculation and its options."""
    kind = rng.choice(KINDS)
    if kind == "interest":
        question = Question(kind=kind, lines=0, numbers=_interest(rng))
    elif kind == "ratio":
        question = Question(kind=kind, lines=rng.randrange(len(RATIOS)), numbers=_ratio(rng))
    else:
        question = Question(kind=kind, lines=rng.randrange(len(LINES)), numbers=_statement(rng))
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


GENERATOR: Generator[Question] = Generator(
    task=NAME, draw=draw, ask=ask, key=key, shares=SHARES, scarce=True
)
