r"""math/aime25: the thirty problems of AIME 2025.

Ours: all thirty are the test; validation and confirmation are a hundred problems each of earlier contests. Published:
contest I is validation, contest II the test, fifteen problems each, so that one problem is worth 6.67 points. A small
model scores zero here, and a 7B one was published with zero before training.
"""

from dataclasses import replace
from functools import cache

from ftdojo.records import Direction, Item, Split, Task
from ftdojo.sources import dataset_rows
from ftdojo.tasks.math import competition
from ftdojo.tasks.math.datasets import AIME24, AIME25, DEEPSCALER

NAME = "math/aime25"
IN_ONE = 15
"""Problems in one contest; contest I comes first."""


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the problems of ``split``: earlier contests, or AIME 2025 for the test."""
    if split == "test":
        return _contests()
    return tuple(
        competition.item(
            row, f"{split}-{at:03}", prompt=task.prompt(row["problem"]), contest="earlier"
        )
        for at, row in enumerate(competition.earlier()[split])
    )


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published splits: contest I for validation, contest II for the test."""
    both = _contests()
    return {"validation": both[:IN_ONE], "confirm": (), "test": both[IN_ONE:]}[split]


@cache
def _contests() -> tuple[Item, ...]:
    return tuple(_contest_item(at, row) for at, row in enumerate(dataset_rows(AIME25, "test")))


def _contest_item(at: int, row: dict[str, str]) -> Item:
    contest = "I" if at < IN_ONE else "II"
    name = f"2025-{contest}-{at % IN_ONE + 1}"
    return competition.item(row, name, prompt=task.prompt(row["question"]), contest=contest)


task = Task(
    name=NAME,
    version=1,
    domain="math",
    summary=(
        "Solve problems of the American Invitational Mathematics Examination of 2025. The answer of each is a whole "
        "number from 0 to 999. Validation items are problems of earlier contests, which are easier on the whole."
    ),
    answer_format=competition.ANSWER_FORMAT,
    system="",
    template="{question}\nRemember to put your final answer within \\boxed{}.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=competition.MAX_NEW_TOKENS,
    stop=(),
    sources=competition.SOURCES,
    items=items,
    grade=competition.grade,
    overlap_words=competition.OVERLAP_WORDS,
    datasets=(AIME25, AIME24, DEEPSCALER),
    slices={"contest": "I or II of 2025, or an earlier one"},
    reference=replace(competition.reference, judge=competition.judged),
    reference_items=reference_items,
    published=competition.published(
        ("Qwen2.5-7B-Instruct", "base", 0.0),
        ("Qwen2.5-7B-Instruct", "FT-Agent", 11.11),
        ("Qwen2.5-3B-Instruct", "base", 0.0),
        ("Qwen2.5-3B-Instruct", "FT-Agent", 0.0),
    ),
)
