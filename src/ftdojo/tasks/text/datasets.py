"""Where the rows of the text tasks come from."""

from typing import Any

from ftdojo.records import Dataset, Part

Row = dict[str, Any]
FEELINGS = ("negative", "positive")
TOPICS = ("World", "Sports", "Business", "Sci/Tech")
FIELDS = {"text": "the text", "label": "its label"}


def _feeling(row: Row) -> Row | None:
    """Read a row of GLUE; its own test part has no labels (-1)."""
    known = row["label"] in (0, 1)
    return {"text": row["sentence"].strip(), "label": FEELINGS[row["label"]]} if known else None


def _topic(row: Row) -> Row:
    return {"text": row["text"].strip(), "label": TOPICS[row["label"]]}


SST2 = Dataset(
    name="sst2",
    hub_id="nyu-mll/glue",
    revision="main",
    licence="free for research (no licence is named)",
    commercial=False,
    parts={
        "test": Part(files=("sst2/validation-*",), read=_feeling),
        "train_sample": Part(files=("sst2/train-*",), read=_feeling),
    },
    fields=FIELDS,
)
AGNEWS = Dataset(
    name="agnews",
    hub_id="fancyzhx/ag_news",
    revision="main",
    licence="non-commercial use (AG's corpus of news articles)",
    commercial=False,
    parts={
        "test": Part(files=("data/test-*",), read=_topic),
        "train_sample": Part(files=("data/train-*",), read=_topic),
    },
    fields=FIELDS,
)
