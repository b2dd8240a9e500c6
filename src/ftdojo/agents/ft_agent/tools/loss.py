"""The loss curve in a sentence: did training learn, was it still learning, did it overfit."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from ftdojo.agents.ft_agent.tools.evidence import Evidence

STILL_FALLING, FLAT = 0.05, 0.01
"""Shares of the loss that the last third of training took off."""
OVERFIT = 1.03
"""An eval loss that ends above its lowest by this factor has turned."""
LEAST_STEPS = 6


def loss_verdict(evidence: Evidence) -> Iterator[str]:
    """Yield what the training and eval losses say."""
    report = evidence.feedback.training if evidence.feedback else None
    if report is None:
        return
    losses = [point.loss for point in report.curve]
    said = f"Training ({report.stopped}): {report.steps} of {report.planned_steps} steps"
    if len(losses) < LEAST_STEPS:
        yield f"{said}, loss {report.loss_first:.3f} to {report.loss_last:.3f}; too few steps to say more."
        return
    yield f"{said}, loss {_start(losses):.3f} to {_end(losses):.3f}; {_course(losses)}."
    yield from _eval_loss(report.held_out_loss, kept=report.weights_step)


def _course(losses: Sequence[float]) -> str:
    third = len(losses) // 3
    before, after = fmean(losses[-2 * third : -third]), fmean(losses[-third:])
    fell = (before - after) / before if before else 0.0
    if fell > STILL_FALLING:
        return f"still falling (by {fell:.0%} over the last third), so more rows or steps may help"
    if fell < -FLAT:
        return f"rising (by {-fell:.0%} over the last third): the learning rate may be too high"
    return "flat at the end: more of the same would bring little"


def _eval_loss(course: Sequence[tuple[int, float]], *, kept: int | None) -> Iterator[str]:
    if len(course) < 2:
        return
    step, lowest = min(course, key=lambda at: at[1])
    last = course[-1][1]
    if last > lowest * OVERFIT:
        weights = "; the weights of that step were kept" if kept == step else ""
        yield f"Eval loss turned at step {step} ({lowest:.3f}) and ended at {last:.3f}: overfitting{weights}."
    else:
        yield f"Eval loss {course[0][1]:.3f} to {last:.3f}, lowest {lowest:.3f}: no overfitting."


def _start(losses: Sequence[float]) -> float:
    return fmean(losses[: max(1, len(losses) // 10)])


def _end(losses: Sequence[float]) -> float:
    return fmean(losses[-max(1, len(losses) // 10) :])
