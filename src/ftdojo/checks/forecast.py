"""What things will take, from what they took before in this run: passes over held-out items, checks, trainings."""

import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ftdojo.records import BASE, Completion, FitReport, ProbeReport, Split

RECENT = 3
"""The slowest of so many calibrations, the last ones, says how fast the machine is now."""
SURE_FOR_S = 120.0
"""So long steps that were measured to be sure are not measured again."""
MOST_PACE = 2.5
"""A training that seems faster or slower than its step by more than this factor had a step that was measured at a bad moment."""


@dataclass(frozen=True)
class _Cost:
    """Seconds an item of a pass took, and the calibration beside it; 0 where there was none."""

    item_s: float
    calibration_s: float


Probe = tuple[ProbeReport, tuple[Completion, ...]]


class Forecast:
    """All that a run learns of what things take; whoever measures tells it, and nothing else of a run learns.

    Scales the seconds of earlier passes to the machine as it is now.
    A calibration times a fixed piece of work (``Worker.calibrate``): the busier the machine, the longer it takes. A pass
    that was calibrated is expected to take longer by as much as the slowest recent calibration is longer than its own; one
    that was not, what it took.
    """

    def __init__(self) -> None:
        self._items: Mapping[Split, int] = {}
        self._base_due: Collection[Split] = ()
        self._base_is_slowest = False
        self._best = BASE
        self._costs: dict[str, _Cost] = {}
        self._calibrations: dict[str, float] = {}
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._base_readable, self._pace = 0.0, 1.0
        self._fits: dict[str, FitReport] = {}
        self._sure: dict[str, float] = {}
        self._accepted: set[str] = set()
        self._probes: dict[str, Probe] = {}
        self._check_s: float | None = None
        self._train_tokens_per_s: float | None = None

    @property
    def base_readable(self) -> float:
        """The share of validation answers that the base writes readably; 0 until it is known."""
        return self._base_readable

    @property
    def check_s(self) -> float | None:
        """The seconds of the last check without its build; None before the first."""
        return self._check_s

    @property
    def train_tokens_per_s(self) -> float | None:
        """The speed that a training would have now; None until one was measured."""
        return self._train_tokens_per_s

    @property
    def pace(self) -> float:
        """How fast the last training went, as a multiple of what its steps had promised when they were measured."""
        return self._pace

    def fit(self, shape: str) -> FitReport | None:
        """Return what was measured of a step of ``shape``, if one was."""
        return self._fits.get(shape)

    def fitted(self, shape: str, found: FitReport, *, sure: bool = False) -> None:
        """Take note of what a step of ``shape``, on which memory and speed depend, was measured to need.

        ``sure`` says that it was measured over several steps, right now.
        """
        self._fits[shape] = found
        if sure:
            self._sure[shape] = time.monotonic()

    def sure_of(self, shape: str) -> bool:
        """Return whether a step of ``shape`` was measured to be sure of it a short time ago."""
        return shape in self._sure and time.monotonic() < self._sure[shape] + SURE_FOR_S

    def accept(self, training: str) -> None:
        """Take note that a training was found to fit the time left."""
        self._accepted.add(training)

    def accepted(self, training: str) -> bool:
        """Return whether a training was found to fit the time that was left then."""
        return training in self._accepted

    def probe(self, key: str) -> "Probe | None":
        """Return an equal probe, if one was made."""
        return self._probes.get(key)

    def probed(self, key: str, found: ProbeReport, answers: tuple[Completion, ...]) -> None:
        """Take note of a probe, and of what was answered after it."""
        self._probes[key] = found, answers

    def checked(self, seconds: float, fit: FitReport | None) -> None:
        """Take note of a check, of its seconds without the build, and of the speed it forecasts if it came that far."""
        self._check_s = seconds
        if fit:
            self._train_tokens_per_s = fit.tokens_per_s

    def trained(self, tokens_per_s: float, *, promised: float | None = None) -> None:
        """Take note of a training's speed; of the pace, where the check of it had ``promised`` tokens per second."""
        self._train_tokens_per_s = tokens_per_s
        if promised:
            pace = self._pace * tokens_per_s / promised
            self._pace = min(max(pace, 1 / MOST_PACE), MOST_PACE)

    def plan(
        self,
        items: Mapping[Split, int],
        *,
        base_due: Collection[Split],
        base_is_slowest: bool,
        base_readable: float = 0.0,
    ) -> None:
        """Take note of what will be scored, and of what the base's answers are like.

        Args:
            items: how many each split has.
            base_due: the splits on which the base is not scored yet.
            base_is_slowest: no item takes longer than the base's, because nearly all of its outputs are cut by the token cap.
            base_readable: the share of its validation answers that can be read.
        """
        self._items, self._base_due = items, base_due
        self._base_is_slowest, self._base_readable = base_is_slowest, base_readable

    def calibrated(self, seconds: float) -> None:
        """Take note of a calibration made now."""
        self._recent.append(seconds)

    def known(self, name: str, calibration_s: float) -> None:
        """Take note of the calibration beside the validation pass of ``name``, whenever that was made."""
        self._calibrations.setdefault(name, calibration_s)

    def measured(self, name: str, item_s: float, *, best: str) -> None:
        """Take note of the seconds an item took in the validation pass of ``name``, and of who is best so far."""
        self._costs[name] = _Cost(item_s, self._calibrations.get(name, 0.0))
        self._best = best

    def validation_s(self) -> float | None:
        """Return the seconds of the next validation pass; None until one was measured."""
        return self._own_s() * self._items.get("validation", 0) if self._costs else None

    def confirm_item_s(self, *, own: bool) -> float:
        """Return the seconds of one confirmation item: for the base, and with ``own`` for the selected model as well."""
        base_s = self._base_s() if "confirm" in self._base_due else 0.0
        return base_s + (self._own_s() if own else 0.0)

    def confirm_s(self) -> float:
        """Return the seconds of confirmation on all its items."""
        return self.confirm_item_s(own=True) * self._items.get("confirm", 0)

    def test_s(self) -> float:
        """Return the seconds of the test, of the selected model and, where it is not scored yet, the base."""
        base_s = self._base_s() if "test" in self._base_due else 0.0
        return (base_s + self._own_s()) * self._items.get("test", 0)

    def _base_s(self) -> float:
        return self._now_s(BASE) if BASE in self._costs else 0.0

    def _own_s(self) -> float:
        """Return the seconds an item of the selected model takes.

        The best so far will be selected, so that is what it took; while nothing is better than the base, as much as the
        slowest of all.
        """
        better = self._best != BASE and self._best in self._costs
        own_s = (
            self._now_s(self._best)
            if better
            else max(map(self._now_s, tuple(self._costs)), default=0.0)
        )
        return min(own_s, self._base_s()) if self._base_is_slowest else own_s

    def _now_s(self, name: str) -> float:
        cost = self._costs[name]
        if not (cost.calibration_s and self._recent):
            return cost.item_s
        return cost.item_s * max(self._recent) / cost.calibration_s
