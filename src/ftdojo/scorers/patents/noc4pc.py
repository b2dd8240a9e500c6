"""NOC4PC: is a claim allowed, not novel (102) or obvious (103)?

``reference`` repeats RD-Agent's evaluator, which takes the first of ALLOW, 102 and 103 that occurs anywhere ("not
allowable under 103" reads ALLOW) and leaves unreadable rows out of every figure, so failing to answer pays. ``official``
is the authors' formula: an unreadable row is a label of its own, which lowers the mean. ``strict`` reads the code of the
JSON answer; an unreadable row misses its label.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ftdojo.records import Grade
from ftdojo.scorers.patents.par4pc import ratio
from ftdojo.scorers.patents.reading import fenced, last_object, parsed
from ftdojo.scorers.think import without_thinking

CODES = ("102", "103", "ALLOW")
FAILED = "PREDICTION_FAILED"
Pair = tuple[str, str]
"""(gold, given)"""
_ONE = "(ALLOW|102|103)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf'"code"\s*:\s*"{_ONE}"',
        rf"\"code\"\s*:\s*'{_ONE}'",
        rf"\bcode\s*[:=]\s*{_ONE}\b",
    )
)
_SAID = re.compile(rf"\bcode\b[\s\"':=]{{1,9}}{_ONE}\b", re.IGNORECASE)
_ALONE = re.compile(rf"\W{{0,9}}{_ONE}\W{{0,9}}", re.IGNORECASE)


def noc4pc_grade(output: str, gold: str) -> Grade:
    """Return 1 where the code of the last JSON object is ``gold``; ``extracted`` is the code, for F1 over a split.

    Example:
        >>> noc4pc_grade('{"code": "allow"}', "ALLOW").score
        1.0
    """
    code = strict_code(without_thinking(output))
    return Grade(score=float(code == gold), readable=code is not None, extracted=code or "")


def strict_code(text: str) -> str | None:
    """Return the code an answer gives, or None where it cannot be read.

    Example:
        >>> strict_code("code: 103"), strict_code("The claim is not allowable under 103.")
        ('103', None)
    """
    found = last_object(text, "code")
    if found is not None:
        code = str(found["code"]).strip().upper()
        return code if code in CODES else None
    if said := list(_SAID.finditer(text[-5_000:])):
        return said[-1][1].upper()
    alone = _ALONE.fullmatch(text) if len(text) < 100 else None
    return alone[1].upper() if alone else None


def reference_code(output: str) -> str | None:
    """Return what RD-Agent's evaluator reads, or None."""
    text = output.strip()
    text = fenced(text) if "```" in text else text
    value = parsed(text)
    if isinstance(value, dict) and (code := str(value.get("code")).strip().upper()) in CODES:
        return code
    for pattern in _PATTERNS:
        if match := pattern.search(text):
            return match[1].upper()
    upper = text.upper()
    return next((code for code in ("ALLOW", "102", "103") if code in upper), None)


def reference_mark(output: str, gold: str) -> Mapping[str, Any]:
    """Return the code RD-Agent reads in one output, and the gold one."""
    code, right = reference_code(output), gold.strip().upper()
    return {"extracted": code, "gold": right, "correct": code is not None and code == right}


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return RD-Agent's figures, 0-100, over the rows that could be read; 0 where none could."""
    pairs = [
        (mark["gold"], mark["extracted"]) for mark in marks if mark["extracted"] and mark["gold"]
    ]
    return {
        "accuracy": 100 * accuracy(pairs),
        "macro_f1": 100 * macro_f1(pairs, CODES) if pairs else 0.0,
        "valid_count": float(len(pairs)),
        "total_count": float(len(marks)),
    }


def official_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the authors' figures, 0-1, with unreadable rows as a label of their own."""
    pairs = [(mark["gold"], mark["extracted"] or FAILED) for mark in marks]
    labels = {*CODES, *(label for pair in pairs for label in pair)}
    return {"macro_f1": macro_f1(pairs, sorted(labels)), "accuracy": accuracy(pairs)}


def accuracy(pairs: Sequence[Pair]) -> float:
    """Return the share of pairs that agree."""
    return ratio(sum(gold == given for gold, given in pairs), len(pairs))


def macro_f1(pairs: Sequence[Pair], labels: Sequence[str]) -> float:
    """Return the unweighted mean of the F1 of each label; a label that occurs on neither side counts 0.

    Example:
        >>> macro_f1([("102", "102"), ("103", "102")], ["102", "103"])
        0.3333333333333333
    """
    return ratio(sum(_f1(pairs, label) for label in labels), len(labels))


def _f1(pairs: Sequence[Pair], label: str) -> float:
    hits = sum(gold == given == label for gold, given in pairs)
    named = sum(gold == label for gold, _ in pairs) + sum(given == label for _, given in pairs)
    return ratio(2 * hits, named)
