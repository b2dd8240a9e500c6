"""Scores: one item's grade, and numbers that travel with n and an interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Direction(StrEnum):
    """Which way a metric is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Verdict(StrEnum):
    """What a paired test says of a candidate against a rival."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What a scorer says of one output.

    ``score`` is in the metric's own unit ([0, 1] for shares). An unreadable output is wrong, and is counted apart.
    ``secondary`` holds further metrics, in [0, 1] where it makes sense; they explain, they decide nothing. A metric that
    an item has is in all of its grades, those of unreadable outputs included.
    """

    score: float
    readable: bool
    extracted: str = ""
    secondary: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Graded:
    """One item's record: what the model wrote and what it was worth.

    ``finished`` is false where the output was cut by the token cap. Where a task asks for several samples of an item,
    ``samples`` are all of them, ``output`` is the first and ``grade`` their mean.
    """

    item: str
    output: str
    grade: Grade
    tokens: int
    finished: bool
    slices: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean, or what else the task makes of its items' scores, with its 95 % interval."""

    score: float
    n: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A candidate against a rival on the same items.

    ``difference`` is candidate minus rival, its interval 95 %, both in the metric's unit. ``fixed`` and ``broken``
    count items that became better or worse. ``p_value`` is two-sided; ``alpha`` is the level this look is held to,
    after spending on ``look - 1`` earlier ones. ``detectable`` is the smallest true difference that n items show
    four times in five. ``predicted`` is the effect the submission announced.
    """

    against: str
    difference: Estimate
    fixed: int
    broken: int
    p_value: float
    alpha: float
    look: int
    detectable: float
    verdict: Verdict
    predicted: float | None = None
