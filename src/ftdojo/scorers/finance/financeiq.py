# ruff: noqa: RUF002 - Chinese text has full-width signs.
"""FinanceIQ: one of four options, averaged over ten exams.

``reference`` repeats OpenCompass: the last capital letter of any alphabet is the answer, so ``答案是B（CPA考试）`` reads A
and a full-width ``Ｂ`` is wrong. ``strict`` reads the letter behind a marker such as 答案是, or the one the output begins
with, or the last one that stands alone; full-width and small letters count, letters inside a word do not.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Grade
from ftdojo.scorers.case import Case, Variants, given
from ftdojo.scorers.think import without_thinking

OPTIONS = "ABCD"
TAIL_CHARS = 4_000
_WIDE = {0xFF01 + at: 0x21 + at for at in range(94)}
"""Full-width letters and signs to plain ones."""
_ALONE = "(?<![A-Za-z0-9])[A-D](?![A-Za-z0-9])"
_MARKED = re.compile(
    r"(?:答案|选项|选择|应该是|应选|故选|所以选|因此选|answer)(?:应该|应|就)?(?:是|为|选|is)?[\s:*(【「\[\"“]{0,6}"
    r"(?:选项|选)?\s?([A-Da-d])(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_FIRST = re.compile(r"[\s(【\[*]{0,6}([A-Da-d])(?=[\s.、,:)】\]*。]|$)(?!\s+[a-z])")
_STANDING = re.compile(_ALONE)


def financeiq_grade(output: str, gold: str) -> Grade:
    """Compare the option an output chooses with ``gold``; without one it is unreadable.

    Example:
        >>> financeiq_grade("答案是B（CPA考试）", "B").score
        1.0
    """
    letter = strict_letter(without_thinking(output))
    return Grade(score=float(letter == gold), readable=bool(letter), extracted=letter)


def strict_letter(text: str) -> str:
    """Return the option chosen, or "".

    Example:
        >>> strict_letter("首先看A，再看C，所以选B。"), strict_letter("CPA")
        ('B', '')
    """
    plain = text.translate(_WIDE).strip()
    tail = plain[-TAIL_CHARS:]
    if marked := _MARKED.findall(tail):
        return str(marked[-1]).upper()
    if first := _FIRST.match(plain):
        return first[1].upper()
    standing = _STANDING.findall(tail)
    return str(standing[-1]) if standing else ""


def last_capital(text: str) -> str:
    """Return the last upper-case character of any alphabet, or "".

    Example:
        >>> last_capital("答案是B（CPA考试）")
        'A'
    """
    return next((char for char in reversed(text) if char.isupper()), "")


def reference_mark(output: str, gold: str, subject: str = "") -> Mapping[str, Any]:
    """Return the published reading of one output."""
    letter = last_capital(output)
    return {"extracted": letter, "correct": letter == gold, "subject": subject}


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the published score, 0-100: the unweighted mean over subjects of each one's accuracy."""
    subjects: dict[str, list[bool]] = {}
    for mark in marks:
        subjects.setdefault(str(mark["subject"]), []).append(bool(mark["correct"]))
    return {"accuracy": _mean([_percent(right) for right in subjects.values()])}


def score(case: Case) -> Variants:
    """Score a case: one prediction, or several subjects of pairs (prediction, gold)."""
    if "subjects" in case.input:
        return _subjects(given(case, "subjects", dict))
    output, gold = given(case, "prediction", str), given(case, "reference", str)
    mark, grade = reference_mark(output, gold), financeiq_grade(output, gold)
    return Variants(
        reference={"extracted": mark["extracted"], "accuracy": _percent([mark["correct"]])},
        strict={"extracted": grade.extracted, "accuracy": 100 * grade.score},
    )


def _subjects(subjects: Mapping[str, Any]) -> Variants:
    reference, strict = {}, {}
    for name, pairs in subjects.items():
        if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
            raise UsageError(
                f"The subject {name!r} holds {str(pairs)[:60]!r}; give pairs [prediction, gold]."
            )
        reference[name] = _percent([last_capital(str(said)) == gold for said, gold in pairs])
        strict[name] = _percent(
            [financeiq_grade(str(said), gold).score == 1 for said, gold in pairs]
        )
    return Variants(reference=_with_core(reference), strict=_with_core(strict))


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2


def _with_core(figures: dict[str, float]) -> dict[str, float]:
    rounded = {name: round(value, 6) for name, value in figures.items()}
    return {**rounded, "core": round(_mean([*figures.values()]), 6)}


def _percent(right: Sequence[bool]) -> float:
    return 100 * sum(right) / len(right) if right else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
