"""Near-duplicates: texts that share four in five of their runs of five words.

Texts are compared as ``words_of`` reads them, with their marks, or two formulas might be one. Two are near-duplicates if their runs of five words have a Jaccard index of
at least 0.8 (Broder 1997); texts with fewer words only if they are equal. ``Index`` is exact: two texts that are that alike
must share one of the rarest fifth of their runs (prefix filtering; Bayardo, Ma and Srikant 2007), so only those are looked
up. ``Signatures`` estimates the same in a few hundred bytes a text, for any number of them: MinHash with banding (Leskovec,
Rajaraman and Ullman, Mining of Massive Datasets, chapter 3). Give what distinguishes texts and nothing else: a long
instruction that all share makes them alike.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ftdojo.records import Message
from ftdojo.texts.words import words_of

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

RUN = 5
PARTS, OF = 4, 5
"""A Jaccard index of this many parts of as many is alike: 0.8, in whole numbers so that no rounding decides."""
MOST_WORDS = 5_000
"""Words of a text that a signature is of; bounds the memory a single text can ask for."""
_HASHES, _BAND = 64, 4
_MIX = 0x9E3779B97F4A7C15
Shingles = frozenset[int]


def near(
    texts: Iterable[str], held_out: Collection[str], *, common: Shingles = frozenset()
) -> set[int]:
    """Return the places in ``texts`` of those that are equal to or near-duplicates of one in ``held_out``.

    ``texts`` is read once and not kept; time grows with its length. Two texts must also be alike without
    the runs in ``common``, which tell nothing apart.

    Example:
        >>> near(["What is 2 + 3?", "what is 2+3", "What is 2 - 3?"], ["What is 2 + 3"])
        {0, 1}
    """
    index = Index(shingles(text) for text in held_out)
    return {at for at, text in enumerate(texts) if index.holds(shingles(text), common)}


def common_runs(texts: Iterable[str], *, shared_by: int) -> Shingles:
    """Return the runs of words that at least ``shared_by`` of ``texts`` have: the way they all speak."""
    often = Counter(run for text in texts for run in shingles(text))
    return frozenset(run for run, times in often.items() if times >= shared_by)


def clusters(texts: Sequence[str], keys: Sequence[object] = ()) -> list[list[int]]:
    """Return the places of ``texts`` grouped by near-duplicates and equal ``keys``, groups and places in rising order."""
    sets = [shingles(text) for text in texts]
    joined = _Joined(len(sets))
    for first, *others in (*_places(keys), *_places(sets)):
        for other in others:
            joined.join(first, other)
    distinct = [first for first, *_ in _places(sets)]
    index = Index(sets[at] for at in distinct)
    for number, at in enumerate(distinct):
        for other in index.candidates(sets[at]):
            near_by = distinct[other]
            if other < number and not joined.are(at, near_by) and alike(sets[at], sets[near_by]):
                joined.join(at, near_by)
    return joined.groups()


def shingles(text: str) -> Shingles:
    """Return the runs of five words of ``text``, hashed; the whole of a shorter text is its only run."""
    words = words_of(text, marks=True)
    if len(words) <= RUN:
        return frozenset({hash(words)})
    return frozenset(map(hash, zip(*(words[at:] for at in range(RUN)), strict=False)))


class Index:
    """Finds the near-duplicates of one text among many."""

    def __init__(self, texts: Iterable[Shingles]) -> None:
        self.texts = list(texts)
        self._often = Counter(run for text in self.texts for run in text)
        self._with: defaultdict[int, list[int]] = defaultdict(list)
        for number, text in enumerate(self.texts):
            for run in self._rarest(text):
                self._with[run].append(number)

    def holds(self, text: Shingles, common: Shingles = frozenset()) -> bool:
        """Return whether any text is a near-duplicate of ``text``, also without what is ``common``."""
        seen: set[int] = set()
        for number in self.candidates(text):
            other = self.texts[number]
            if number not in seen and alike(text, other) and alike(text - common, other - common):
                return True
            seen.add(number)
        return False

    def candidates(self, text: Shingles) -> Iterable[int]:
        """Yield the numbers of texts that may be near-duplicates of ``text``, some of them more than once."""
        for run in self._rarest(text):
            yield from self._with.get(run, ())

    def _rarest(self, text: Shingles) -> list[int]:
        """Return the runs of which two texts that are alike have at least one in common."""
        by_rarity = sorted(text, key=lambda run: (self._often.get(run, 0), run))
        return by_rarity[: len(text) * (OF - PARTS) // OF + 1]


def alike(one: Shingles, other: Shingles) -> bool:
    """Return whether two texts are near-duplicates."""
    few, many = sorted((len(one), len(other)))
    if OF * few < PARTS * many:
        return False
    shared = len(one & other)
    return OF * shared >= PARTS * (len(one) + len(other) - shared)


def _places(values: Sequence[object]) -> list[list[int]]:
    places: defaultdict[object, list[int]] = defaultdict(list)
    for at, value in enumerate(values):
        places[value].append(at)
    return list(places.values())


class _Joined:
    """Disjoint sets of numbers, joined two at a time (union-find); the smallest number stands for its set."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def top(self, number: int) -> int:
        above = self._above
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    def are(self, one: int, other: int) -> bool:
        return self.top(one) == self.top(other)

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.top(one), self.top(other)))
        self._above[high] = low

    def groups(self) -> list[list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for number in range(len(self._above)):
            found[self.top(number)].append(number)
        return list(found.values())


def duplicates(rows: Iterable[Sequence[Message]]) -> tuple[int, int]:
    """Count the rows, each given by its turns, that repeat an earlier one.

    Returns:
        Rows equal to an earlier one, turn by turn; and rows that are not, but whose questions and answers are
        near-duplicates, as ``Signatures`` estimates. System turns count in the first only.
    """
    exact, seen, different = 0, set[int](), Signatures()
    for row in rows:
        key = hash(tuple((turn["role"], turn["content"]) for turn in row))
        exact += key in seen
        if key not in seen:
            different.add("\n".join(turn["content"] for turn in row if turn["role"] != "system"))
        seen.add(key)
    return exact, different.near()


class Signatures:
    """Texts of which only enough is kept to estimate how many nearly repeat an earlier one."""

    def __init__(self) -> None:
        self._kept: list[Array] = []

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, text: str) -> None:
        """Keep the least value of each of ``_HASHES`` hash functions over the runs of words of ``text``."""
        import numpy as np

        words = words_of(text, marks=True)[:MOST_WORDS]
        codes = np.array(
            [zlib.crc32(word.encode("utf8", "surrogatepass")) for word in words], dtype=np.uint64
        )
        size = min(RUN, len(codes))
        runs = np.zeros(len(codes) - size + 1, dtype=np.uint64)
        for shift in range(size):
            runs = runs * np.uint64(_MIX) + codes[shift : shift + len(runs)]
        factors, terms = _functions()
        least = (runs * factors + terms).min(axis=1) >> np.uint64(32)
        self._kept.append(np.asarray(least, dtype=np.uint32))

    def near(self) -> int:
        """Return how many texts are alike to the first text with which they share a band."""
        import numpy as np

        if not self._kept:
            return 0
        kept = np.array(self._kept)
        near = np.zeros(len(kept), dtype=bool)
        for start in range(0, _HASHES, _BAND):
            band = np.ascontiguousarray(kept[:, start : start + _BAND])
            keys = band.view(np.dtype((np.void, band.itemsize * _BAND))).ravel()
            _, first, group = np.unique(keys, return_index=True, return_inverse=True)
            rival = first[group]
            share = (kept == kept[rival]).mean(axis=1)
            near |= (share >= PARTS / OF) & (rival < np.arange(len(rival)))
        return int(near.sum())


@cache
def _functions() -> "tuple[Array, Array]":
    """Return the odd factors and the terms of the hash functions, the same in every process."""
    import numpy as np

    drawn = np.random.default_rng(0).integers(0, 2**64, (2, _HASHES, 1), dtype=np.uint64)
    return drawn[0] | np.uint64(1), drawn[1]
