"""One pass over the rows of a source, with memory that does not grow with them, and what it found."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ftdojo.records import Quantiles
from ftdojo.texts.near import Signatures

LIMIT = 200_000
CHARACTERS_A_TOKEN = 4
COMPARED = 5_000
"""So many different rows are compared with each other; memory and time are bounded by it."""
_EXACT_BELOW = 10_000
_BATCH_ROWS = 256
NONE = "none"
_MOST_CHARS = 2_000
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_SCRIPTS = {
    "Latin": re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]"),
    "Han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "Cyrillic": re.compile(r"[\u0400-\u052f]"),
}
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What counts tokens: ``count`` returns the number of tokens of each text; ``name`` is whose they are."""

    name: str
    count: Callable[[Sequence[str]], Sequence[int]]


def _estimate(texts: Sequence[str]) -> list[int]:
    return [-(-len(text) // CHARACTERS_A_TOKEN) for text in texts]


ESTIMATED = Tokens(name=f"estimate: characters / {CHARACTERS_A_TOKEN}", count=_estimate)


class Profile:
    """Figures of the rows added so far; question and answer are taken together."""

    def __init__(self, prompt_field: str, response_field: str, tokens: Tokens = ESTIMATED) -> None:
        self.rows = 0
        self._prompt, self._response, self._tokens = prompt_field, response_field, tokens
        self._words: Counter[int] = Counter()
        self._characters: Counter[int] = Counter()
        self._token_counts: Counter[int] = Counter()
        self._scripts: Counter[str] = Counter()
        self._missing = 0
        self._total_tokens = 0
        self._exact, self._near = Duplicates(), Signatures()
        self._waiting: list[str] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one row."""
        answer = _text(row.get(self._response))
        text = f"{_text(row.get(self._prompt))} {answer}"
        words = text.casefold().split()
        self.rows += 1
        self._missing += not answer.strip()
        self._words[_rounded(len(words))] += 1
        self._characters[_rounded(len(text))] += 1
        self._scripts[script_of(text)] += 1
        plain = " ".join(words).encode("utf8", "replace")
        digest = int.from_bytes(hashlib.blake2b(plain, digest_size=8).digest(), "little")
        if self._exact.add(digest) and len(self._near) < COMPARED:
            self._near.add(text)
        self._waiting.append(text)
        if len(self._waiting) >= _BATCH_ROWS:
            self._count_tokens()

    def found(self) -> dict[str, Any]:
        """Return the figures, under the names that a card gives them."""
        self._count_tokens()
        share = {name: count / self.rows for name, count in self._scripts.most_common()}
        return {
            "words": quantiles(self._words),
            "characters": quantiles(self._characters),
            "tokens": quantiles(self._token_counts),
            "total_tokens": self._total_tokens,
            "tokens_by": self._tokens.name,
            "duplicate_share": self._exact.share(),
            "near_duplicate_share": self._near.near() / max(len(self._near), 1),
            "missing_answers": self._missing / self.rows if self.rows else 0.0,
            "scripts": share,
            "measured_on": self._measured_on(),
        }

    def _count_tokens(self) -> None:
        for count in self._tokens.count(self._waiting):
            self._token_counts[_rounded(count)] += 1
            self._total_tokens += count
        self._waiting.clear()

    def _measured_on(self) -> str:
        """Return which figures are not of all rows."""
        exact = f"duplicates: 1 different row in {1 << self._exact.level}, chosen by digest"
        near = f"near-duplicates: the first {len(self._near)} different rows"
        parts = [exact] * bool(self._exact.level) + [near] * (self.rows > len(self._near))
        return "; ".join(parts) or "all rows"


def quantiles(counts: Mapping[int, int]) -> Quantiles:
    """Return the distribution of values given as value -> how often; all zeros where there is none.

    A quantile is the smallest value that at least that share of the values do not exceed.

    Example:
        >>> quantiles({1: 9, 5: 1})
        Quantiles(low=1.0, p50=1.0, p95=5.0, high=5.0, mean=1.4)
    """
    values = sorted(counts)
    if not values:
        return Quantiles(low=0.0, p50=0.0, p95=0.0, high=0.0, mean=0.0)
    below = list(accumulate(counts[value] for value in values))
    at = {
        share: float(
            next(value for value, n in zip(values, below, strict=True) if n >= share * below[-1])
        )
        for share in (0.5, 0.95)
    }
    mean = sum(value * counts[value] for value in values) / below[-1]
    low, high = float(values[0]), float(values[-1])
    return Quantiles(low=low, p50=at[0.5], p95=at[0.95], high=high, mean=mean)


def measure(
    rows: Iterable[Mapping[str, Any]], *, fields: tuple[str, str], tokens: Tokens = ESTIMATED
) -> dict[str, Any]:
    """Return the figures of ``rows``; ``fields`` are those of question and answer."""
    profile = Profile(*fields, tokens)
    for row in rows:
        profile.add(row)
    return profile.found()


def _rounded(value: int) -> int:
    """Return ``value`` with four digits, so that there are few different ones however long rows get."""
    if value < _EXACT_BELOW:
        return value
    return round(value, 4 - len(str(value)))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or value in ([], {}) else str(value)


class Duplicates:
    """How many of the rows seen so far repeat an earlier one, by 64-bit digests.

    Exact up to ``limit`` different rows. Beyond it, only digests that end in ``level`` zero bits are counted, with
    their repetitions: a sample of the different rows, chosen by chance but the same one whatever their order. Without
    duplicates the share is exactly 0; else its error is about ``1 / sqrt(limit)``, two in a thousand.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.level = 0
        self._limit, self._mask = limit, 0
        self._seen: dict[int, int] = {}

    def add(self, digest: int) -> bool:
        """Count a row; return whether it is known not to repeat an earlier one."""
        if digest & self._mask:
            return False
        count = self._seen.get(digest, 0)
        self._seen[digest] = count + 1
        if len(self._seen) > self._limit:
            self._thin_out()
        return not count

    def share(self) -> float:
        """Return the share of rows that repeat an earlier one; 0 where there were none."""
        rows = sum(self._seen.values())
        return 1 - len(self._seen) / rows if rows else 0.0

    def _thin_out(self) -> None:
        self.level += 1
        self._mask = (1 << self.level) - 1
        kept = {digest: n for digest, n in self._seen.items() if not digest & self._mask}
        self._seen = kept


def script_of(text: str) -> str:
    """Return the script of most letters at the beginning of ``text``: Latin, Han, Cyrillic, other, or none.

    Example:
        >>> [script_of(text) for text in ("naïve", "价格 OK 了吗", "сорок 40", "שלום", "17 + 5")]
        ['Latin', 'Han', 'Cyrillic', 'other', 'none']
    """
    if text.isascii():
        return "Latin" if _ASCII_LETTER.search(text) else NONE
    text = text[:_MOST_CHARS]
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    counts["other"] = len(_LETTER.findall(text)) - sum(counts.values())
    most = max(counts, key=lambda name: counts[name])
    return most if counts[most] > 0 else NONE
