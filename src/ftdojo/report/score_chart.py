"""The geometry of two pictures of scores: one point an experiment, and the sealed test scores side by side."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ftdojo.records import BASE, Estimate, EvaluationReport, Experiment
from ftdojo.report.axes import Axis, path, span
from ftdojo.report.evidence import SYMBOLS, Evidence, headline_of, look
from ftdojo.report.numbers import Scale

HEIGHT, TOP, LEFT, RIGHT, FLOOR = 340, 18, 64, 16, 270
"""Pixels: points live between TOP and FLOOR, failed experiments in a strip below."""
WIDTH, STEP_MIN, STEP_WORDS = 860, 34.0, 90.0
"""Experiments stand STEP_MIN apart or more; below STEP_WORDS the words under them are tilted."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One experiment in the chart. ``y`` is None where there is no score to draw."""

    id: str
    x: float
    look: str
    tip: str
    y: float | None = None
    y_low: float = 0.0
    y_high: float = 0.0
    note: str = ""
    hollow: bool = False
    chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class ScoreChart:
    """Everything the template needs to draw, in pixels; ``base`` is the band (top, middle, bottom)."""

    width: int
    height: int = HEIGHT
    tilted: bool = False
    top: int = TOP
    left: int = LEFT
    right: float = 0.0
    floor: int = FLOOR
    marks: tuple[Mark, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    base: tuple[float, float, float] | None = None
    base_label: str = ""
    best_path: str = ""


def score_chart(evidence: Evidence) -> ScoreChart:
    """Place every experiment of ``evidence`` by its validation score."""
    count = max(1, len(evidence.experiments))
    step = max(STEP_MIN, (WIDTH - LEFT - RIGHT) / count)
    tilted = step < STEP_WORDS
    right = LEFT + step * count
    axis = _axis(evidence)
    marks = tuple(
        _mark(evidence, each, x=LEFT + (at + 0.5) * step, axis=axis)
        for at, each in enumerate(evidence.experiments)
    )
    return ScoreChart(
        width=round(right + RIGHT),
        height=HEIGHT + 60 * tilted,
        tilted=tilted,
        right=right,
        marks=marks,
        ticks=tuple((axis.at(value), evidence.scale.tick(value)) for value in axis.ticks()),
        base=_band(evidence.base.score, axis) if evidence.base else None,
        base_label=f"base {evidence.scale.score(evidence.base.score.score)}"
        if evidence.base
        else "",
        best_path=path(list(_best_so_far(evidence, axis, step))),
    )


def _axis(evidence: Evidence) -> Axis:
    reports = [evidence.base, *(report for _, report in evidence.scored())]
    estimates = [report.score for report in reports if report]
    low, high = span(value for each in estimates for value in (each.low, each.high, each.score))
    if evidence.scale.is_share:
        low, high = max(0.0, low), min(1.0, high)
        low = 0.0 if low < 0.15 else low
    return Axis(low=low, high=high, start=FLOOR, end=TOP)


def _band(score: Estimate, axis: Axis) -> tuple[float, float, float]:
    return axis.at(score.high), axis.at(score.score), axis.at(score.low)


def _mark(evidence: Evidence, each: Experiment, *, x: float, axis: Axis) -> Mark:
    report, shown = each.evaluation, look(each)
    tip = tip_of(evidence, each)
    if report is None or not math.isfinite(report.score.score):
        note = each.failure.kind.value if each.failure else shown
        return Mark(id=each.id, x=round(x, 1), look=shown, tip=tip, note=note)
    y_high, y, y_low = _band(report.score, axis)
    return Mark(
        id=each.id,
        x=round(x, 1),
        look=shown,
        tip=tip,
        y=y,
        y_low=y_low,
        y_high=y_high,
        note=f"n {report.score.n}" if report.raced_out else "",
        hollow=report.raced_out,
        chosen=each.id == evidence.chosen,
    )


def tip_of(evidence: Evidence, each: Experiment) -> str:
    """Return the tooltip of an experiment, in up to five lines."""
    lines = [f"{SYMBOLS[look(each)]} {each.id}: {headline_of(each.submission.plan)}"]
    if each.evaluation:
        lines.append(score_line(each.evaluation, evidence.scale))
    comparison = each.feedback.comparisons.get(BASE) if each.feedback else None
    if comparison:
        change = evidence.scale.change(comparison.difference.score)
        lines.append(f"{change} against base: {comparison.verdict}")
    if each.failure:
        lines.append(f"failed in {each.failure.stage}: {each.failure.kind}")
    if each.id == evidence.chosen and evidence.result:
        lines.append("★ chosen")
    return "\n".join(lines)


def score_line(report: EvaluationReport, scale: Scale) -> str:
    """Return a score with its interval and n, and whether a race ended the pass."""
    score = report.score
    raced = f" of {report.planned}, raced out" if report.raced_out else ""
    return f"{scale.score(score.score)} (95 % {scale.interval(score)}, n {score.n}{raced})"


def _best_so_far(evidence: Evidence, axis: Axis, step: float) -> Iterator[tuple[float, float]]:
    """Yield the corners of the best score so far, over complete passes, the base's first."""
    if evidence.base is None or not math.isfinite(evidence.base.score.score):
        return
    best = evidence.base.score.score
    yield LEFT, axis.at(best)
    for at, each in enumerate(evidence.experiments):
        report, x = each.evaluation, round(LEFT + (at + 0.5) * step, 1)
        if report and not report.raced_out and _ahead(report.score.score, best, evidence.scale):
            yield x, axis.at(best)
            best = report.score.score
            yield x, axis.at(best)
    yield round(LEFT + step * len(evidence.experiments), 1), axis.at(best)


def _ahead(value: float, best: float, scale: Scale) -> bool:
    return scale.sign * value > scale.sign * best


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Scores on one common line: ``rows`` are (name, class, low, middle, high, label), in hundredths of the line."""

    rows: tuple[tuple[str, str, float, float, float, str], ...]
    ticks: tuple[float, ...]
    ends: tuple[str, str]


def strip(scores: dict[str, Estimate], scale: Scale) -> Strip:
    """Place ``scores``, named, on one line; for shares it begins at 0."""
    low, high = span(value for each in scores.values() for value in (each.low, each.high))
    if scale.is_share:
        low, high = 0.0, min(1.0, math.ceil(10 * high) / 10)
    axis = Axis(low=low, high=high, start=0, end=100)
    rows = (
        (name, "base" if name == BASE else "chosen", *_places(each, axis), scale.score(each.score))
        for name, each in scores.items()
    )
    return Strip(
        rows=tuple(rows),
        ticks=tuple(axis.at(value) for value in axis.ticks(5)),
        ends=(scale.tick(low), scale.tick(high)),
    )


def _places(score: Estimate, axis: Axis) -> tuple[float, float, float]:
    return axis.at(score.low), axis.at(score.score), axis.at(score.high)
