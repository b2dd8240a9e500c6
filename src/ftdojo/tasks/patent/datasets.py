"""Where the rows of the PANORAMA tasks come from.

The hub has official training, validation and test parts, parted by application. A mirror may hold the authors' ten
published sample rows instead, and rows made from their records; then a task works with those, few as they are.
"""

from typing import Any

from ftdojo.records import Dataset, Part
from ftdojo.sources import pull

HUB_ID = "LG-AI-Research/PANORAMA"
LICENCE = "CC BY-NC 4.0"
OFFICIAL = ("train", "validation", "test")
FIELDS = {
    "application_number": "the application under examination",
    "claim_number": "the claim that was decided on",
    "context": "JSON: title, abstract and claims of the application",
}
Row = dict[str, Any]


SAMPLES = ("samples.jsonl", "derived.jsonl", "converted.jsonl")
"""Files that only a mirror has, and that serve every part there."""


def _dataset(name: str, fields: dict[str, str]) -> Dataset:
    folder = name.removeprefix("panorama_").upper()
    return Dataset(
        name=name,
        hub_id=HUB_ID,
        revision="main",
        licence=LICENCE,
        commercial=False,
        parts={part: Part(files=(f"{folder}/*{part}*", *SAMPLES)) for part in OFFICIAL},
        fields={**FIELDS, **fields},
    )


PAR4PC = _dataset(
    "panorama_par4pc",
    fields={
        "options": "JSON: eight patents, A to H, with title, abstract and claims",
        "gold_answers": "the letters of the patents cited against the claim",
        "silver_answers": "patents cited against other claims of the application",
        "negative_answers": "the other patents",
    },
)
PI4PC = _dataset(
    "panorama_pi4pc",
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
    fields={
        "prior_art_specifications": "JSON: the patents cited, with claims and the paragraphs cited",
        "answer": "JSON: the examiner's reason, and the code 102, 103 or ALLOW",
    },
)


def is_sampled(dataset: Dataset) -> bool:
    """Return whether only sample rows are at hand, in a mirror without the official parts."""
    return any(path.name in SAMPLES for path in pull(dataset, "test").files)
