"""Where the rows of the biology tasks come from."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ftdojo.records import Dataset, Part
from ftdojo.tasks.biology.pubmedqa_ids import TEST_IDS

Row = dict[str, Any]
FIELDS: Mapping[str, tuple[str, ...]] = {
    "PQA": ("question", "answer", "choices", "type", "id"),
    "ORD": ("question", "wrong_steps", "correct_steps", "type", "id"),
    "ERR": (
        "context",
        "corrupted_text",
        "corrected_text",
        "is_correct",
        "type",
        "error_description",
        "id",
    ),
    "GEN": ("system_prompt", "instruction", "input", "output", "id", "type"),
}
"""Kind of question of BioProBench -> the fields of its rows."""


def _kept(fields: tuple[str, ...], row: Row) -> Row:
    return {name: row[name] for name in fields}


def _labelled(belongs: Callable[[str], bool], row: Row) -> Row | None:
    return _answered(row) if belongs(str(row["pubid"])) else None


def _answered(row: Row) -> Row:
    return {
        "id": str(row["pubid"]),
        "question": row["question"],
        "context": "\n".join(row["context"]["contexts"]),
        "answer": row["final_decision"],
    }


BIOPROBENCH = Dataset(
    name="bioprobench",
    hub_id="bowenxian/BioProBench",
    revision="main",
    # The hub's card says CC BY 4.0, the authors' repository CC BY-NC 4.0: the stricter one holds.
    licence="CC BY-NC 4.0",
    commercial=False,
    parts={
        f"{kind}_{part}": Part(
            files=(f"*{kind}_{part}*", f"*{kind}/{part}*"), read=partial(_kept, fields)
        )
        for kind, fields in FIELDS.items()
        for part in ("test", "train")
    },
    fields={
        "id": "name of the record",
        "type": "kind of question or of error",
        "question": "PQA, ORD: the question",
        "choices": "PQA: five choices",
        "answer": "PQA: the right choice",
        "wrong_steps": "ORD: the steps, shuffled",
        "correct_steps": "ORD: the steps in order",
        "context": "ERR: the purpose of the step, the one before and the one after",
        "corrupted_text": "ERR: the step with an error, or nothing",
        "corrected_text": "ERR: the step without an error",
        "is_correct": "ERR: whether the step that is asked about is right",
        "error_description": "ERR: what is wrong",
        "system_prompt": "GEN: who is asked",
        "instruction": "GEN: the format asked for",
        "input": "GEN: what the protocol is for",
        "output": "GEN: the steps",
    },
)
PUBMEDQA = Dataset(
    name="pubmedqa",
    hub_id="qiaojin/PubMedQA",
    revision="main",
    licence="MIT",
    parts={
        "test": Part(
            files=("pqa_labeled/train-*",), read=partial(_labelled, TEST_IDS.__contains__)
        ),
        "train": Part(
            files=("pqa_labeled/train-*",),
            read=partial(_labelled, lambda number: number not in TEST_IDS),
        ),
        "artificial": Part(files=("pqa_artificial/train-*",), read=_answered),
    },
    fields={
        "id": "number of the article in PubMed",
        "question": "a question, mostly the title of the article",
        "context": "the abstract without its conclusion",
        "answer": "yes, no or maybe",
    },
)
