"""Taking turns, and what comes out of it: readings side by side and their ratios, pair by pair.

A machine that is shared or warms up drifts, so a rate by itself says little; a ratio of two readings taken one after
the other says more. Every round lets each contestant run once, always in the same order.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

OURS = "ftdojo"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much to measure.

    A contest has ``rounds`` rounds at most; after ``least_rounds``, another one starts only if it should still end
    within ``within_s``; a pass of the base, which a cache saves in practice, has ``base_rounds``. ``rows`` are trained
    on in a reading, ``adapter_rows`` for the adapter that is validated, ``data_rows`` profiled and scored. ``run`` is a
    run folder to read, ``budget`` that of a run made for want of one. ``experiments`` is how many a long run has.
    """

    model: str
    least_rounds: int
    rounds: int
    base_rounds: int
    within_s: float
    batches: tuple[int, ...]
    rows: int
    adapter_rows: int
    items: int
    budget: str
    data_rows: int = 100_000
    experiments: int = 1_000
    max_experiments: int | None = None
    run: Path | None = None


FULL = Scale(
    model="smollm2-135m",
    least_rounds=2,
    rounds=4,
    base_rounds=1,
    within_s=65.0,
    batches=(8, 16),
    rows=32,
    adapter_rows=96,
    items=100,
    budget="6m",
)
QUICK = Scale(
    model="tiny",
    least_rounds=1,
    rounds=1,
    base_rounds=1,
    within_s=0.0,
    batches=(8,),
    rows=16,
    adapter_rows=16,
    items=12,
    budget="1m",
    data_rows=500,
    experiments=30,
    max_experiments=1,
)


@dataclass(frozen=True, kw_only=True)
class Contest:
    """One quantity, read on every contestant in turn.

    ``n`` says in words what one reading covers. ``readings`` has ours under ``OURS``; the n-th readings of all belong
    to the same round. ``aims`` says by contestant what was hoped for; ``notes`` what a reader has to know.
    """

    name: str
    unit: str
    higher_is_better: bool
    n: str
    readings: Mapping[str, Sequence[float]]
    aims: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def ratios(self, rival: str) -> list[float]:
        """Return how many times better ours was than ``rival``, round by round."""
        pairs = zip(self.readings[OURS], self.readings[rival], strict=True)
        return [ours / theirs if self.higher_is_better else theirs / ours for ours, theirs in pairs]


def take_turns(
    contestants: Mapping[str, Callable[[], float]], scale: Scale
) -> dict[str, list[float]]:
    """Let every contestant run once a round and return their readings."""
    readings: dict[str, list[float]] = {name: [] for name in contestants}
    began = time.monotonic()
    for done in range(scale.rounds):
        spent = time.monotonic() - began
        if done >= scale.least_rounds and spent * (done + 1) / done > scale.within_s:
            break
        for name, run in contestants.items():
            readings[name].append(run())
            say(f"round {done + 1}: {name} {readings[name][-1]:.4g}")
    return readings


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the lowest, the median and the highest value."""
    return min(values), median(values), max(values)


def say(text: str) -> None:
    """Report progress, on stderr."""
    print(f"benchmarks: {text}", file=sys.stderr, flush=True)
