"""BioProBench PQA: one choice and how sure the model is of it.

``reference`` repeats the published evaluator: the first pair of tags counts, an answer without ``&`` loses its last
word to the confidence, and rows that cannot be read are left out of accuracy and Brier score. ``grade`` is ours: the
last pair counts, the confidence decides nothing but the Brier score, and an unreadable row is a wrong one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ftdojo.records import Grade
from ftdojo.scorers.biology.tagged import answers, last_answer, thought_out

SURE = 100
MOST_DIGITS = 4000
"""Python itself reads no longer number from text."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What was read of one output; both None where nothing was. ``confidence`` is in percent."""

    answer: str | None
    confidence: int | None
    right: bool = False


def reference(output: str, gold: str) -> Mark:
    """Read one output as the published evaluator does."""
    pairs = answers(thought_out(output))
    split = _split(pairs[0]) if pairs else None
    confidence = _percent(split[1]) if split else None
    if split is None or confidence is None:
        return Mark(answer=None, confidence=None)
    return Mark(answer=split[0], confidence=confidence, right=split[0] == gold)


def strict(output: str, gold: str) -> Mark:
    """Read one output: the choice up to the last ``&`` of the last pair, and the model's stated confidence (if any)."""
    content = last_answer(output)
    if content is None:
        return Mark(answer=None, confidence=None)
    before, mark, behind = content.rpartition("&")
    answer = (before if mark else content).strip()
    confidence = _percent(behind) if mark else SURE
    if not answer or confidence is None:
        return Mark(answer=None, confidence=None)
    return Mark(answer=answer, confidence=confidence, right=answer == gold)


def grade(output: str, gold: str) -> Grade:
    """Compare the choice with ``gold``, to the letter; ``calibration`` is 1 less the Brier score."""
    mark = strict(output, gold)
    return Grade(
        score=float(mark.right),
        readable=mark.answer is not None,
        extracted=(mark.answer or "")[:200],
        secondary={"calibration": 1 - _brier(mark)},
    )


def reference_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up as published: over the rows that could be read; without one there is no Brier score."""
    read = [mark for mark in marks if mark.answer is not None]
    figures = {
        "accuracy": 100 * sum(mark.right for mark in read) / len(read) if read else 0.0,
        "failed": float(len(marks) - len(read)),
        "total": float(len(marks)),
    }
    return figures | ({"brier_score": _mean_brier(read)} if read else {})


def strict_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up over all rows: an unreadable one is wrong, and as sure of it as can be."""
    return {
        "accuracy": 100 * sum(mark.right for mark in marks) / max(1, len(marks)),
        "brier_score": _mean_brier(marks),
        "failed": float(sum(mark.answer is None for mark in marks)),
        "total": float(len(marks)),
    }


def _split(content: str) -> tuple[str, str] | None:
    if "&" not in content:
        words = content.split(" ")
        return " ".join(words[:-1]).strip(), words[-1]
    parts = content.split("&")
    return (parts[0].strip(), parts[1]) if len(parts) == 2 else None


def _percent(text: str) -> int | None:
    found = _NUMBER.search(text)
    percent = int(found[0]) if found and len(found[0]) <= MOST_DIGITS else None
    return percent if percent is not None and percent <= SURE else None


def _mean_brier(marks: Sequence[Mark]) -> float:
    return sum(map(_brier, marks)) / max(1, len(marks))


def _brier(mark: Mark) -> float:
    return 1.0 if mark.confidence is None else (mark.confidence / SURE - mark.right) ** 2
