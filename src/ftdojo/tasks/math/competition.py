"""Competition problems with whole-number answers: what AIME 2024 and 2025 train and validate on.

A contest has fifteen problems, too few to steer a search by. So both tasks keep their contests for the test, and hold
back earlier problems of the same kind for validation: those of DeepScaleR that have a solution and a whole number
from 0 to 999 as the answer. What is left of DeepScaleR is on offer, without any problem that is or nearly is held out.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from ftdojo.records import Direction, Grade, Item, Judge, Message, Published, Reference, Source
from ftdojo.scorers.maths.aime import aime_grade, reference_mark, reference_total
from ftdojo.scorers.maths.aime_judge import judge_prompt, says_right
from ftdojo.scorers.maths.boxed import whole_number
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import HeldOut, near, split
from ftdojo.tasks.math.datasets import AIME24, AIME25, DEEPSCALER, GSM8K

Rows = Iterator[dict[str, Any]]
COUNTS = {"validation": 100, "confirm": 100}
HIGHEST = 999
MAX_NEW_TOKENS = 2048
OVERLAP_WORDS = 20
"""More than most phrases that problems share, such as "where m and n are relatively prime positive integers"."""
ANSWER_FORMAT = (
    r"The whole number in the last \boxed{} is the answer, as in \boxed{204}; a unit in \text{} or a degree sign behind "
    r"it is ignored. Anything else in the box, such as an unfinished sum or a letter, is unreadable and scores 0, and so "
    f"is an output without a box. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy."
)


@cache
def earlier() -> dict[str, tuple[dict[str, Any], ...]]:
    """Return the held-out problems of earlier contests, by split."""
    asked = contests()
    rows = [row for row in dataset_rows(DEEPSCALER, "train_aime") if _short(row["answer"])]
    known = near((row["problem"] for row in rows), asked)
    return split(
        [row for at, row in enumerate(rows) if at not in known],
        key=lambda row: str(row["problem"]),
        text=lambda row: str(row["problem"]),
        counts=COUNTS,
    )


def contests() -> list[str]:
    """Return every question of AIME 2024 and 2025: neither task may train on the other's test."""
    return [row["question"] for each in (AIME24, AIME25) for row in dataset_rows(each, "test")]


def item(row: dict[str, Any], name: str, *, prompt: tuple[Message, ...], contest: str) -> Item:
    """Return the item whose prompt is ``prompt`` and which expects the row's answer."""
    return Item(
        id=name,
        messages=prompt,
        gold=f"\\boxed{{{row['answer']}}}",
        slices={"contest": contest},
        facts={"answer": str(row["answer"])},
    )


def grade(output: str, item: Item) -> Grade:
    r"""Compare the whole number in the last ``\boxed{}`` with the answer; without one the output is unreadable."""
    return aime_grade(output, item.facts["answer"])


judged = Judge(
    asks=lambda output, item: judge_prompt(
        item.messages[-1]["content"], item.facts["answer"], output
    ),
    accepts=says_right,
)
reference = Reference(
    mark=lambda output, item: reference_mark(output, item.facts["answer"]),
    total=reference_total,
    origin=(
        "MATHVerifyEvaluator of RD-Agent's OpenCompass fork, without the language model that is asked again about wrong "
        "answers of AIME 2025"
    ),
)


def _short(answer: str) -> bool:
    number = whole_number(str(answer))
    return number is not None and 0 <= number <= HIGHEST


@cache
def _held_out() -> HeldOut:
    rows = (row for name in COUNTS for row in earlier()[name])
    return HeldOut([*contests(), *(row["problem"] for row in rows)], OVERLAP_WORDS)


def _rows(part: str) -> Rows:
    dropped = _dropped(part)
    for at, row in enumerate(dataset_rows(DEEPSCALER, part)):
        if at not in dropped:
            yield row


@cache
def _dropped(part: str) -> frozenset[int]:
    asked = _held_out()
    rows = enumerate(dataset_rows(DEEPSCALER, part))
    return frozenset(at for at, row in rows if asked.holds(row["problem"], row["solution"]))


def _source(name: str, part: str, *, summary: str, notes: str) -> Source:
    return Source(
        name=name,
        summary=summary,
        licence=DEEPSCALER.licence,
        fields=DEEPSCALER.fields,
        prompt_field="problem",
        response_field="solution" if part == "train_aime" else "answer",
        notes=notes,
        version=1,
        rows=partial(_rows, part),
        dataset=DEEPSCALER,
    )


def _grade_school() -> Rows:
    yield from dataset_rows(GSM8K, "train_sample")


SOURCES = (
    _source(
        "deepscaler-solutions",
        "train_aime",
        summary="Competition problems of earlier years with a worked solution each.",
        notes=r"Solutions by people, 300 to 400 tokens at the median; nearly all end in \boxed{}. Some hold remarks on other ways.",
    ),
    _source(
        "deepscaler-answers",
        "train_math",
        summary="Competition and school problems with the final answer only.",
        notes="No solution; answers in LaTeX, many of them no whole number. Easier than AIME on the whole.",
    ),
    Source(
        name="gsm8k-problems",
        summary="Word problems of primary school with a worked solution each.",
        licence=GSM8K.licence,
        fields=GSM8K.fields,
        prompt_field="question",
        response_field="answer",
        notes="Far easier than AIME; the answer follows '#### ' and not in a box, and sums carry calculator marks.",
        version=1,
        rows=_grade_school,
        dataset=GSM8K,
    ),
)


def published(*figures: tuple[str, str, float]) -> tuple[Published, ...]:
    """Return figures of the paper: (model, who, accuracy 0-100)."""
    return tuple(
        Published(metric="accuracy", model=model, who=who, score=score, direction=Direction.HIGHER)
        for model, who, score in figures
    )
