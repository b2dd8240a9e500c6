"""How often the 95 % intervals hold the truth: ``python -m benchmarks.coverage [--times N] [--only WORD]``, a Markdown table.

Items are drawn from populations whose mean or macro-F1 is known, as few as people have and as skewed as errors are. A
cell is the share of intervals that hold it, in %; its own standard error is 0.7 points at the 1000 draws a cell has if
not told otherwise. Macro-F1 is that of the labels that the drawn items have, as ``stats.scores`` defines it.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import exp, pi, sqrt
from typing import Any

import numpy as np

from ftdojo.records import Estimate
from ftdojo.stats import estimate
from ftdojo.stats.scores import F1Pair, f1_interval

SIZES = (15, 30, 60, 100)
Rng = np.random.Generator
Draw = Callable[[Rng, int], Any]
MEANS: Mapping[str, tuple[Draw, float]] = {
    "right or wrong, 10 % right": (lambda rng, n: (rng.random(n) < 0.1).astype(float), 0.1),
    "right or wrong, 60 % right": (lambda rng, n: (rng.random(n) < 0.6).astype(float), 0.6),
    "scores in [0, 1], most near 1": (lambda rng, n: rng.beta(8, 1, n), 8 / 9),
    "scores in [0, 1], most at the ends": (lambda rng, n: rng.beta(0.5, 0.5, n), 0.5),
    "absolute errors, of a normal": (lambda rng, n: abs(rng.normal(size=n)), sqrt(2 / pi)),
    "absolute errors, exponential": (lambda rng, n: rng.exponential(size=n), 1.0),
    "absolute errors, 7 of 10 are 0": (
        lambda rng, n: rng.exponential(size=n) * (rng.random(n) < 0.3),
        0.3,
    ),
    "absolute errors, lognormal": (lambda rng, n: rng.lognormal(size=n), exp(0.5)),
    "paired differences of exponential errors": (
        lambda rng, n: rng.exponential(size=n) - rng.exponential(2, n),
        -1.0,
    ),
    "paired differences of lognormal errors": (
        lambda rng, n: rng.lognormal(size=n) - rng.lognormal(size=n),
        0.0,
    ),
}
LABELS: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "3 labels, alike": ([1] * 3, [0.8, 0.7, 0.6]),
    "3 labels, 70/20/10 %": ([7, 2, 1], [0.9, 0.6, 0.5]),
    "3 labels, the rare ones seldom hit": ([6, 3, 1], [0.8, 0.2, 0.1]),
    "2 labels, 1 in 10 rare": ([9, 1], [0.95, 0.6]),
    "5 labels, 50 to 5 %": ([10, 4, 3, 2, 1], [0.9, 0.8, 0.7, 0.6, 0.5]),
    "4 labels, 99 % right": ([1] * 4, [0.99] * 4),
    "10 labels, alike": ([1] * 10, [0.7] * 10),
    "20 labels, by Zipf's law": ([1 / at for at in range(1, 21)], [0.8] * 20),
    "77 labels, alike": ([1] * 77, [0.85] * 77),
}
"""How often each label is right, and how often a model then gives it; it gives the others as often as they are right."""


def cells(times: int, word: str) -> Iterator[tuple[str, list[float]]]:
    """Yield each population whose name begins with ``word``, and the share of intervals that hold its truth by size."""
    for name, (draw, truth) in MEANS.items():
        if name.startswith(word):
            yield name, [_mean(draw, truth, n, times) for n in SIZES]
    for name, (often, right) in LABELS.items():
        for what, covered in (("macro-F1", _f1), ("difference of macro-F1", _difference)):
            if (full := f"{what}, {name}").startswith(word):
                yield full, [covered(_Chooser(often, right), n, times) for n in SIZES]


def _mean(draw: Draw, truth: float, n: int, times: int) -> float:
    rng = np.random.default_rng(n)
    return _share(_holds(estimate(draw(rng, n).tolist()), truth) for _ in range(times))


def _f1(model: "_Chooser", n: int, times: int) -> float:
    rng = np.random.default_rng(n)

    def holds() -> bool:
        right, given = model.drawn(rng, n)
        low, high = f1_interval(right, given)
        return low <= model.truth(right) <= high

    return _share(holds() for _ in range(times))


def _difference(model: "_Chooser", n: int, times: int) -> float:
    """Compare the model with one that gives another answer to every other item, by a worse table."""
    rng, other = np.random.default_rng(n), model.worse()

    def holds() -> bool:
        right, given = model.drawn(rng, n)
        again = other.given(rng, right)
        mixed = [b if rng.random() < 0.5 else a for a, b in zip(given, again, strict=True)]
        low, high = F1Pair(right, given, mixed).interval()
        return low <= model.truth(right) - model.mixed(other).truth(right) <= high

    return _share(holds() for _ in range(times))


class _Chooser:
    """Draws right labels, and what a model gives for them."""

    def __init__(self, often: Sequence[float], right: Sequence[float]) -> None:
        self._often = np.array(often) / sum(often)
        others = np.tile(self._often, (len(often), 1))
        np.fill_diagonal(others, 0)
        hit = np.array(right)
        self._table = (1 - hit)[:, None] * others / others.sum(axis=1, keepdims=True) + np.diag(hit)

    def drawn(self, rng: Rng, n: int) -> tuple[list[str], list[str]]:
        right = [str(each) for each in rng.choice(len(self._often), size=n, p=self._often)]
        return right, self.given(rng, right)

    def given(self, rng: Rng, right: Sequence[str]) -> list[str]:
        until = np.cumsum(self._table[np.array(right, dtype=int)], axis=1)
        return [str(each) for each in (rng.random((len(right), 1)) > until[:, :-1]).sum(axis=1)]

    def truth(self, right: Sequence[str]) -> float:
        """Return the mean F1, over all items there are, of the labels in ``right``."""
        joint = self._often[:, None] * self._table
        f1 = 2 * np.diag(joint) / (joint.sum(axis=0) + joint.sum(axis=1))
        return float(np.mean([f1[int(label)] for label in set(right)]))

    def worse(self) -> "_Chooser":
        return _Chooser(self._often, np.diag(self._table) * 0.6)

    def mixed(self, other: "_Chooser") -> "_Chooser":
        return _Chooser(self._often, (np.diag(self._table) + np.diag(other._table)) / 2)


def _holds(found: Estimate, truth: float) -> bool:
    return found.low <= truth <= found.high


def _share(held: Iterator[bool]) -> float:
    return float(np.mean(list(held)))


def main() -> None:
    """Print the table row by row."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="intervals a cell")
    parser.add_argument("--only", default="", help="populations whose name begins so")
    asked = parser.parse_args()
    print(f"| population | {' | '.join(f'n = {n}' for n in SIZES)} |\n|---|{'---|' * len(SIZES)}")
    for name, shares in cells(asked.times, asked.only):
        print(f"| {name} | {' | '.join(f'{100 * each:.1f}' for each in shares)} |", flush=True)


if __name__ == "__main__":
    main()
