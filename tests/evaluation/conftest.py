"""A toy task with real grading: sums whose answer is the last whole number of the output."""

import random
import re

import pytest

from ftdojo.records import Direction, Grade, Item, Task

ASK = "Work this out: {question} Answer with a number."
SYSTEM = "You are careful and add up step by step without a calculator."


def grade(output, item):
    numbers = re.findall(r"-?\d+", output, re.ASCII)
    right = bool(numbers) and numbers[-1][-20:] == item.gold
    return Grade(
        score=float(right),
        readable=bool(numbers),
        secondary={"brief": 1.0} if len(output) < 9 else {},
    )


def make_items(split):
    rng = random.Random(split)
    return tuple(
        make_item(split, at, [rng.randint(2, 99) for _ in range(3 + at % 2)]) for at in range(60)
    )


def make_item(split, at, terms):
    return Item(
        id=f"{split}-{at}",
        messages=TOY.prompt(" + ".join(map(str, terms)) + " = ?"),
        gold=str(sum(terms)),
        slices={"terms": str(len(terms))},
    )


TOY = Task(
    name="toy/sums",
    version=1,
    domain="math",
    summary="Add.",
    answer_format="A number.",
    system=SYSTEM,
    template=ASK,
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=16,
    stop=(),
    sources=(),
    items=make_items,
    grade=grade,
)


@pytest.fixture(scope="session")
def task():
    return TOY
