"""Near-duplicates: rows that share four in five of their runs of three words.

Candidates are found by min-hashing in one pass (one permutation, in bins) and then compared word run by word run, so
nothing is taken for a near-duplicate that is none; of the real ones, a few in a hundred are missed.
"""

from array import array
from collections.abc import Sequence
from zlib import crc32

ROWS = 5_000
"""So many rows are compared with each other; memory and time are bounded by it."""
ALIKE = 0.8
_RUN, _MOST_RUNS = 3, 256
_BANDS, _DEPTH = 8, 3
_BINS = _BANDS * _DEPTH
_EMPTY = 1 << 32


class NearDuplicates:
    """Which of the first ``ROWS`` different rows are nearly an earlier one."""

    def __init__(self) -> None:
        self.rows = 0
        self.near = 0
        self._first: dict[tuple[int, ...], int] = {}
        self._runs: list[array[int]] = []

    def add(self, words: Sequence[str]) -> None:
        """Compare a row, given by its words, with those before it."""
        if self.rows >= ROWS:
            return
        runs = array("I", sorted(_runs(words)))
        keys = _keys(runs)
        earlier = {self._first[key] for key in keys if key in self._first}
        self.rows += 1
        if any(_alike(runs, self._runs[at]) for at in earlier):
            self.near += 1
            return
        self._runs.append(runs)
        for key in keys:
            self._first.setdefault(key, len(self._runs) - 1)

    def share(self) -> float:
        """Return the share of the rows compared that are nearly an earlier one."""
        return self.near / self.rows if self.rows else 0.0


def _runs(words: Sequence[str]) -> set[int]:
    """Return hashes of the runs of words; of fewer words than a run has, the one run there is."""
    count = min(max(len(words) - _RUN + 1, 1), _MOST_RUNS)
    return {crc32(" ".join(words[at : at + _RUN]).encode("utf8", "replace")) for at in range(count)}


def _keys(runs: Sequence[int]) -> list[tuple[int, ...]]:
    """Return what near-duplicates are likely to share: bands of least hashes; an empty bin takes its neighbour's."""
    least = [_EMPTY] * _BINS
    for run in runs:
        at, rest = run % _BINS, run // _BINS
        if rest < least[at]:
            least[at] = rest
    for at in range(2 * _BINS - 1, -1, -1):
        if least[at % _BINS] == _EMPTY:
            least[at % _BINS] = least[(at + 1) % _BINS]
    return [(band, *least[band * _DEPTH : (band + 1) * _DEPTH]) for band in range(_BANDS)]


def _alike(one: Sequence[int], other: Sequence[int]) -> bool:
    shared = len(set(one) & set(other))
    return shared >= ALIKE * (len(one) + len(other) - shared)
