"""Where the rows of the PANORAMA tasks come from.

The hub has official training, validation and test parts, parted by application. A mirror may hold the authors' ten
published sample rows instead, and rows made from their records; then a task works with those, few as they are.
"""

from collections.abc import Iterator
from typing import Any

from ftdojo.records import Dataset, Part
from ftdojo.sources import dataset_rows, where

HUB_ID = "LG-AI-Research/PANORAMA"
LICENCE = "CC BY-NC 4.0"
OFFICIAL = ("train", "validation", "test")
FIELDS = {
    "application_number": "the application under examination",
    "claim_number": "the claim that was decided on",
    "context": "JSON: title, abstract and claims of the application",
}
Row = dict[str, Any]


def _dataset(name: str, *samples: str, fields: dict[str, str]) -> Dataset:
    folder = name.removeprefix("panorama_").upper()
    # What only a mirror has, no file of the hub is called.
    only_mirrored = {part: Part(files=(f"{folder}/{part}.jsonl",)) for part in samples}
    return Dataset(
        name=name,
        hub_id=HUB_ID,
        revision="main",
        licence=LICENCE,
        commercial=False,
        parts={
            **{part: Part(files=(f"{folder}/*{part}*",)) for part in OFFICIAL},
            **only_mirrored,
        },
        fields={**FIELDS, **fields},
    )


PAR4PC = _dataset(
    "panorama_par4pc",
    "samples",
    "derived",
    fields={
        "options": "JSON: eight patents, A to H, with title, abstract and claims",
        "gold_answers": "the letters of the patents cited against the claim",
        "silver_answers": "patents cited against other claims of the application",
        "negative_answers": "the other patents",
    },
)
PI4PC = _dataset(
    "panorama_pi4pc",
    "samples",
    fields={
        "options": "JSON: five paragraphs by their numbers",
        "prior_art_specification": "JSON: the patent they are from, with its full text",
        "gold_answers": "the numbers of the paragraphs cited against the claim",
        "silver_answers": "paragraphs cited against other claims",
        "negative_answers": "the other paragraphs",
    },
)
NOC4PC = _dataset(
    "panorama_noc4pc",
    "samples",
    "converted",
    fields={
        "prior_art_specifications": "JSON: the patents cited, with claims and the paragraphs cited",
        "answer": "JSON: the examiner's reason, and the code 102, 103 or ALLOW",
    },
)


def is_sampled(dataset: Dataset) -> bool:
    """Return whether only sample rows are at hand: a mirror has those and not the official parts."""
    return where(dataset, "samples") == "mirror" and not where(dataset, "test")


def sampled(dataset: Dataset) -> Iterator[Row]:
    """Yield the rows of every part that only a mirror has."""
    for part in dataset.parts:
        if part not in OFFICIAL:
            yield from dataset_rows(dataset, part)
