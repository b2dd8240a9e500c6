r"""AIME: an answer is a whole number from 0 to 999 in the last ``\boxed{}``.

``reference`` is math-verify as OpenCompass sets it up: anything equal to the gold answer counts, an expression or an
equation too, and two boxes in one sentence are taken for a set. ``strict`` reads one whole number from the last box.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Grade
from ftdojo.scorers.case import Case, Variants, given
from ftdojo.scorers.maths.boxed import last_boxed, whole_number
from ftdojo.scorers.maths.verify import same
from ftdojo.scorers.think import without_thinking

_UNIT = re.compile(
    r"\s{0,8}(?:\^\s{0,8}\\circ|\^\s{0,8}\{\s{0,8}\\circ\s{0,8}\}|\\degree|°|\\(?:text|mathrm)\{[^{}]{0,40}\})\s{0,8}$"
)


def aime_grade(output: str, gold: str) -> Grade:
    r"""Compare the whole number in the last ``\boxed{}`` with ``gold``; a degree sign or a unit in ``\text{}`` after either is ignored.

    Example:
        >>> aime_grade(r"so \boxed{070}", "70").score
        1.0
    """
    content = last_boxed(without_thinking(output))
    number = None if content is None else _number(content)
    return Grade(
        score=float(number is not None and number == _number(gold)),
        readable=number is not None,
        extracted="" if content is None else content,
    )


def reference_mark(output: str, gold: str) -> Mapping[str, Any]:
    """Return the published mark of one output, by its rule alone.

    For aime25 the published evaluator shows what its rule calls wrong to a language model, whose word then counts (see
    ``aime_judge``); without that, reference scores of aime25 can only be too low.
    """
    return {"correct": same(output, gold)}


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the published accuracy, 0-100."""
    return {"accuracy": 100 * sum(bool(mark["correct"]) for mark in marks) / max(1, len(marks))}


def score(case: Case) -> Variants:
    """Score a case: one prediction, or a batch of them."""
    if "predictions" in case.input:
        outputs, golds = given(case, "predictions", list), given(case, "references", list)
        if len(outputs) != len(golds):
            raise UsageError(
                f"The case {case.name!r} has {len(outputs)} predictions for {len(golds)} references; give one each."
            )
        pairs = list(zip(outputs, golds, strict=True))
    else:
        pairs = [(given(case, "prediction", str), given(case, "reference"))]
    marks = [reference_mark(str(output), str(gold)) for output, gold in pairs]
    grades = [aime_grade(str(output), str(gold)) for output, gold in pairs]
    strict = 100 * sum(grade.score for grade in grades) / max(1, len(grades))
    readable = sum(grade.readable for grade in grades)
    return Variants(
        reference={"accuracy": round(reference_total(marks)["accuracy"], 6)},
        strict={"accuracy": round(strict, 6), "readable": readable, "n": len(grades)},
    )


def _number(text: str) -> int | None:
    return whole_number(_UNIT.sub("", text.strip().strip("$")))
