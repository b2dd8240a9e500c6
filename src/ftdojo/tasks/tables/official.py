"""The rules of TableBench's own evaluation scripts, defects included.

The answer is what follows ``Final Answer: `` on its line, nothing without it. Both sides lose case, ASCII
punctuation and articles *before* they are compared, so a list is one string, ``0.95`` reads 095 and a minus is lost.
``mix`` is the score of data analysis: each subtype by its own metric, weighted by rows.
"""

import re
import string
from collections.abc import Sequence, Set
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ftdojo.scorers.rouge import sequence

_ANSWER = re.compile(r"Final Answer: (.+)")
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WHOLE = re.compile(r"\d+")
_NEAR = 0.1
_OPENING, _FENCE = "```python\n", "```"
WITHIN_10 = frozenset({"CorrelationAnalysis", "TrendForecasting", "StatisticalAnalysis"})
EXACT = frozenset({"ImpactAnalysis"})


def parsed(output: str) -> str:
    """Return the answer, or nothing.

    Example:
        >>> parsed("Final Answer: 1,062."), parsed("final answer: 7")
        ('1,062.', '')
    """
    found = _ANSWER.search(output)
    return found[1] if found else ""


def exact_match(given: str, answer: str) -> bool:
    """Return whether both are the same text, or the same whole number, once normalised."""
    ours, theirs = _normal(given), _normal(answer)
    if not _WHOLE.fullmatch(theirs):
        return ours == theirs
    try:
        return _whole(ours) == _whole(theirs)
    except ArithmeticError:
        return False


def within_10_percent(given: str, answer: str) -> bool:
    """Return whether both are the same text, or whole numbers at most a tenth apart, once normalised."""
    ours, theirs = _normal(given), _normal(answer)
    if not _WHOLE.fullmatch(theirs):
        return ours == theirs
    try:
        number, right = Decimal(ours), Decimal(theirs)
        return number == right if not right else abs(right - number) / abs(right) <= _NEAR
    except ArithmeticError:
        return False


def rouge_l(given: str, answer: str) -> float:
    """Return ROUGE-L F, 0-100, of the normalised texts."""
    return sequence(_normal(given), _normal(answer)) * 100


def mix(rows: Sequence[tuple[str, str, str]]) -> float:
    """Return the mixed metric of data analysis, 0-100, over (subtype, given, answer)."""
    described = {subtype for subtype, _, _ in rows} - EXACT - WITHIN_10
    shares = [
        _weighed([100.0 * exact_match(*pair) for pair in _pairs(rows, EXACT)]),
        _weighed([100.0 * within_10_percent(*pair) for pair in _pairs(rows, WITHIN_10)]),
        _weighed([rouge_l(*pair) for pair in _pairs(rows, described)]),
    ]
    return sum(score * count for score, count in shares) / max(1, len(rows))


def code_of(output: str) -> str:
    """Return the last complete ``python`` block, whose fence ends its line, or nothing."""
    block, start = "", output.find(_OPENING)
    while start >= 0:
        end = output.find(_FENCE, start + len(_OPENING))
        if end < 0:
            break
        block = output[start + len(_OPENING) : end]
        start = output.find(_OPENING, end + len(_FENCE))
    return block


def chart_verdict(
    drawn: Sequence[object] | None, printed: str, wanted: Sequence[Any], *, pie: bool
) -> bool | str:
    """Return whether the drawn values are the wanted ones, sorted; an empty text where the check itself fails.

    Args:
        drawn: what was drawn, rounded to two places; None where it could not be read.
        printed: what the code printed, which the verdict is read together with.
        wanted: what was to be drawn; a value that is not a number makes the check fail.
        pie: compare shares of the whole.
    """
    if drawn is None or not all(isinstance(each, int | float) for each in (*drawn, *wanted)):
        return ""
    total = sum(wanted)
    if pie and not total:
        return ""
    right = [round(each / total, 2) if pie else round(each, 2) for each in wanted]
    said = f"{printed}{_same(right, drawn)}\n".strip()
    return {"True": True, "False": False}.get(said, "")


def mean(scores: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(scores) / len(scores) if scores else 0.0


def _pairs(rows: Sequence[tuple[str, str, str]], subtypes: Set[str]) -> list[tuple[str, str]]:
    return [(told, answer) for subtype, told, answer in rows if subtype in subtypes]


def _weighed(scores: Sequence[float]) -> tuple[float, int]:
    """Return the mean, rounded as the script rounds it, and of how many it is."""
    return round(mean(scores), 2), len(scores)


def _same(wanted: Sequence[Any], drawn: Sequence[Any]) -> bool:
    ours, theirs = sorted(drawn), sorted(wanted)
    if len(ours) != len(theirs):
        return False
    return all(
        one == other or (one != one and other != other)
        for one, other in zip(theirs, ours, strict=True)
    )


def _normal(text: str) -> str:
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def _whole(text: str) -> str:
    return str(Decimal(text).quantize(Decimal("1."), rounding=ROUND_HALF_UP))
