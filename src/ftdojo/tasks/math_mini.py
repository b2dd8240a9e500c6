r"""math/mini: sums and differences of three or four numbers, with the answer format of its big sibling.

Questions come from our own seeded generator and are held out by their numbers (``sums.split_of``): 100 for
validation, 100 for confirmation, 200 for the test, always the same ones. The final answer stands in ``\boxed{}``
and is compared as a whole number. Chance is near zero; a model that copies or memorises scores zero. What a small
model learns is decided by the data: worked steps teach the task, bare answers hardly do.
"""

import random
import re
from functools import cache
from itertools import islice

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.scorers.maths.boxed import TAIL_CHARS, last_boxed, whole_number
from ftdojo.tasks import sums
from ftdojo.tasks.sums_sources import SOURCES

NAME = "math/mini"
COUNTS: dict[Split, int] = {"validation": 100, "confirm": 100, "test": 200}
NEAR = 2
_STEP = re.compile(r"(-?\d{1,6}) ?([+-]) ?(\d{1,6}) ?= ?(-?\d{1,7})", re.ASCII)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    drawn = sums.distinct(random.Random(f"{NAME} {split} v1"), split=split)
    return tuple(
        _item(f"{split}-{at:03}", terms) for at, terms in enumerate(islice(drawn, COUNTS[split]))
    )


def grade(output: str, item: Item) -> Grade:
    r"""Compare the whole number in the last ``\boxed{}`` with the sum; without one the output is unreadable.

    Secondary, both denser than the score: ``near`` is 1 when the answer is at most 2 off; ``steps_right`` is the
    share of the expected steps that the output carries out in order and without a slip, even after an earlier one.
    """
    terms = sums.terms_of(item.messages[-1]["content"])
    content = last_boxed(output)
    given = None if content is None else whole_number(content)
    off = None if given is None else abs(given - sum(terms))
    return Grade(
        score=float(off == 0),
        readable=given is not None,
        extracted="" if content is None else content,
        secondary={
            "near": float(off is not None and off <= NEAR),
            "steps_right": _steps_right(output, terms),
        },
    )


def _steps_right(output: str, terms: sums.Terms) -> float:
    """Return the share of steps done right; surplus steps count against it, so writing many wins nothing."""
    lines = [
        match
        for line in output[-TAIL_CHARS:].splitlines()
        if (match := _STEP.fullmatch(line.strip()))
    ]
    right = sum(
        int(sign + number) == term and int(before) + term == int(after)
        for (before, sign, number, after), term in zip(
            map(re.Match.groups, lines), terms[1:], strict=False
        )
    )
    return right / max(len(lines), len(terms) - 1)


def _item(name: str, terms: sums.Terms) -> Item:
    slices = {"terms": str(len(terms)), "subtraction": "yes" if min(terms) < 0 else "no"}
    return Item(
        id=name,
        messages=task.prompt(sums.question(terms)),
        gold=sums.worked(terms),
        slices=slices,
    )


task = Task(
    name=NAME,
    version=2,
    domain="math",
    summary=(
        "Add and subtract three or four numbers of one or two digits, from left to right; no result is negative. "
        "Example: What is 17 + 5 - 23 + 8?"
    ),
    answer_format=(
        r"The whole number in the last \boxed{} is the answer, as in \boxed{7}. Steps before it are welcome, within "
        "the 48 tokens an output may have. Without a whole number in a box the output is unreadable and scores 0."
    ),
    system=r"Solve step by step. Put the final answer in \boxed{}.",
    template="{question}",
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=48,
    # None: a tuned model ends its turn after the box, and a stop string such as "}" would cut the box off.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # More words than any question has in common with a neighbour: all but one number of four may be equal.
    overlap_words=9,
)
