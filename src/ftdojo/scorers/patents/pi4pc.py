"""PI4PC: which one of five paragraphs was cited.

``reference`` repeats RD-Agent's evaluator: the answer's number, or else the first number in the text; silver paragraphs
are not given to it and never count. ``official`` are the authors' formulas, with silver. ``strict`` reads the number under
``answer`` and nothing else; a silver paragraph is worth a half in a secondary figure.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ftdojo.records import Grade
from ftdojo.scorers.patents.par4pc import ratio
from ftdojo.scorers.patents.reading import fenced, last_object, parsed
from ftdojo.scorers.think import without_thinking

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r'"answer"\s*:\s*(\d+)',
        r'"answer"\s*:\s*"(\d+)"',
        r"answer\s*[:=]\s*(\d+)",
    )
)
_NUMBER = re.compile(r"\b(\d+)\b")
_BROKEN = re.compile(
    r'\banswer"?\s{0,9}[:=]\s{0,9}\[?\s{0,9}"?(\d{1,9})(?!\d)', re.ASCII | re.IGNORECASE
)
_ALONE = re.compile(r"[\[(]?\s*(\d{1,9})\s*[\])]?\.?", re.ASCII)


def pi4pc_grade(output: str, gold: Collection[int], silver: Collection[int] = ()) -> Grade:
    """Return 1 for a gold paragraph under ``answer`` in the last JSON object.

    Secondary: ``half_silver``, which gives a silver paragraph a half.

    Example:
        >>> pi4pc_grade('{"answer": 9}', [9]).score
        1.0
    """
    key = strict_key(without_thinking(output))
    hit = float(key in gold)
    return Grade(
        score=hit,
        readable=key is not None,
        extracted="" if key is None else str(key),
        secondary={"half_silver": hit or 0.5 * (key in silver)},
    )


def strict_key(text: str) -> int | None:
    """Return the one paragraph an answer names, or None where it cannot be read.

    Example:
        >>> strict_key('{"answer": ["9"]}'), strict_key("Paragraph 66, then 9")
        (9, None)
    """
    found = last_object(text, "answer")
    if found is not None:
        return _whole(found["answer"])
    if broken := list(_BROKEN.finditer(text[-5_000:])):
        return int(broken[-1][1])
    return _whole(text.strip()) if len(text) < 100 else None


def _whole(value: Any) -> int | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _ALONE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(match[1]) if match else None


def reference_key(output: str) -> int | None:
    """Return what RD-Agent's evaluator reads, or None."""
    text = output.strip()
    text = fenced(text) if "```" in text else text
    value = parsed(text)
    if isinstance(value, dict) and (key := _as_int(value.get("answer"))) is not None:
        return key
    for pattern in _PATTERNS:
        if (match := pattern.search(text)) and (key := _as_int(match[1])) is not None:
            return key
    match = _NUMBER.search(text)
    return _as_int(match[1]) if match else None


def _as_int(value: Any) -> int | None:
    """Return ``int(value)`` for whatever Python takes for one, a truth value or ``1_0`` included."""
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        return None


def keys(answers: Any) -> list[int]:
    """Return the paragraph numbers of a gold field: a number, a list, or digits in a text."""
    if isinstance(answers, str):
        return [int(digits) for digits in re.findall(r"\d{1,18}", answers)]
    values = answers if isinstance(answers, list | tuple) else [answers]
    return [key for each in values if (key := _as_int(each)) is not None]


def reference_mark(output: str, gold: Any, silver: Any = ()) -> Mapping[str, Any]:
    """Return the paragraph RD-Agent reads in one output and what it is."""
    key, right, half = reference_key(output), set(keys(gold)), set(keys(silver))
    return {
        "extracted": key,
        "gold": key in right,
        "silver": key in half - right,
        "asked": len(right | half),
    }


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return RD-Agent's figures: rates 0-100, and counts."""
    n = len(marks)
    gold, silver = (sum(mark[kind] for mark in marks) for kind in ("gold", "silver"))
    return {
        "gold_hit_rate": 100 * ratio(gold, n),
        "custom_score": 100 * ratio(2 * gold + silver, 2 * n),
        "accuracy": 100 * ratio(gold + silver, n),
        "gold_hits": float(gold),
        "silver_hits": float(silver),
        "valid_count": float(sum(mark["extracted"] is not None for mark in marks)),
        "total_count": float(n),
    }


def official_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the authors' figures on the same answers: custom score 0-2, the others 0-1 over gold and silver."""
    gold, silver = (sum(mark[kind] for mark in marks) for kind in ("gold", "silver"))
    hits, said = gold + silver, sum(mark["extracted"] is not None for mark in marks)
    precision, recall = ratio(hits, said), ratio(hits, sum(mark["asked"] for mark in marks))
    return {
        "precision": precision,
        "recall": recall,
        "f1_score": ratio(2 * precision * recall, precision + recall),
        "custom_score": ratio(2 * gold + silver, len(marks)),
    }
