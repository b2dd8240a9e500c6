"""How numbers are written for people: with unit, sign and no more digits than they deserve."""

import math
from dataclasses import dataclass

from ftdojo.records import Direction, Estimate, EvaluationReport

SPACE, MINUS = "\u00a0", "\u2212"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A metric's unit and direction, and how its values are written.

    Shares are written as per cent, their differences as percentage points. A direction that was not recorded is
    taken as higher, and ``words`` reports that.
    """

    metric: str = ""
    unit: str = ""
    direction: Direction | None = None

    @classmethod
    def of(cls, report: EvaluationReport | None) -> "Scale":
        """Return the scale of ``report``."""
        if report is None:
            return cls()
        return cls(metric=report.metric, unit=report.unit, direction=report.direction)

    @property
    def is_share(self) -> bool:
        """Whether values lie in [0, 1] and are written as per cent."""
        return self.unit == "share"

    @property
    def sign(self) -> float:
        """1.0 where higher is better, -1.0 where lower is."""
        return -1.0 if self.direction is Direction.LOWER else 1.0

    @property
    def words(self) -> str:
        """What the numbers are, in a few words."""
        unit = "share of items in per cent" if self.is_share else self.unit
        return f"{self.short}{f' ({unit})' if unit else ''}"

    @property
    def short(self) -> str:
        """The metric and its direction."""
        known = f"{self.direction} is better" if self.direction else "higher taken as better"
        return ", ".join(filter(None, [self.metric, known]))

    def score(self, value: float) -> str:
        """Write a value.

        Example:
            >>> Scale(unit="share").score(0.4133).split()
            ['41.3', '%']
        """
        if self.is_share:
            return f"{fixed(100 * value)}{SPACE}%"
        return f"{number(value)}{SPACE}{self.unit}" if self.unit else number(value)

    def change(self, value: float) -> str:
        """Write a difference of two values, always with its sign."""
        if self.is_share:
            return f"{fixed(100 * value, signed=True)}{SPACE}points"
        unit = f"{SPACE}{self.unit}" if self.unit else ""
        return f"{number(value, signed=True)}{unit}"

    def tick(self, value: float) -> str:
        """Write a round value at an axis."""
        return f"{100 * value + 0.0:.4g}{SPACE}%" if self.is_share else number(value)

    def interval(self, estimate: Estimate) -> str:
        """Write the 95 % interval of a score."""
        return f"{self._bare(estimate.low)} to {self.score(estimate.high)}"

    def change_interval(self, estimate: Estimate) -> str:
        """Write the 95 % interval of a difference."""
        low = self.change(estimate.low).split(SPACE)[0]
        return f"{low} to {self.change(estimate.high)}"

    def _bare(self, value: float) -> str:
        return fixed(100 * value) if self.is_share else number(value)


def fixed(value: float, *, signed: bool = False) -> str:
    """Write a number with one decimal."""
    return _odd(value) or _minus(f"{value + 0.0:{'+' if signed else ''}.1f}")


def number(value: float, *, signed: bool = False) -> str:
    """Write a number with three significant digits, thousands apart.

    Example:
        >>> number(0.00012345), number(1234.5), number(float("nan"))
        ('0.000123', '1,234', 'not a number')
    """
    if _odd(value):
        return _odd(value)
    sign = "+" if signed else ""
    if abs(value) >= 1000:
        return _minus(f"{value:{sign},.0f}")
    small = value and abs(value) < 1e-4
    return _minus(f"{value:{sign}.2e}" if small else f"{value:{sign}.3g}")


def share(value: float) -> str:
    """Write a share in [0, 1] as per cent."""
    return f"{fixed(100 * value)}{SPACE}%"


def seconds(value: float) -> str:
    """Write a duration.

    Example:
        >>> [seconds(each).replace(SPACE, " ") for each in (0.27, 59.96, 582, 5400)]
        ['0.3 s', '60 s', '9 min 42 s', '1 h 30 min']
    """
    if _odd(value):
        return _odd(value)
    if value < 100:
        return _minus(f"{value + 0.0:.1f}".removesuffix(".0")) + f"{SPACE}s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes}{SPACE}min" + (f"{SPACE}{rest}{SPACE}s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours}{SPACE}h" + (f"{SPACE}{minutes}{SPACE}min" if minutes else "")


def size(value: float) -> str:
    """Write a number of bytes, in powers of ten."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000:
            return f"{number(value)}{SPACE}{unit}"
        value /= 1000
    return f"{number(value)}{SPACE}TB"


def p_value(value: float) -> str:
    """Write a p-value; below a thousandth its exact size says nothing."""
    return _odd(value) or ("< 0.001" if value < 0.001 else f"{value:.3f}")


def plural(count: int, noun: str) -> str:
    """Write a count with its noun.

    Example:
        >>> plural(1, "experiment"), plural(3, "experiment")
        ('1 experiment', '3 experiments')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _odd(value: float) -> str:
    if math.isnan(value):
        return "not a number"
    return "" if math.isfinite(value) else "∞" if value > 0 else f"{MINUS}∞"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
