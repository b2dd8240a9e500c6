"""restaurant8k: what a guest says, as a JSON object of slots.

No evaluator is published for this form of the data, so both variants are one rule of our own: the whole output must be
one JSON object; values are compared as text after stripping and lower-casing; F1 is over pairs of slot and value. What
is not an object has no pairs, so every pair of the gold one is missed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ftdojo.scorers.case import Case, Variants, given

MOST_CHARS = 20_000
Slots = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SlotMark:
    """How the pairs of one output compare with the gold ones."""

    valid_json: bool
    exact: bool
    tp: int
    fp: int
    fn: int


def mark(output: str, gold: Slots) -> SlotMark:
    """Compare the slots of one output with ``gold``."""
    slots = read_slots(output)
    said, right = _pairs(slots or {}), _pairs(gold)
    return SlotMark(
        valid_json=slots is not None,
        exact=slots is not None and said == right,
        tp=len(said & right),
        fp=len(said - right),
        fn=len(right - said),
    )


def read_slots(output: str) -> Slots | None:
    """Return the object that the whole output is, or None."""
    if len(output) > MOST_CHARS:
        return None
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def score(case: Case) -> Variants:
    """Score a case with ``prediction`` and the gold object as ``reference``."""
    figures = vars(mark(given(case, "prediction", str), given(case, "reference", dict)))
    return Variants(reference=figures, strict=figures)


def _pairs(slots: Slots) -> set[tuple[str, str]]:
    return {(slot, _text(value)) for slot, value in slots.items()}


def _text(value: object) -> str:
    try:
        return str(value).strip().lower()
    except (ValueError, RecursionError):
        return "a number without end"
