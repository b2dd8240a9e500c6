"""Macro-averaged F1: its value, its interval, and a paired test of two models' answers.

Labels are those that some item has as its right one; an answer that is none of them, or none at all, is a miss of its
item's label. In a resample, labels that no drawn item has are left out of the average.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import ceil
from typing import Any

from ftdojo.stats.estimates import FEW, RESAMPLES, bias_corrected, wilson

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
    """Return a 95 % interval: a bootstrap over items, corrected for bias; Wilson's where that has no spread."""
    labels = _Labels(right, given)
    draws = labels.resampled()
    if len(right) < FEW or draws.min() == draws.max():
        return wilson(labels.observed, len(right))
    low, high = bias_corrected(draws, labels.observed)
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
        return float(self.draws.std(ddof=1))

    def interval(self) -> tuple[float, float]:
        """Return a 95 % interval of the difference; where the answers never differ, of what may differ unseen."""
        n = len(self._differ)
        if not any(self._differ):
            unseen = 1 - 0.05 ** (1 / n)
            return -unseen, unseen
        if n < FEW or self.draws.min() == self.draws.max():
            low, high = wilson((self.difference + 1) / 2, n)
            return 2 * low - 1, 2 * high - 1
        return bias_corrected(self.draws, self.difference)

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

    f1 = 2 * hits / np.maximum(named + support, 1)
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
