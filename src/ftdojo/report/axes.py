"""Where values stand on a chart, and which of them get a tick."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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
