"""Rows that say the same thing twice.

Near duplicates are found in time linear in the rows: MinHash over word shingles (Broder, 1997), with banding
(Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3), so that a row is compared with a few others.
"""

import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from ftdojo.records import Message
from ftdojo.submissions.normal_form import normalise

ALIKE = 0.8
"""Rows are near duplicates from this estimated Jaccard similarity of their shingles on."""
SHINGLE_WORDS = 3
MAX_WORDS = 5_000
"""Words of a row that are looked at; bounds the memory a single row can ask for."""
_HASHES, _BAND = 64, 4
_MIX = np.uint64(0x9E3779B97F4A7C15)
Array = np.ndarray[Any, np.dtype[Any]]


def duplicates(rows: Iterable[Sequence[Message]]) -> tuple[int, int]:
    """Count the rows, each given by its turns, that repeat an earlier one.

    Returns:
        Rows equal to an earlier one, turn by turn; and rows that are not, but whose questions and answers are alike
        (Jaccard similarity of word shingles at least about ``ALIKE``). System turns count in the first only.
    """
    exact, seen, signatures = 0, set[int](), list[Array]()
    for row in rows:
        key = hash(tuple((turn["role"], turn["content"]) for turn in row))
        if key in seen:
            exact += 1
            continue
        seen.add(key)
        signatures.append(_signature(_words(row)))
    return exact, _near(np.array(signatures)) if signatures else 0


def _words(row: Sequence[Message]) -> list[str]:
    spoken = (turn["content"] for turn in row if turn["role"] != "system")
    return normalise("\n".join(spoken)).split()[:MAX_WORDS]


def _signature(words: list[str]) -> Array:
    """Return the least value of each of ``_HASHES`` hash functions over the shingles of ``words``."""
    codes = np.array([zlib.crc32(word.encode()) for word in words], dtype=np.uint64)
    size = min(SHINGLE_WORDS, len(codes))
    shingles = np.zeros(len(codes) - size + 1, dtype=np.uint64)
    for shift in range(size):
        shingles = shingles * _MIX + codes[shift : shift + len(shingles)]
    factors, terms = _functions()
    least = (shingles * factors + terms).min(axis=1) >> np.uint64(32)
    return np.asarray(least, dtype=np.uint32)


@cache
def _functions() -> tuple[Array, Array]:
    """Return the odd factors and the terms of the hash functions, the same in every process."""
    drawn = np.random.default_rng(0).integers(0, 2**64, (2, _HASHES, 1), dtype=np.uint64)
    return drawn[0] | np.uint64(1), drawn[1]


def _near(signatures: Array) -> int:
    """Count the rows that are alike to the first row with which they share a band."""
    near = np.zeros(len(signatures), dtype=bool)
    for start in range(0, _HASHES, _BAND):
        band = np.ascontiguousarray(signatures[:, start : start + _BAND])
        keys = band.view(np.dtype((np.void, band.itemsize * _BAND))).ravel()
        _, first, group = np.unique(keys, return_index=True, return_inverse=True)
        rival = first[group]
        share = (signatures == signatures[rival]).mean(axis=1)
        near |= (share >= ALIKE) & (rival < np.arange(len(rival)))
    return int(near.sum())
