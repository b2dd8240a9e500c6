"""Where the questions of the finance tasks come from."""

from functools import partial
from typing import Any

from ftdojo.records import Dataset, Part

Raw = dict[str, Any]
TRAIN_ROWS = {
    "保险从业资格CICE": 596,
    "基金从业资格": 772,
    "期货从业资格": 333,
    "注册会计师（CPA）": 1211,  # noqa: RUF001 - it is called so.
    "理财规划师": 195,
    "税务师": 388,
    "精算师-金融数学": 44,
    "经济师": 420,
    "证券从业资格": 1076,
    "银行从业资格": 1144,
}
"""Exam -> how many of its first rows are published as training rows; the rest, at most 100, are for evaluation."""
SUBJECTS = tuple(TRAIN_ROWS)


def shots(subject: str) -> str:
    """Return the name of the part that holds the five worked examples of an exam."""
    return f"{subject} dev"


def _question(subject: str, row: Raw) -> Raw:
    """Name the columns of the CSV; the one without a name counts the rows."""
    options = {option: row[option].strip() for option in "ABCD"}
    return {
        "subject": subject,
        "idx": int(row[""]),
        "question": row["Question"].strip(),
        **options,
        "answer": row["Answer"].strip(),
    }


def _intent(row: Raw) -> Raw:
    return {"text": row["text"].strip(), "label": row.get("label_text") or row["label"]}


FINANCEIQ = Dataset(
    name="financeiq",
    hub_id="Duxiaoman-DI/FinanceIQ",
    revision="main",
    licence="CC BY-NC-SA 4.0",
    commercial=False,
    # The exam stands in the name of the file only, so each exam is a part of its own.
    parts={
        **{
            subject: Part(files=(f"*test/{subject}.csv",), read=partial(_question, subject))
            for subject in SUBJECTS
        },
        **{
            shots(subject): Part(files=(f"*dev/{subject}.csv",), read=partial(_question, subject))
            for subject in SUBJECTS
        },
    },
    fields={
        "subject": "the exam",
        "idx": "row number within the exam",
        "question": "the question, in Chinese",
        **{option: f"option {option}" for option in "ABCD"},
        "answer": "the letter of the right option",
    },
)
BANKING77 = Dataset(
    name="banking77",
    hub_id="mteb/banking77",
    revision="main",
    licence="CC BY 4.0",
    parts={
        "train": Part(files=("train.jsonl", "data/train-*"), read=_intent),
        "test": Part(files=("test.jsonl", "data/test-*"), read=_intent),
    },
    fields={"text": "a customer's message", "label": "its intent, one of 77 names"},
)
