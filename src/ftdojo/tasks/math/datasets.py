"""Where the problems of the mathematics tasks come from."""

from functools import partial
from typing import Any

from ftdojo.records import Dataset, Part

Raw = dict[str, Any]


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


def _mawps(row: Raw) -> Raw:
    """Put the numbers, which the hub keeps apart, back into the question."""
    question = str(row["Question"])
    for at, number in enumerate(str(row.get("Numbers", "")).split()):
        question = question.replace(f"N_{at:02}", number.removesuffix(".0"))
    return {"id": "", "subset": "", "question": question, "answer": str(row["Answer"])}


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
GSM8K = Dataset(
    name="gsm8k",
    hub_id="openai/gsm8k",
    revision="main",
    licence="MIT",
    parts={
        "train_sample": Part(files=("main/train-*",)),
        "test": Part(files=("main/test-*",)),
    },
    fields={
        "question": "a word problem",
        "answer": "the solution with calculator marks <<3*4=12>>, and '#### ' with the number at the end",
    },
)
MAWPS = Dataset(
    name="mawps",
    hub_id="mwpt5/MAWPS",
    revision="main",
    licence="MIT (research)",
    parts={"all": Part(files=("data/train-*",), read=_mawps)},
    fields={
        "id": "subset and number",
        "subset": "which collection it comes from",
        "question": "a problem of one or two steps",
        "answer": "the number, with one decimal",
    },
)
