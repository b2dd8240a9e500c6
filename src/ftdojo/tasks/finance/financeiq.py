"""finance/financeiq: Chinese finance exams, four options each, averaged over ten exams.

Published evaluation rows are the last of each exam, up to 100: the first half validation, the second half the test. Ours
keeps that test, takes validation and confirmation from the published validation half, and drops what occurs twice, also
across exams. The published prompt shows five worked examples; ours shows none, which keeps it short, and
``finance/financeiq@reference`` uses the published prompt.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from ftdojo.records import (
    Aggregate,
    Direction,
    Grade,
    Item,
    Message,
    Published,
    Reference,
    Source,
    Split,
    Task,
)
from ftdojo.scorers.finance.financeiq import financeiq_grade, reference_mark, reference_total
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import HeldOut, clusters
from ftdojo.tasks.clean import split as split_records
from ftdojo.tasks.finance.datasets import FINANCEIQ, SUBJECTS, TRAIN_ROWS, shots

NAME = "finance/financeiq"
MAX_NEW_TOKENS = 16
OVERLAP_WORDS = 40
"""A word is a character in Chinese; questions share phrases such as the names of laws."""
MOST = 25
"""Questions of an exam in validation, and in confirmation."""
Row = dict[str, Any]


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones, exam by exam."""
    return tuple(_item(row, task.prompt(asked(row))) for row in _clean()[split])


@cache
def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slices with the published prompt: five worked examples first."""
    rows = [row for subject in SUBJECTS for row in published_rows(subject)[split]]
    return tuple(_item(row, (*_worked(row["subject"]), *task.prompt(asked(row)))) for row in rows)


def grade(output: str, item: Item) -> Grade:
    """Compare the option an output chooses with the right one; without one it is unreadable."""
    return financeiq_grade(output, item.facts["answer"])


def asked(row: Row) -> str:
    """Return a question the way it is published."""
    options = "\n".join(f"{option}. {row[option]}" for option in "ABCD")
    return (
        f"以下是关于{row['subject']}的单项选择题，请直接给出正确答案的选项。\n"  # noqa: RUF001 - as published.
        f"题目：{row['question']}\n{options}"  # noqa: RUF001
    )


def published_rows(subject: str) -> dict[Split, tuple[Row, ...]]:
    """Return the published slices of an exam, in the order of its file."""
    rows = [row for row in _exam(subject) if row["idx"] >= TRAIN_ROWS[subject]]
    half = min(100, len(rows) // 2)
    return {"validation": tuple(rows[:half]), "confirm": (), "test": tuple(rows[-half:])}


def _worked(subject: str) -> Iterator[Message]:
    for row in dataset_rows(FINANCEIQ, shots(subject)):
        yield Message(role="user", content=asked(row))
        yield Message(role="assistant", content=f"答案是: {row['answer']}")


def _item(row: Row, messages: tuple[Message, ...]) -> Item:
    return Item(
        id=f"{row['subject']}-{row['idx']}",
        messages=messages,
        gold=f"答案是: {row['answer']}",
        slices={"subject": row["subject"]},
        facts={"answer": row["answer"]},
    )


@cache
def _exam(subject: str) -> tuple[Row, ...]:
    return tuple(dataset_rows(FINANCEIQ, subject))


@cache
def _clean() -> dict[str, tuple[Row, ...]]:
    """Return our splits: no question twice in all of them, the test's copy being the one that stays."""
    test = [row for subject in SUBJECTS for row in published_rows(subject)["test"]]
    held_back = [row for subject in SUBJECTS for row in published_rows(subject)["validation"]]
    distinct = _first_of_each(test + held_back)
    dealt = [
        _halved([row for row in distinct[len(test) :] if row and row["subject"] == subject])
        for subject in SUBJECTS
    ]
    ours = {
        name: tuple(row for exam in dealt for row in exam[name])
        for name in ("validation", "confirm")
    }
    return {**ours, "test": tuple(row for row in distinct[: len(test)] if row)}


def _halved(rows: list[Row]) -> dict[str, tuple[Row, ...]]:
    count = min(MOST, len(rows) // 2)
    return split_records(
        rows,
        key=lambda row: f"{row['subject']} {row['idx']}",
        text=_text,
        counts={"validation": count, "confirm": count},
    )


def _first_of_each(rows: list[Row]) -> list[Row | None]:
    """Return ``rows`` with None in the place of all but the first of near-duplicates."""
    kept = {group[0] for group in clusters([_text(row) for row in rows])}
    return [row if at in kept else None for at, row in enumerate(rows)]


def _text(row: Row) -> str:
    return "\n".join([row["question"], *(row[option] for option in "ABCD")])


@cache
def _train() -> tuple[Row, ...]:
    held_out = HeldOut(
        (
            text
            for rows in _clean().values()
            for row in rows
            for text in (_text(row), row["question"])
        ),
        OVERLAP_WORDS,
    )
    rows = (row for subject in SUBJECTS for row in _exam(subject))
    return tuple(
        row
        for row in rows
        if row["idx"] < TRAIN_ROWS[row["subject"]]
        and not held_out.holds(_text(row), row["question"])
    )


SOURCES = (
    Source(
        name="financeiq-train",
        summary="Questions of the ten exams, four options each, with the letter of the right one.",
        licence=FINANCEIQ.licence,
        fields=FINANCEIQ.fields,
        prompt_field="question",
        response_field="answer",
        notes=(
            "In Chinese, about 6,000 rows of very different number by exam (44 to 1,211). Letters only, no reasons. "
            "Reworded by their authors; some questions repeat across exams. Not for commercial use."
        ),
        version=1,
        rows=lambda: iter(_train()),
        dataset=FINANCEIQ,
    ),
)
task = Task(
    name=NAME,
    version=2,
    domain="finance",
    summary=(
        "Answer multiple-choice questions of ten Chinese finance exams, in Chinese: banking, securities, funds, futures, "
        "insurance, accounting, tax, economics, planning and actuarial mathematics. One of four options is right, so "
        "guessing gives 0.25. The score is the unweighted mean over the exams."
    ),
    answer_format=(
        "The letter of one option, A to D, as in 答案是: B. The letter behind the last 答案是, 答案, 选择 or the like counts; "
        "without one the letter the output begins with, or else the last letter A to D that stands alone. A letter inside "
        f"a word does not count. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without a letter the "
        "output is unreadable and scores 0."
    ),
    system="",
    template="{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(FINANCEIQ,),
    aggregate=Aggregate(kind="mean-of-slices", over="subject"),
    slices={"subject": "the exam"},
    reference=Reference(
        mark=lambda output, item: reference_mark(
            output, item.facts["answer"], item.slices["subject"]
        ),
        total=reference_total,
        origin="FinanceIQ_gen of RD-Agent's OpenCompass fork: last_capital_postprocess and AccEvaluator",
    ),
    reference_items=reference_items,
    published=tuple(
        Published(metric="accuracy", model=model, who=who, score=score, direction=Direction.HIGHER)
        for model, who, score in (
            ("Qwen2.5-7B-Instruct", "base", 65.10),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 67.20),
            ("Qwen2.5-3B-Instruct", "base", 56.98),
            ("Qwen2.5-3B-Instruct", "FT-Agent", 58.47),
        )
    ),
)
