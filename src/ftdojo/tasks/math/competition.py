"""Competition problems with whole-number answers: what AIME 2024 and 2025 train and validate on.

A contest has fifteen problems, too few to steer a search by. So both tasks keep their contests for the test, and hold
back earlier problems of the same kind for validation: those of DeepScaleR that have a solution and a whole number
from 0 to 999 as the answer. What is left of DeepScaleR is on offer, without any problem that is or nearly is held out.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from ftdojo.records import Dataset, Item, Message, Part, Source, Split, Task
from ftdojo.scorers.answers import whole_number
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split
from ftdojo.tasks.math.gsm8k import GSM8K
from ftdojo.texts import Gate
from ftdojo.texts.near import near

Raw = dict[str, Any]
Rows = Iterator[dict[str, Any]]
COUNTS = {"validation": 100, "confirm": 100}
HIGHEST = 999
OVERLAP_WORDS = 20
"""More than most phrases that problems share, such as "where m and n are relatively prime positive integers"."""


def _aime24(row: Raw) -> Raw:
    return {
        "id": str(row.get("id", "")),
        "question": row["problem"],
        "answer": str(row["answer"]),
        "solution": row.get("solution") or "",
        "year": str(row.get("year", "2024")),
    }


def _aime25(row: Raw) -> Raw:
    return {
        "id": str(row.get("id", "")),
        "question": row["question"],
        "answer": str(row["answer"]),
    }


def _deepscaler(solved: bool, row: Raw) -> Raw | None:
    """Return the row if it has a solution, or has none, as required."""
    solution = row.get("solution") or ""
    if bool(solution.strip()) is not solved or not row["answer"]:
        return None
    return {"problem": row["problem"], "answer": row["answer"], "solution": solution}


AIME_FIELDS = {
    "question": "the problem, in LaTeX",
    "answer": "the answer, a whole number from 0 to 999",
}

AIME24 = Dataset(
    name="aime24",
    hub_id="HuggingFaceH4/aime_2024",
    revision="main",
    licence="MIT (problems: Mathematical Association of America)",
    parts={"test": Part(files=("data/train-*",), read=_aime24)},
    fields={"id": "contest and number", **AIME_FIELDS, "solution": "a worked solution", "year": ""},
)

AIME25 = Dataset(
    name="aime25",
    hub_id="opencompass/AIME2025",
    revision="main",
    licence="MIT (problems: Mathematical Association of America)",
    # Sorted by name: contest I comes before contest II.
    parts={"test": Part(files=("aime2025-I*.jsonl",), read=_aime25)},
    fields={"id": "contest and number, where given", **AIME_FIELDS},
)

DEEPSCALER = Dataset(
    name="deepscaler",
    hub_id="agentica-org/DeepScaleR-Preview-Dataset",
    revision="main",
    licence="MIT",
    parts={
        # On the hub one file holds all, and the parts differ by whether there is a solution.
        "train_aime": Part(files=("deepscaler.json",), read=partial(_deepscaler, True)),
        "train_math": Part(files=("deepscaler.json",), read=partial(_deepscaler, False)),
    },
    fields={
        "problem": "the problem, in LaTeX",
        "answer": "the final answer, in LaTeX",
        "solution": "a worked solution, or nothing",
    },
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


def earlier_items(split: Split, task: Task) -> tuple[Item, ...]:
    """Return the problems of earlier contests that ``split`` holds, asked as ``task`` asks."""
    return tuple(
        item(row, f"{split}-{at:03}", prompt=task.prompt(row["problem"]), contest="earlier")
        for at, row in enumerate(earlier()[split])
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


def _short(answer: str) -> bool:
    number = whole_number(str(answer))
    return number is not None and 0 <= number <= HIGHEST


@cache
def _held_out() -> Gate:
    rows = (row for name in COUNTS for row in earlier()[name])
    return Gate([*contests(), *(row["problem"] for row in rows)], overlap_words=OVERLAP_WORDS)


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
        version=2,
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
