"""A mean with its 95 % interval, and a distribution in five numbers.

Which interval is used depends on the scores alone: Wilson's for right/wrong scores, Student's with its skewness removed
for other scores, Student's for differences, and for samples too small or too even one that rests on the range of the scores
only. How often each holds the truth is measured by ``python -m benchmarks.coverage``.
"""

from collections.abc import Sequence
from math import cbrt, inf, sqrt
from statistics import NormalDist, fmean, stdev
from typing import Any

from ftdojo.records import Estimate, Quantiles

Z95 = NormalDist().inv_cdf(0.975)
UNIT = (0.0, 1.0)
FEW = 10
"""Below this the spread of the scores says too little to be believed."""
RESAMPLES = 2000
TAIL = 1.5
"""Errors have longer tails than a few of them show: their skewness is taken to be so many times that of the sample.

Measured: lognormal errors are covered in 93 to 94 % at n = 15 to 100, where the sample's own skewness gives 91 to 94 %, and
exponential ones in 94.5 to 95 %. Of differences, which lie on both sides of 0, the sample's skewness is more noise than
skewness: Student's interval covers 1 to 5 points more without its removal.
"""


def estimate(scores: Sequence[float]) -> Estimate:
    """Return the mean of ``scores`` with a 95 % interval.

    Scores that are all 0 or 1: Wilson's score interval (Wilson 1927). Others: Student's interval, after a transformation
    that takes the skewness out of it (Hall 1992); if some are negative and some are not, Student's as it is. Fewer than ten scores in [0, 1]: Wilson's with the mean in place of the
    share, which is cautious because no score in [0, 1] varies more than a 0/1 score of the same mean. Scores
    without any spread: see ``mean_interval``.

    Args:
        scores: one finite number an item, in any unit; where none is negative, the interval is not either.

    Raises:
        ValueError: there are no scores. One score is allowed; in [0, 1] its interval is wide, elsewhere infinite.

    Example:
        >>> three_of_four = estimate([1, 0, 1, 1])
        >>> round(three_of_four.low, 2), three_of_four.score, round(three_of_four.high, 2)
        (0.3, 0.75, 0.95)
    """
    if not scores:
        raise ValueError("No scores to estimate a mean from; score at least one item.")
    mean, n = fmean(scores), len(scores)
    if is_binary(scores):
        low, high = wilson(mean, n)
    else:
        within = UNIT if in_unit(scores) else None
        low, high = mean_interval(scores, within=within)
        low = max(low, 0.0) if min(scores) >= 0 and n > 1 else low
    return Estimate(score=mean, n=n, low=low, high=high)


def quantiles(values: Sequence[float]) -> Quantiles:
    """Return minimum, median, 95th percentile, maximum and mean (percentiles interpolate linearly).

    Raises:
        ValueError: there are no values.

    Example:
        >>> quantiles([1, 2, 3])
        Quantiles(low=1.0, p50=2.0, p95=2.9, high=3.0, mean=2.0)
    """
    if not values:
        raise ValueError("No values to take quantiles of; pass at least one.")
    ordered = sorted(float(value) for value in values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        below, part = int(place), place - int(place)
        above = min(below + 1, len(ordered) - 1)
        return round(ordered[below] + part * (ordered[above] - ordered[below]), 12)

    return Quantiles(
        low=ordered[0], p50=at(0.5), p95=at(0.95), high=ordered[-1], mean=fmean(ordered)
    )


def is_binary(scores: Sequence[float]) -> bool:
    """Return whether every score is 0 or 1."""
    return all(score in (0, 1) for score in scores)


def in_unit(scores: Sequence[float]) -> bool:
    """Return whether every score lies in [0, 1], as shares do."""
    return UNIT[0] <= min(scores) and max(scores) <= UNIT[1]


def wilson(share: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's score interval of a share seen among ``n`` (Wilson 1927)."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if share == 0 else max(0.0, centre - half)
    return low, 1.0 if share == 1 else min(1.0, centre + half)


def mean_interval(
    values: Sequence[float], *, within: tuple[float, float] | None
) -> tuple[float, float]:
    """Return a 95 % interval of the mean of real ``values``, which lie ``within`` a range (None: unknown).

    Values that are all equal show only that fewer than ``1 - 0.05 ** (1/n)`` of all items are otherwise (the rule
    of three, Hanley and Lippman-Hand 1983); each of those may lie at an end of the range. Without a range the
    interval is infinite for one value, and the point itself for more that are equal.
    """
    mean, n = fmean(values), len(values)
    if within is None:
        if n == 1:
            return -inf, inf
        return (mean, mean) if min(values) == max(values) else _skewed(values, tail=TAIL)
    lowest, highest = within
    if min(values) == max(values):
        otherwise = 1 - 0.05 ** (1 / n)
        return mean - otherwise * (mean - lowest), mean + otherwise * (highest - mean)
    if n < FEW:
        low, high = wilson((mean - lowest) / (highest - lowest), n)
        return lowest + (highest - lowest) * low, lowest + (highest - lowest) * high
    low, high = _skewed(values, tail=1.0)
    return max(low, lowest), min(high, highest)


def _skewed(values: Sequence[float], *, tail: float) -> tuple[float, float]:
    """Return Student's interval of the mean, with ``tail`` times the skewness removed by Hall's cubic (Hall 1992).

    It covers as a studentised bootstrap does, without draws, also where a tenth of the items make up half of the mean.
    Of values on both sides of 0 no skewness is removed.
    """
    n, mean, spread = len(values), fmean(values), stdev(values)
    if not spread:  # too small a number for a float
        return mean, mean
    tail = 0.0 if min(values) < 0 < max(values) else tail
    skewness = tail * fmean(((each - mean) / spread) ** 3 for each in values) / sqrt(n)

    def untransformed(point: float) -> float:
        if abs(skewness) < 1e-6:
            return point
        return 3 / skewness * (cbrt(1 + skewness * (point - skewness / 6)) - 1)

    t, error = student(n - 1), spread / sqrt(n)
    return mean - untransformed(t) * error, mean - untransformed(-t) * error


def student(freedom: float) -> float:
    """Return the 97.5 % point of Student's t with ``freedom`` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def bias_corrected(draws: Any, observed: float) -> tuple[float, float]:
    """Return the 95 % interval of a bootstrap's ``draws``, corrected for bias (Efron 1987)."""
    import numpy as np

    normal, resamples = NormalDist(), len(draws)
    below = (draws < observed).mean() + (draws == observed).mean() / 2
    bias = normal.inv_cdf(min(max(float(below), 1 / resamples), 1 - 1 / resamples))
    low, high = np.quantile(draws, [normal.cdf(2 * bias + z) for z in (-Z95, Z95)])
    return float(low), float(high)
