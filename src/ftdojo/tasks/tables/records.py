"""The records of TableBench: ours split by table, the published slices by order.

TableBench is a test set without training rows. Several questions are about one table, so a table with all its
questions goes to one side; a held-out split gets one of them. Records whose prompt is longer than ``LONGEST`` are
left out of our splits, since they fit no small model's context; the published slices hold them.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from ftdojo.records import Split
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import HeldOut
from ftdojo.tasks.clean import split as split_records
from ftdojo.tasks.tables.datasets import QTYPES, TABLEBENCH
from ftdojo.tasks.tables.prompts import (
    ANALYSIS_TEMPLATE,
    ANSWER_TEMPLATE,
    CHART_TEMPLATE,
    asked,
)

Row = dict[str, Any]
LONGEST = 6000
"""Characters of a prompt in our splits: about 3,000 tokens of a small model, which reads numbers digit by digit."""
OVERLAP_WORDS = 40
"""Tables of one kind share their headings and runs of small numbers; a longer run than this is a shared table."""
COUNTS: Mapping[str, Mapping[str, int]] = {
    "tcot_data_analysis": {"test": 100, "validation": 100, "confirm": 40},
    "tcot_fact_checking": {"test": 48, "validation": 36, "confirm": 0},
    "tcot_numerical_reasoning": {"test": 100, "validation": 100, "confirm": 40},
    "tcot_visualization": {"test": 25, "validation": 15, "confirm": 0},
}
TEMPLATES = {
    "tcot_data_analysis": ANALYSIS_TEMPLATE,
    "tcot_fact_checking": ANSWER_TEMPLATE,
    "tcot_numerical_reasoning": ANSWER_TEMPLATE,
    "tcot_visualization": CHART_TEMPLATE,
}
_MOST = 100
_SEED = 42


@cache
def rows(part: str) -> tuple[Row, ...]:
    """Return the records of ``part`` in their published order."""
    return tuple(dataset_rows(TABLEBENCH, part))


@cache
def clean(part: str) -> Mapping[str, tuple[Row, ...]]:
    """Return our splits of ``part``; what is held out nowhere is under ``train``."""
    return split_records(
        [row for row in rows(part) if len(row["instruction"]) <= LONGEST],
        key=_table,
        text=lambda row: TEMPLATES[part].replace("{question}", asked(row["instruction"])),
        counts=COUNTS[part],
    )


def published(view: tuple[Row, ...], split: Split) -> tuple[Row, ...]:
    """Return a published slice of ``view``: the first or last 100, or half, after a shuffle with seed 42."""
    import numpy as np

    half = min(_MOST, len(view) // 2)
    order = np.random.default_rng(_SEED).permutation(len(view))
    places = {"validation": order[:half], "confirm": order[:0], "test": order[len(order) - half :]}
    return tuple(view[at] for at in places[split])


@cache
def rest(part: str) -> tuple[Row, ...]:
    """Return all records of TableBench, of any type, that ``part``'s held-out splits neither hold nor give away."""
    asked_for = held_out(part)
    tables = {_table(row) for row in _held(part)}
    return tuple(
        row
        for each in QTYPES
        for row in rows(each)
        if _table(row) not in tables and not asked_for.holds(asked(row["instruction"]))
    )


@cache
def held_out(part: str) -> HeldOut:
    """Return what finds the held-out questions of ``part`` in other texts."""
    return HeldOut((asked(row["instruction"]) for row in _held(part)), OVERLAP_WORDS)


def _held(part: str) -> tuple[Row, ...]:
    return tuple(row for name in COUNTS[part] for row in clean(part)[name])


def _table(row: Row) -> str:
    """Return a name of the record's table, the same for all questions about it."""
    cells = json.dumps([row["table"]["columns"], row["table"]["data"]])
    return hashlib.sha256(cells.encode()).hexdigest()
