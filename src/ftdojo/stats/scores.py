"""Scores of items and of slices, F1 over labels, and what they make up in all.

Labels are those that some item has as its right one; an answer that is none of them, or none at all, is a miss of its
item's label. In a resample, labels that no drawn item has are left out of the average.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, sqrt
from statistics import fmean
from typing import Any, TypeVar

from ftdojo.records import Aggregate, Estimate
from ftdojo.stats.estimates import (
    FEW,
    RESAMPLES,
    UNIT,
    bias_corrected,
    estimate,
    in_unit,
    mean_interval,
    student,
    wilson,
)

MEAN = Aggregate()


@dataclass(frozen=True, kw_only=True)
class Scores(Mapping[str, float]):
    """Score by item id, and what an aggregate other than the plain mean needs beside it.

    ``groups`` is the slice value of each item (``mean-of-slices``) or its right label (``macro-f1``); ``given`` is the
    label that a model gave it, empty where none could be read.
    """

    by_item: Mapping[str, float]
    how: Aggregate = MEAN
    groups: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, item: str) -> float:
        return self.by_item[item]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_item)

    def __len__(self) -> int:
        return len(self.by_item)


def groups(scores: Mapping[str, float], items: Iterable[str] | None = None) -> list[str]:
    """Return the group of each of ``items``, all of them if none are given; plain mappings and means have one."""
    among = scores.groups if isinstance(scores, Scores) and scores.how.kind != "mean" else {}
    return [among.get(item, "") for item in (scores if items is None else items)]


def equal_weights(groups: Sequence[str]) -> bool:
    """Return whether all groups have one size, so that the mean of groups is the plain mean."""
    return len(set(Counter(groups).values())) <= 1


def weights(groups: Sequence[str]) -> list[float]:
    """Return a weight per item, 1 on average, under which the mean is the mean over groups of their means.

    Example:
        >>> weights(["a", "a", "a", "b"])
        [0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 2.0]
    """
    sizes = Counter(groups)
    return [len(groups) / (len(sizes) * sizes[group]) for group in groups]


def effective(groups: Sequence[str]) -> int:
    """Return the effective sample size: how many items of equal weight carry as much information, at least 1 (Kish 1965).

    Example:
        >>> effective(["a"] * 90 + ["b"] * 10)
        36
    """
    found = weights(groups)
    return max(1, int(sum(found) ** 2 / sum(weight**2 for weight in found))) if found else 1


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
    interval on the effective number of items of equal weight).
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


EXACT_UP_TO = 14
"""Swaps of this many pairs of answers (2 ** 14) are counted one by one."""
_BLOCK = 200


def macro_f1(right: Sequence[str], given: Sequence[str]) -> float:
    """Return the unweighted mean F1 of the labels in ``right``.

    Raises:
        ValueError: there are no items.

    Example:
        >>> macro_f1(["a", "a", "b", "c"], ["a", "b", "b", ""])
        0.4444444444444444
    """
    if not right:
        raise ValueError("No items to average F1 over; score at least one.")
    return float(_Labels(right, given).observed)


def f1_interval(right: Sequence[str], given: Sequence[str]) -> tuple[float, float]:
    """Return a 95 % interval: Wilson's, on as many items as right or wrong scores would vary as much by.

    As for surveys (Korn and Graubard 1998), by Student's t: of n items, those that tell of the spread are what their labels
    leave over. A bootstrap alone is too narrow where a label is seen, hit or missed a few times only.
    """
    labels = _Labels(right, given)
    n, error = len(right), labels.error()
    share = min(max(labels.observed, 0.5 / n), 1 - 0.5 / n)
    alike = min(max(share * (1 - share) / error**2, 1.0), n)
    low, high = wilson(labels.observed, alike, student(labels.freedom))
    return max(low, 0.0), min(high, 1.0)


class F1Pair:
    """Two models' answers to the same items."""

    def __init__(self, right: Sequence[str], one: Sequence[str], other: Sequence[str]) -> None:
        self._one, self._other = _Labels(right, one), _Labels(right, other)
        self._differ = [a != b for a, b in zip(one, other, strict=True)]

    @property
    def difference(self) -> float:
        """The macro-F1 of the one minus that of the other."""
        return float(self._one.observed - self._other.observed)

    @cached_property
    def draws(self) -> Any:
        """The difference in resamples of the items."""
        return self._one.resampled() - self._other.resampled()

    @property
    def error(self) -> float:
        """The standard error of the difference."""
        return self._one.error(self._other)

    def interval(self) -> tuple[float, float]:
        """Return a 95 % interval of the difference; where the answers never differ, of what may differ unseen."""
        n = len(self._differ)
        if not any(self._differ):
            unseen = 1 - 0.05 ** (1 / n)
            return -unseen, unseen
        if n < FEW or self.draws.min() == self.draws.max():
            low, high = wilson((self.difference + 1) / 2, n)
            return 2 * low - 1, 2 * high - 1
        half = student(self._one.freedom) * self.error
        return max(self.difference - half, -1.0), min(self.difference + half, 1.0)

    def p_value(self, alpha: float) -> float:
        """Return the two-sided p-value of the test that swaps the two answers to each item.

        Counted fully for up to 14 items with different answers, else drawn, always the same draws, often enough for
        the level ``alpha``; the observed answers count as one draw (Phipson and Smyth 2010).
        """
        import numpy as np

        places = np.flatnonzero(self._differ)
        if not len(places):
            return 1.0
        exact = len(places) <= EXACT_UP_TO
        found = np.concatenate(
            [self._swapped(places, swaps) for swaps in _swaps(len(places), alpha, exact=exact)]
        )
        extreme = int((np.abs(found) >= abs(self.difference) - 1e-9).sum())
        return extreme / len(found) if exact else (extreme + 1) / (len(found) + 1)

    def _swapped(self, places: Any, swaps: Any) -> Any:
        """Return the difference after each swap of the answers at ``places``."""
        one, other = self._one, self._other
        hits = swaps @ (other.hit - one.hit)[places]
        named = swaps @ (other.named - one.named)[places]
        support = one.label.sum(axis=0)
        ours = _mean_f1(one.hit.sum(axis=0) + hits, one.named.sum(axis=0) + named, support)
        theirs = _mean_f1(other.hit.sum(axis=0) - hits, other.named.sum(axis=0) - named, support)
        return ours - theirs


