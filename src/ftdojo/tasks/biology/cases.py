"""Scores the cases of ``bioprobench``: one output or a batch, of any of its four tasks.

Which task is meant is in the case's name (``pqa/...``), or else in the type of its reference: text (PQA), numbers
(ORD), a bool (ERR), a list of steps (GEN). Percentages are 0-100; tau and Brier score have their own scales.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case, Variants, given
from ftdojo.tasks.biology import protocol_error as err
from ftdojo.tasks.biology import protocol_generation as gen
from ftdojo.tasks.biology import protocol_ordering as ord_
from ftdojo.tasks.biology import protocol_qa as pqa

Marker = Callable[[str, Any], Any]
Total = Callable[[Sequence[Any]], Mapping[str, Any]]
GIVEN_STEPS, RIGHT_STEPS, LABEL = "wrong_steps", "correct_steps", "is_correct"
"""The data set's own fields, in which a reference may come."""


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """How one of the four tasks is scored; ``parsed`` shows what a mark holds, in the words of the case file."""

    fits: Callable[[Any], bool]
    wanted: str
    reference: tuple[Marker, Total]
    strict: tuple[Marker, Total]
    parsed: Callable[[Any], Mapping[str, Any]]
    digits: int = 6


def score(case: Case) -> Variants:
    """Score a case with ``prediction`` and ``reference``, or with lists of them in ``predictions``, ``references``."""
    single = "predictions" not in case.input
    said = [given(case, "prediction")] if single else given(case, "predictions", list)
    outputs = ["" if each is None else each for each in said]
    golds = [given(case, "reference")] if single else given(case, "references", list)
    golds = [each.get(LABEL, each) if isinstance(each, dict) else each for each in golds]
    kind = _kind(case, golds)
    if len(outputs) != len(golds) or not all(isinstance(each, str) for each in outputs):
        raise UsageError(
            f"The case {case.name!r} has {len(outputs)} predictions for {len(golds)} references; "
            "give one text for each."
        )
    return Variants(
        reference=_figures(kind, kind.reference, outputs, golds),
        strict=_figures(kind, kind.strict, outputs, golds),
    )


def _figures(
    kind: _Kind, variant: tuple[Marker, Total], outputs: Sequence[str], golds: Sequence[Any]
) -> dict[str, Any]:
    mark, total = variant
    marks = [mark(output, gold) for output, gold in zip(outputs, golds, strict=True)]
    figures = {
        name: None if value is None else round(value, kind.digits)
        for name, value in total(marks).items()
    }
    return figures | (dict(kind.parsed(marks[0])) if len(marks) == 1 else {})


def _kind(case: Case, golds: Sequence[Any]) -> _Kind:
    named = case.name.partition("/")[0].lower()
    fitting = [kind for kind in _KINDS.values() if all(map(kind.fits, golds))]
    if named in _KINDS and _KINDS[named] not in fitting:
        raise UsageError(
            f"The case {case.name!r} has the reference {str(golds[:1])[:60]}; give {_KINDS[named].wanted}."
        )
    if not golds or not fitting:
        raise UsageError(
            f"The case {case.name!r} has no reference that a bioprobench task knows; give "
            f"{', '.join(kind.wanted for kind in _KINDS.values())}."
        )
    return _KINDS.get(named, fitting[0])


def _is_order(gold: Any) -> bool:
    if isinstance(gold, dict):
        before, right = gold.get(GIVEN_STEPS), gold.get(RIGHT_STEPS)
        if not isinstance(before, list) or not isinstance(right, list):
            return False
        return sorted(map(str, before)) == sorted(map(str, right))
    return isinstance(gold, list) and (sorted(map(str, gold)) == sorted(map(str, range(len(gold)))))


def _is_steps(gold: Any) -> bool:
    return isinstance(gold, str) or (
        isinstance(gold, list) and all(isinstance(step, str) for step in gold)
    )


def _by_place(mark: Callable[[str, Sequence[str], Sequence[str]], Any]) -> Marker:
    """Let ``mark`` read a gold order of places, where each place stands for its own step, or the steps themselves."""

    def marked(output: str, gold: Any) -> Any:
        if isinstance(gold, dict):
            return mark(output, [*map(str, gold[GIVEN_STEPS])], [*map(str, gold[RIGHT_STEPS])])
        return mark(output, [str(at) for at in range(len(gold))], [*map(str, gold)])

    return marked


def _published_rouge(marks: Sequence[gen.GenerationMark]) -> dict[str, Any]:
    return {**dict.fromkeys(gen.FIGURES), **gen.reference_total(marks)}


def _qa_parsed(mark: pqa.ChoiceMark) -> dict[str, Any]:
    return {"parsed": [mark.answer, mark.confidence]}


def _order_parsed(mark: ord_.OrderingMark) -> dict[str, Any]:
    return {"parsed": None if mark.given is None else list(mark.given)}


def _error_parsed(mark: err.ErrorMark) -> dict[str, Any]:
    return {"parsed": mark.given, "correct": mark.right}


_KINDS = {
    "pqa": _Kind(
        fits=lambda gold: isinstance(gold, str),
        wanted="the text of the right choice",
        reference=(pqa.reference, pqa.reference_total),
        strict=(pqa.strict, pqa.strict_total),
        parsed=_qa_parsed,
    ),
    "ord": _Kind(
        fits=_is_order,
        wanted=f"the places 0, 1, ... in the right order (or {GIVEN_STEPS} and {RIGHT_STEPS})",
        reference=(_by_place(ord_.reference), ord_.reference_total),
        strict=(_by_place(ord_.strict), ord_.strict_total),
        parsed=_order_parsed,
    ),
    "err": _Kind(
        fits=lambda gold: isinstance(gold, bool),
        wanted="true or false",
        reference=(err.reference, err.reference_total),
        strict=(err.strict, err.strict_total),
        parsed=_error_parsed,
    ),
    "gen": _Kind(
        fits=_is_steps,
        wanted="the list of steps",
        reference=(gen.reference, _published_rouge),
        strict=(gen.strict, gen.strict_total),
        parsed=lambda mark: {},
        digits=4,
    ),
}
