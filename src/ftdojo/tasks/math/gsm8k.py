r"""math/gsm8k: word problems of primary school, an extension beside the paper's thirteen tasks.

Ours: 300 problems of the official test part are the test; validation and confirmation, 150 each, come from the
official training part, and the rest of it is on offer. Published: the whole test part, 1,319 problems.
"""

from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Reference, Source, Split, Task
from ftdojo.scorers.maths.gsm8k import gold_number, gsm8k_grade, reference_mark, reference_total
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import HeldOut, near
from ftdojo.tasks.clean import split as split_records
from ftdojo.tasks.math.datasets import GSM8K, MAWPS

NAME = "math/gsm8k"
MAX_NEW_TOKENS = 320
OVERLAP_WORDS = 10
TEST = {"test": 300}
HELD_BACK = {"validation": 150, "confirm": 150}
Row = dict[str, Any]


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the problems of ``split``, always the same ones in the same order."""
    rows = _test() if split == "test" else _dealt()[split]
    return tuple(_item(f"{split}-{at:03}", row) for at, row in enumerate(rows))


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the whole official test part; there is no published validation part."""
    rows = dataset_rows(GSM8K, "test") if split == "test" else iter(())
    return tuple(_item(f"official-{at:04}", row) for at, row in enumerate(rows))


def grade(output: str, item: Item) -> Grade:
    r"""Compare the number after the last ``####`` or in the last ``\boxed{}`` with the answer, by value."""
    return gsm8k_grade(output, item.facts["answer"])


def _item(name: str, row: Row) -> Item:
    answer = gold_number(row["answer"])
    steps = row["answer"].count("<<")
    return Item(
        id=name,
        messages=task.prompt(row["question"]),
        gold=f"#### {answer}",
        slices={"steps": "up to 2" if steps <= 2 else "3 or 4" if steps <= 4 else "5 or more"},
        facts={"answer": answer},
    )


@cache
def _test() -> tuple[Row, ...]:
    return _deal(list(dataset_rows(GSM8K, "test")), TEST)["test"]


@cache
def _dealt() -> dict[str, tuple[Row, ...]]:
    """Return the official training part, dealt, without what comes near the whole official test part."""
    asked = [row["question"] for row in dataset_rows(GSM8K, "test")]
    rows = list(dataset_rows(GSM8K, "train_sample"))
    known = near((row["question"] for row in rows), asked)
    return _deal([row for at, row in enumerate(rows) if at not in known], HELD_BACK)


def _deal(rows: list[Row], counts: dict[str, int]) -> dict[str, tuple[Row, ...]]:
    return split_records(
        rows,
        key=lambda row: str(row["question"]),
        text=lambda row: str(row["question"]),
        counts=counts,
    )


@cache
def _worked() -> tuple[Row, ...]:
    asked = _held_out()
    rows = _dealt()["train"]
    return tuple(row for row in rows if not asked.holds(row["question"], row["answer"]))


@cache
def _held_out() -> HeldOut:
    held_back = (row for name in HELD_BACK for row in _dealt()[name])
    return HeldOut([row["question"] for row in (*_test(), *held_back)], OVERLAP_WORDS)


@cache
def _answers() -> tuple[Row, ...]:
    """Return the rows of MAWPS that are not held out here."""
    asked = _held_out()
    rows = dataset_rows(MAWPS, "all")
    return tuple(row for row in rows if not asked.holds(row["question"]))


SOURCES = (
    Source(
        name="gsm8k-train",
        summary="Word problems of two to eight steps with a worked solution each.",
        licence=GSM8K.licence,
        fields=GSM8K.fields,
        prompt_field="question",
        response_field="answer",
        notes="Solutions by people; sums carry calculator marks such as <<3*4=12>>; the number follows '#### '.",
        version=1,
        rows=lambda: iter(_worked()),
        dataset=GSM8K,
    ),
    Source(
        name="mawps",
        summary="Word problems of one or two steps with the number only.",
        licence=MAWPS.licence,
        fields=MAWPS.fields,
        prompt_field="question",
        response_field="answer",
        notes="Easier than GSM8K; no working is shown, and numbers carry a decimal, as in 14.0. Some problems repeat.",
        version=1,
        rows=lambda: iter(_answers()),
        dataset=MAWPS,
    ),
)
task = Task(
    name=NAME,
    version=2,
    domain="math",
    summary=(
        "Solve word problems of primary school that take two to eight steps of plain arithmetic. The answer is one number."
    ),
    answer_format=(
        r"The number after the last '####' is the answer, as in '#### 18'; one in a \boxed{} counts as well, and whichever "
        "stands last. Commas and a dollar sign are ignored, and 18.0 is 18. Working before it is welcome, within the "
        f"{MAX_NEW_TOKENS} tokens an output may have; decoding is greedy. Without such a number the output is unreadable "
        "and scores 0."
    ),
    system="",
    template="{question}\nSolve it step by step. End with a line that holds #### and the number.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(GSM8K,),
    slices={"steps": "how many sums the given solution takes"},
    reference=Reference(
        mark=lambda output, item: reference_mark(output, item.facts["answer"]),
        total=reference_total,
        origin="OpenCompass' Gsm8kEvaluator, and the authors' extract_answer beside it",
    ),
    reference_items=reference_items,
)