class _Labels:
    """Items by labels: which is right (``label``), which was given (``named``), and both at once (``hit``)."""

    def __init__(self, right: Sequence[str], given: Sequence[str]) -> None:
        import numpy as np

        names = np.array(sorted(set(right)), dtype=object)
        self.label = (np.array(right, dtype=object)[:, None] == names).astype(float)
        self.named = (np.array(given, dtype=object)[:, None] == names).astype(float)
        self.hit = self.label * self.named

    @cached_property
    def observed(self) -> float:
        sums = (each.sum(axis=0)[None, :] for each in (self.hit, self.named, self.label))
        return float(_mean_f1(*sums)[0])

    @property
    def freedom(self) -> int:
        """Count the items beyond one for each label that has several; items alone tell by how labels differ."""
        return len(self.label) - int((self.label.sum(axis=0) > 1).sum())

    def error(self, other: "_Labels | None" = None) -> float:
        """Return the standard error of the macro-F1, or of the difference to that of the ``other`` model's answers."""
        found = []
        for draws in (_Labels.resampled, _Labels.smoothed):
            ours = draws(self)
            found.append(float((ours - draws(other) if other else ours).std()))
        return max(found) * sqrt(len(self.label) / self.freedom)

    def smoothed(self) -> Any:
        """Return the macro-F1 of resamples that know each label, beside its items, to be half a hit and half a miss.

        Half an item each is Jeffreys' prior of a share; without it, a label that is never missed seems never to be.
        """
        import numpy as np

        rng, own = np.random.default_rng(0), np.random.default_rng(int(1 + self.hit.sum()))
        often = rng.exponential(size=(RESAMPLES, len(self.label)))
        hit, missed = own.gamma(0.5, size=(2, RESAMPLES, self.label.shape[1]))
        hits = often @ self.hit + hit
        return _mean_f1(hits, often @ self.named + hit, often @ self.label + hit + missed)

    def resampled(self) -> Any:
        """Return the macro-F1 of resamples of the items, the same ones for every model."""
        import numpy as np

        rng, n = np.random.default_rng(0), len(self.label)
        draws = (rng.multinomial(n, [1 / n] * n, size=_BLOCK) for _ in range(RESAMPLES // _BLOCK))
        return np.concatenate(
            [_mean_f1(often @ self.hit, often @ self.named, often @ self.label) for often in draws]
        )


def _mean_f1(hits: Any, named: Any, support: Any) -> Any:
    """Return the mean F1 over labels with support, a row a draw."""
    import numpy as np

    f1 = 2 * hits / np.where(named + support > 0, named + support, 1)
    there = np.broadcast_to(support > 0, f1.shape)
    return np.where(there, f1, 0.0).sum(axis=-1) / there.sum(axis=-1)


def _swaps(count: int, alpha: float, *, exact: bool) -> Iterator[Any]:
    import numpy as np

    if exact:
        yield (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(float)
        return
    rng, block = np.random.default_rng(0), 1000
    for _ in range(ceil(min(max(10_000, 20 / alpha), 200_000) / block)):
        yield rng.integers(2, size=(block, count)).astype(float)


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


def total(scores: Mapping[str, float]) -> Estimate:
    """Return what the items make up together, with a 95 % interval; a plain mapping makes up its mean.

    Means of slices of one size are plain means, and get their interval from ``estimate``.

    Raises:
        ValueError: there are no scores.

    Example:
        >>> from ftdojo.records import Aggregate
        >>> among = {"i1": "easy", "i2": "easy", "i3": "easy", "i4": "hard"}
        >>> by_item = {"i1": 1.0, "i2": 1.0, "i3": 1.0, "i4": 0.0}
        >>> how = Aggregate(kind="mean-of-slices", over="level")
        >>> total(by_item).score, total(Scores(by_item=by_item, how=how, groups=among)).score
        (0.75, 0.5)
    """
    values, among = list(scores.values()), groups(scores)
    if isinstance(scores, Scores) and scores.how.kind == "macro-f1":
        given = [scores.given.get(item, "") for item in scores]
        low, high = f1_interval(among, given)
        return Estimate(score=macro_f1(among, given), n=len(values), low=low, high=high)
    if equal_weights(among):
        return estimate(values)
    low, high = slices_interval(values, among, within=UNIT if in_unit(values) else None)
    heavy = weighted(values, among)
    return Estimate(score=sum(heavy) / len(heavy), n=len(values), low=low, high=high)
