r"""math/aime24: the thirty problems of AIME 2024, an extension beside the paper's thirteen tasks.

Ours: all thirty are the test; validation and confirmation are a hundred problems each of earlier contests. Published:
the first fifteen rows are validation, the others the test.
"""

from functools import cache

from ftdojo.records import Direction, Item, Split, Task
from ftdojo.sources import dataset_rows
from ftdojo.tasks.math import competition
from ftdojo.tasks.math.datasets import AIME24, AIME25, DEEPSCALER

NAME = "math/aime24"
HALF = 15


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the problems of ``split``: earlier contests, or AIME 2024 for the test."""
    if split == "test":
        return _contests()
    return tuple(
        competition.item(
            row, f"{split}-{at:03}", prompt=task.prompt(row["problem"]), contest="earlier"
        )
        for at, row in enumerate(competition.earlier()[split])
    )


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published splits: the first fifteen rows for validation, the others for the test."""
    both = _contests()
    return {"validation": both[:HALF], "confirm": (), "test": both[HALF:]}[split]


@cache
def _contests() -> tuple[Item, ...]:
    return tuple(
        competition.item(
            row, f"2024-{at + 1:02}", prompt=task.prompt(row["question"]), contest="2024"
        )
        for at, row in enumerate(dataset_rows(AIME24, "test"))
    )


task = Task(
    name=NAME,
    version=1,
    domain="math",
    summary=(
        "Solve problems of the American Invitational Mathematics Examination of 2024. The answer of each is a whole "
        "number from 0 to 999. Validation items are problems of earlier contests, which are easier on the whole."
    ),
    answer_format=competition.ANSWER_FORMAT,
    system="",
    template="{question}\nPlease reason step by step, and put your final answer within \\boxed{}.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=competition.MAX_NEW_TOKENS,
    stop=(),
    sources=competition.SOURCES,
    items=items,
    grade=competition.grade,
    overlap_words=competition.OVERLAP_WORDS,
    datasets=(AIME24, AIME25, DEEPSCALER),
    slices={"contest": "2024, or an earlier one"},
    reference=competition.reference,
    reference_items=reference_items,
)
