"""Intervals of figures that somebody else sums up: any function of the items, by resampling them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ftdojo.records import Estimate
from ftdojo.stats.estimates import bias_corrected

TIMES = 200
T = TypeVar("T")


def resampled(
    marks: Sequence[T], sum_up: Callable[[Sequence[T]], Mapping[str, float]]
) -> dict[str, Estimate]:
    """Return what ``sum_up`` makes of ``marks``, each figure with a 95 % interval.

    A bootstrap over items with ``TIMES`` resamples, corrected for bias: cheap rather than fine, for figures that
    decide nothing. A figure that no resample changes has an interval without width. A figure that some resample
    lacks is not given an interval other than from the resamples that have it.

    Raises:
        ValueError: there are no marks.

    Example:
        >>> found = resampled([1, 0] * 50, lambda marks: {"right": 100 * sum(marks) / len(marks)})
        >>> found["right"].score, found["right"].low < 45, found["right"].high > 55
        (50.0, True, True)
    """
    import numpy as np

    if not marks:
        raise ValueError("No marks to sum up; score at least one item.")
    rng, n = np.random.default_rng(0), len(marks)
    draws = [sum_up([marks[at] for at in rng.integers(n, size=n)]) for _ in range(TIMES)]
    found = {}
    for name, value in sum_up(marks).items():
        values = np.array([draw[name] for draw in draws if name in draw])
        still = not len(values) or values.min() == values.max()
        low, high = (value, value) if still else bias_corrected(values, value)
        found[name] = Estimate(score=float(value), n=n, low=float(low), high=float(high))
    return found
