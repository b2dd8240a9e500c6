r"""GSM8K: word problems whose answer is one number.

There are two published readings, shown side by side. OpenCompass takes the last number before "Question:", so that
``#### 1,500`` reads 500. The authors take the number after the first ``####``, commas dropped, and compare digits.
``strict`` reads the number after ``####`` or in a ``\boxed{}``, whichever stands last, commas and all; an answer in
neither place is unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ftdojo.records import Grade
from ftdojo.scorers.case import Case, Variants, given
from ftdojo.scorers.think import without_thinking

TAIL_CHARS = 10_000
NULL, INVALID = "NULL", "[invalid]"
_LAST = re.compile(r"-?\d+\.\d+|-?\d+")
_OFFICIAL = re.compile(r"#### (-?[0-9.,]+)")
_NUMBER = r"\$?\s{0,8}([+-]?)\s{0,8}\$?\s{0,8}(\d{1,18}(?:(?:,|\{,\})\d{1,18}){0,8})(\.\d{1,18})?"
_STRICT = re.compile(
    rf"####\s{{0,8}}[*_]{{0,3}}{_NUMBER}|\\boxed\s{{0,8}}\{{\s{{0,8}}\\?{_NUMBER}[^{{}}\d]{{0,40}}\}}",
    re.ASCII,
)


def gsm8k_grade(output: str, gold: str) -> Grade:
    r"""Compare the number after the last ``####`` or in the last ``\boxed{}`` with ``gold``, by value.

    Example:
        >>> gsm8k_grade("5 * 300 = 1500\n#### $1,500.00", "1500").score
        1.0
    """
    tail = without_thinking(output)[-TAIL_CHARS:].replace("\N{MINUS SIGN}", "-")
    found = list(_STRICT.finditer(tail))
    if not found:
        return Grade(score=0.0, readable=False)
    number = _decimal(found[-1])
    return Grade(
        score=float(number == _gold_value(gold)), readable=True, extracted=format(number, "f")
    )


def gold_number(answer: str) -> str:
    """Return the number of a worked solution, or of a bare answer, without commas."""
    return answer.rpartition("#### ")[2].strip().replace(",", "")


def reference_mark(output: str, gold: str) -> Mapping[str, Any]:
    """Return what both published evaluators read, and whether they call it right."""
    last, official = _last_number(output), _official(output)
    return {
        "opencompass": {"extracted": last, "correct": _close(last, gold)},
        "official": {"extracted": official, "correct": official == gold},
    }


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return both published accuracies, 0-100; ``accuracy`` is OpenCompass'."""
    share = 100 / max(1, len(marks))
    return {
        "accuracy": share * sum(mark["opencompass"]["correct"] for mark in marks),
        "official_accuracy": share * sum(mark["official"]["correct"] for mark in marks),
    }


def score(case: Case) -> Variants:
    """Score one prediction."""
    output, gold = given(case, "prediction", str), gold_number(str(given(case, "reference")))
    grade = gsm8k_grade(output, gold)
    strict = {
        "extracted": grade.extracted if grade.readable else INVALID,
        "correct": grade.score == 1.0,
    }
    return Variants(reference=reference_mark(output, gold), strict=strict)


def _last_number(output: str) -> str:
    found = NULL
    for match in _LAST.finditer(output.partition("Question:")[0]):
        found = match[0]
    return found


def _official(output: str) -> str:
    match = _OFFICIAL.search(output)
    return match[1].strip().replace(",", "") if match else INVALID


def _close(given_number: str, gold: str) -> bool:
    if given_number == gold:
        return True
    try:
        return abs(float(given_number) - int(gold)) < 1e-6
    except (ValueError, OverflowError):
        return False


def _decimal(found: re.Match[str]) -> Decimal:
    sign, whole, part = found.group(1, 2, 3) if found[2] else found.group(4, 5, 6)
    return Decimal(f"{sign}{re.sub('[{},]', '', whole)}{part or ''}")


def _gold_value(gold: str) -> Decimal | None:
    match = re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", gold, re.ASCII)
    return Decimal(match[0]) if match else None
