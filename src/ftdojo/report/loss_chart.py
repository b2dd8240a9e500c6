"""The geometry of the loss curves: every experiment over the others, straight and logarithmic, and learning rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ftdojo.records import LossPoint, TrainingReport
from ftdojo.report.axes import Axis, path, span
from ftdojo.report.evidence import Evidence
from ftdojo.report.numbers import number

WIDTH, LEFT, RIGHT, TOP, FLOOR, HEIGHT = 860, 56, 844, 14, 270, 312
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


def loss_chart(evidence: Evidence) -> LossChart | None:
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
        "step": Axis(low=0, high=max([*steps, 1]), start=LEFT, end=RIGHT),
        "loss": Axis(low=low, high=high, start=FLOOR, end=TOP),
        "log": Axis(
            low=floor, high=max([*positive, floor * 10]) * 1.1, log=True, start=FLOOR, end=TOP
        ),
        "rate": Axis(low=0, high=span(rates)[1], start=RATE_FLOOR, end=TOP),
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
        straight=path(_places(losses, axes["step"], axes["loss"])),
        logarithmic=path(_places(losses, axes["step"], axes["log"])),
        rate=path(_places(rates, axes["step"], axes["rate"])),
        held_out=tuple(_places(held, axes["step"], axes["loss"])),
        held_out_log=tuple(_places(held, axes["step"], axes["log"])),
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


def _places(
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


def _shown_first(evidence: Evidence, names: list[str]) -> set[str]:
    """Return the curves to begin with: what was chosen, then the best scores, then the order of the run."""
    sign = evidence.scale.sign
    score = {each.id: sign * report.score.score for each, report in evidence.scored()}
    ranked = sorted(names, key=lambda name: -score.get(name, -math.inf))
    first = [name for name in ranked if name == evidence.chosen]
    return set((first + [name for name in ranked if name not in first])[:SHOWN])
