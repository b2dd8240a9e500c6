"""What passes over held-out items will take, from what they took before in this run."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ftdojo.records import BASE, Split

RECENT = 3
"""The slowest of so many calibrations, the last ones, says how fast the machine is now."""


@dataclass(frozen=True)
class _Cost:
    """Seconds an item of a pass took, and the calibration beside it; 0 where there was none."""

    item_s: float
    calibration_s: float


class Forecast:
    """Scales the seconds of earlier passes to the machine as it is now.

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

    def plan(
        self, items: Mapping[Split, int], *, base_due: Collection[Split], base_is_slowest: bool
    ) -> None:
        """Take note of what will be scored.

        Args:
            items: how many each split has.
            base_due: the splits on which the base is not scored yet.
            base_is_slowest: no item takes longer than the base's, because nearly all of its outputs are cut by the token cap.
        """
        self._items, self._base_due = items, base_due
        self._base_is_slowest = base_is_slowest

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
            self._now_s(self._best) if better else max(map(self._now_s, self._costs), default=0.0)
        )
        return min(own_s, self._base_s()) if self._base_is_slowest else own_s

    def _now_s(self, name: str) -> float:
        cost = self._costs[name]
        if not (cost.calibration_s and self._recent):
            return cost.item_s
        return cost.item_s * max(self._recent) / cost.calibration_s
