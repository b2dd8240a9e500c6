"""Charts as SVG: axes with round numbers, the scores of a run's experiments, a training's losses."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ftdojo.records import BASE, Estimate, EvaluationReport, Experiment, LossPoint, TrainingReport
from ftdojo.report.evidence import SYMBOLS, RunEvidence, headline_of, look
from ftdojo.report.numbers import Scale, number


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A straight or logarithmic axis from ``low`` to ``high``, drawn from pixel ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of ``value``, kept within the axis."""
        low, high = self._of(self.low), self._of(self.high)
        share = (self._of(value) - low) / (high - low) if high > low else 0.5
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)

    def ticks(self, count: int = 5) -> list[float]:
        """Return about ``count`` round values within the axis."""
        if self.log:
            return _log_ticks(self.low, self.high) or [self.low, self.high]
        step = _round_step(self.high - self.low, count)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [each * step for each in range(first, last + 1)]

    def _of(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.log else value


def span(values: Iterable[float], *, pad: float = 0.06) -> tuple[float, float]:
    """Return bounds that hold every finite value with some room, none of it below 0 without need; else (0, 1)."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = pad * (high - low) or abs(high) * 0.1 or 1.0
    return max(0.0, low - room) if low >= 0 else low - room, high + room


def path(points: Sequence[tuple[float, float]]) -> str:
    """Return the SVG path through ``points``."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if points else ""


def _round_step(length: float, count: int) -> float:
    """Return 1, 2, 5 or 10 times a power of ten that cuts ``length`` into nearly ``count`` parts."""
    if length <= 0 or not math.isfinite(length):
        return 1.0
    power = 10.0 ** math.floor(math.log10(length / count))
    return min(
        (factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(length / step - count)
    )


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(max(low, 1e-12))), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 4 else (1,)
    values = (factor * 10.0**power for power in powers for factor in factors)
    return [value for value in values if low <= value <= high]


HEIGHT, TOP, LEFT, RIGHT, FLOOR = 340, 18, 64, 16, 270
"""Pixels: points live between TOP and FLOOR, failed experiments in a strip below."""
WIDTH, STEP_MIN, STEP_WORDS = 860, 34.0, 90.0
"""Experiments stand STEP_MIN apart or more; below STEP_WORDS the words under them are tilted."""


@dataclass(frozen=True, kw_only=True)
class ChartMark:
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
    marks: tuple[ChartMark, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    base: tuple[float, float, float] | None = None
    base_label: str = ""
    best_path: str = ""


def score_chart(evidence: RunEvidence) -> ScoreChart:
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


def _axis(evidence: RunEvidence) -> Axis:
    reports = [evidence.base, *(report for _, report in evidence.scored())]
    estimates = [report.score for report in reports if report]
    low, high = span(value for each in estimates for value in (each.low, each.high, each.score))
    if evidence.scale.is_share:
        low, high = max(0.0, low), min(1.0, high)
        low = 0.0 if low < 0.15 else low
    return Axis(low=low, high=high, start=FLOOR, end=TOP)


def _band(score: Estimate, axis: Axis) -> tuple[float, float, float]:
    return axis.at(score.high), axis.at(score.score), axis.at(score.low)


def _mark(evidence: RunEvidence, each: Experiment, *, x: float, axis: Axis) -> ChartMark:
    report, shown = each.evaluation, look(each)
    tip = tip_of(evidence, each)
    if report is None or not math.isfinite(report.score.score):
        note = each.failure.kind.value if each.failure else shown
        return ChartMark(id=each.id, x=round(x, 1), look=shown, tip=tip, note=note)
    y_high, y, y_low = _band(report.score, axis)
    return ChartMark(
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


def tip_of(evidence: RunEvidence, each: Experiment) -> str:
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


def _best_so_far(evidence: RunEvidence, axis: Axis, step: float) -> Iterator[tuple[float, float]]:
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


LOSS_WIDTH, LOSS_LEFT, LOSS_RIGHT, LOSS_TOP, LOSS_FLOOR, LOSS_HEIGHT = 860, 56, 844, 14, 270, 312
RATE_FLOOR, RATE_HEIGHT = 104, 130
POINTS = 160
"""At most this many points a curve; beyond, each is the mean of neighbours."""
SHOWN = 8
"""Curves drawn before the reader switches on more."""
COLOURS = 8

Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One experiment's training. ``held_out`` are places of the held-out loss."""

    id: str
    slot: int
    dashed: bool
    shown: bool
    tip: str
    straight: str
    logarithmic: str
    rate: str
    held_out: tuple[tuple[float, float], ...]
    held_out_log: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class LossChart:
    """Everything the template needs to draw, in pixels; ``per_point`` steps were averaged into one point at most."""

    curves: tuple[Curve, ...]
    x_ticks: Ticks
    y_ticks: Ticks
    y_ticks_log: Ticks
    rate_ticks: Ticks
    per_point: int


def loss_chart(evidence: RunEvidence) -> LossChart | None:
    """Place every loss curve of ``evidence``; None if nothing was trained."""
    trained = {
        each.id: each.feedback.training
        for each in evidence.experiments
        if each.feedback and each.feedback.training and each.feedback.training.curve
    }
    if not trained:
        return None
    axes = _axes(list(trained.values()))
    shown = _shown_first(evidence, list(trained))
    return LossChart(
        curves=tuple(
            _curve(name, report, slot=slot, shown=name in shown, axes=axes)
            for slot, (name, report) in enumerate(trained.items())
        ),
        x_ticks=_ticks(axes["step"], 8),
        y_ticks=_ticks(axes["loss"], 5),
        y_ticks_log=_ticks(axes["log"], 5),
        rate_ticks=_ticks(axes["rate"], 2),
        per_point=max(_bucket(report.curve) for report in trained.values()),
    )


def _axes(reports: Sequence[TrainingReport]) -> dict[str, Axis]:
    losses = [
        *(point.loss for report in reports for point in report.curve),
        *(loss for report in reports for _, loss in report.held_out_loss),
    ]
    steps = [point.step for report in reports for point in report.curve]
    rates = [point.learning_rate for report in reports for point in report.curve]
    low, high = span(losses)
    positive = [loss for loss in losses if 0 < loss < math.inf]
    floor = min(positive, default=1e-3) / 1.1
    return {
        "step": Axis(low=0, high=max([*steps, 1]), start=LOSS_LEFT, end=LOSS_RIGHT),
        "loss": Axis(low=low, high=high, start=LOSS_FLOOR, end=LOSS_TOP),
        "log": Axis(
            low=floor,
            high=max([*positive, floor * 10]) * 1.1,
            log=True,
            start=LOSS_FLOOR,
            end=LOSS_TOP,
        ),
        "rate": Axis(low=0, high=span(rates)[1], start=RATE_FLOOR, end=LOSS_TOP),
    }


def _curve(
    name: str, report: TrainingReport, *, slot: int, shown: bool, axes: dict[str, Axis]
) -> Curve:
    points = _thinned(report.curve)
    held = [(step, loss) for step, loss in report.held_out_loss if math.isfinite(loss)]
    rates = [(step, rate) for step, _, rate in points]
    losses = [(step, loss) for step, loss, _ in points if math.isfinite(loss)]
    return Curve(
        id=name,
        slot=slot % COLOURS,
        dashed=slot >= COLOURS,
        shown=shown,
        tip=_tip(name, report),
        straight=path(_loss_places(losses, axes["step"], axes["loss"])),
        logarithmic=path(_loss_places(losses, axes["step"], axes["log"])),
        rate=path(_loss_places(rates, axes["step"], axes["rate"])),
        held_out=tuple(_loss_places(held, axes["step"], axes["loss"])),
        held_out_log=tuple(_loss_places(held, axes["step"], axes["log"])),
    )


def _thinned(curve: Sequence[LossPoint]) -> list[tuple[float, float, float]]:
    """Return at most POINTS of (step, loss, learning rate); a bucket's step is its last."""
    per = _bucket(curve)
    buckets = [curve[at : at + per] for at in range(0, len(curve), per)]
    return [
        (bucket[-1].step, _mean([point.loss for point in bucket]), bucket[-1].learning_rate)
        for bucket in buckets
    ]


def _bucket(curve: Sequence[LossPoint]) -> int:
    return math.ceil(len(curve) / POINTS) or 1


def _mean(values: list[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return math.fsum(known) / len(known) if known else math.nan


def _loss_places(
    points: Sequence[tuple[float, float]], across: Axis, up: Axis
) -> list[tuple[float, float]]:
    return [(across.at(x), up.at(y)) for x, y in points]


def _ticks(axis: Axis, count: int) -> Ticks:
    return tuple((axis.at(value), number(value)) for value in axis.ticks(count))


def _tip(name: str, report: TrainingReport) -> str:
    loss = f"loss {number(report.loss_first)} to {number(report.loss_last)}"
    kept = report.weights_step or report.steps
    best = "" if kept == report.steps else f", weights of step {kept} kept"
    return (
        f"{name}: {loss} in {report.steps} of {report.planned_steps} steps, {report.stopped}{best}"
    )


def _shown_first(evidence: RunEvidence, names: list[str]) -> set[str]:
    """Return the curves to begin with: what was chosen, then the best scores, then the order of the run."""
    sign = evidence.scale.sign
    score = {each.id: sign * report.score.score for each, report in evidence.scored()}
    ranked = sorted(names, key=lambda name: -score.get(name, -math.inf))
    first = [name for name in ranked if name == evidence.chosen]
    return set((first + [name for name in ranked if name not in first])[:SHOWN])
