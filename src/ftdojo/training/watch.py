"""When to stop a training early: divergence, an eval loss that no longer falls, a clock that will not suffice."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ftdojo.records.feedback import LossPoint, StopReason

FATAL: frozenset[StopReason] = frozenset({"diverged", "collapsed", "unmoved"})
"""Ends after which the weights are worth nothing, at whatever step."""
CHOSEN_DRIFT = "logps/chosen_drift"
"""Figure of a step on pairs: by how much the log-probability of chosen answers changed since the start, in nats per token."""
COLLAPSE = 1.0
"""So many nats per token chosen answers may lose: beyond, a token that was certain is down to a probability of 0.37."""
SMOOTH = 8
"""Steps averaged before the present loss is compared with the first."""


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """Where a training keeps its state while it goes on, so that one that is killed need not begin anew.

    ``file`` is in a folder that is there; ``key`` tells this training from any other, whose state is not taken; it is kept
    every ``every_s`` seconds, or less often where that would take more than 2 % of the time.
    """

    file: Path
    key: str
    every_s: float


@dataclass
class Watch:
    """Looks at every step and says why the next one should not be taken.

    Unmoved: a step whose learning rate is above 0 changed no weight. Divergence: a loss or gradient that is not finite, or a
    smoothed loss above the first by half and one nat. Collapse: of pairs, the chosen answers too have become unlikely, the
    known way in which preference tuning unlearns what it should teach (``COLLAPSE``, smoothed). Over
    budget: the next step would end after ``seconds``. Plateau: ``patience`` eval losses in a row were not lower than
    the lowest by more than ``threshold`` nats; 0 switches it off. Stopped: the file ``stop`` is there, and the step that it
    names was made. ``keeping`` is where the training keeps its state meanwhile, if anywhere; the time that it took before it
    was killed is not counted against ``seconds``.
    """

    seconds: float | None = None
    patience: int = 0
    threshold: float = 0.0
    stop: Path | None = None
    keeping: Keeping | None = None
    curve: list[LossPoint] = field(default_factory=list)
    held_out: list[tuple[int, float]] = field(default_factory=list)

    def see(self, point: LossPoint, *, stuck: bool = False) -> StopReason | None:
        """Take note of a step, ``stuck`` if it moved no weight; return why training should stop here, or None."""
        self.curve.append(point)
        if stuck:
            return "unmoved"
        if self._diverged(point):
            return "diverged"
        if self._collapsed():
            return "collapsed"
        order = stop_order(self.stop) if self.stop else None
        if order is not None and point.step >= order:
            return "stopped"
        per_step = point.seconds / len(self.curve)
        if self.seconds is not None and point.seconds + per_step > self.seconds:
            return "over-budget"
        return None

    def see_held_out(self, step: int, loss: float) -> StopReason | None:
        """Take note of an eval loss; return ``plateau`` if patience is at its end."""
        self.held_out.append((step, loss))
        losses = [each for _, each in self.held_out]
        if not self.patience or len(losses) <= self.patience:
            return None
        best = min(losses[: -self.patience])
        late = losses[-self.patience :]
        return "plateau" if min(late) >= best - self.threshold else None

    def _diverged(self, point: LossPoint) -> bool:
        if not (math.isfinite(point.loss) and math.isfinite(point.grad_norm)):
            return True
        late = self.curve[-SMOOTH:]
        return len(self.curve) >= SMOOTH and average(late) > 1.5 * self.curve[0].loss + 1.0

    def _collapsed(self) -> bool:
        late = [point.figures.get(CHOSEN_DRIFT, 0.0) for point in self.curve[-SMOOTH:]]
        return len(late) == SMOOTH and sum(late) / SMOOTH < -COLLAPSE


def stop_beside(weights: Path) -> Path:
    """Return where the order to stop is found by the training whose weights go to the folder ``weights``."""
    return weights.with_name(weights.name + ".stop")


def stop_order(path: Path) -> int | None:
    """Return after how many steps a training is to be stopped by the file at ``path``; None if it is not there."""
    return int(path.read_text(encoding="utf8").split()[0]) if path.exists() else None


def average(points: Sequence[LossPoint]) -> float:
    """Return the mean loss of ``points``."""
    return sum(point.loss for point in points) / len(points)


def averages(points: Sequence[LossPoint]) -> dict[str, float]:
    """Return the mean of each figure of ``points``."""
    return {
        name: sum(point.figures[name] for point in points) / len(points)
        for name in points[0].figures
    }
