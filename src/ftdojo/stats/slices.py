"""The mean over slices of the mean in each: its interval, from items resampled inside their slices."""

from collections import defaultdict
from collections.abc import Sequence
from math import sqrt
from statistics import fmean
from typing import Any

from ftdojo.stats.estimates import FEW, RESAMPLES, bias_corrected, mean_interval, wilson
from ftdojo.stats.scores import effective, weights


def weighted(values: Sequence[float], groups: Sequence[str]) -> list[float]:
    """Return ``values`` times their weights: the plain mean of these is the mean of slices."""
    return [weight * value for weight, value in zip(weights(groups), values, strict=True)]


def slices_interval(
    values: Sequence[float], groups: Sequence[str], *, within: tuple[float, float] | None
) -> tuple[float, float]:
    """Return a 95 % interval of the mean of slices of ``values``, which lie ``within`` a range (None: unknown).

    A bootstrap stratified by slice, corrected for bias; each slice's draws are spread by ``sqrt(n / (n - 1))``, as a
    resample of few items varies less than they do. A slice of one item has no spread to draw from: then all items are
    resampled together, which is wider. Without any spread, or with very few items, the range alone decides (Wilson's
    interval on the number of items of equal weight that say as much).
    """
    parts, enough = _parts(values, groups), effective(groups)
    unsure = enough < FEW or all(min(part) == max(part) for part in parts)
    if unsure and within:
        return _by_range(parts, enough, within)
    if unsure or min(map(len, parts)) == 1:
        low, high = mean_interval(weighted(values, groups), within=None)
    else:
        low, high = bias_corrected(_draws(parts), fmean(map(fmean, parts)))
    return (max(low, within[0]), min(high, within[1])) if within else (low, high)


def _by_range(
    parts: Sequence[Sequence[float]], n: int, within: tuple[float, float]
) -> tuple[float, float]:
    lowest, highest = within
    if len({value for part in parts for value in part}) == 1:
        return mean_interval([parts[0][0]] * n, within=within)
    share = (fmean(map(fmean, parts)) - lowest) / (highest - lowest)
    low, high = wilson(min(max(share, 0.0), 1.0), n)
    return lowest + (highest - lowest) * low, lowest + (highest - lowest) * high


def _parts(values: Sequence[float], groups: Sequence[str]) -> list[list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for value, group in zip(values, groups, strict=True):
        found[group].append(value)
    return [found[group] for group in sorted(found)]


def _draws(parts: Sequence[Sequence[float]]) -> Any:
    import numpy as np

    rng, draws = np.random.default_rng(0), np.zeros(RESAMPLES)
    for part in parts:
        sample, n = np.asarray(part, dtype=float), len(part)
        blocks = (rng.integers(n, size=(100, n)) for _ in range(RESAMPLES // 100))
        means = np.concatenate([sample[block].mean(axis=1) for block in blocks])
        draws += sample.mean() + (means - sample.mean()) * sqrt(n / (n - 1))
    return draws / len(parts)
