"""Splits that keep apart what belongs together, and sources that give away nothing of what is held out.

Texts are compared as words and symbols after NFKC and casefolding, without sentence punctuation; scripts that write
no spaces count a character as a word. Two are near-duplicates if their runs of five words have a Jaccard index of at
least 0.8 (Broder 1997); texts with fewer words only if they are equal. The index is exact, not sampled: two texts that are
that alike must share one of the rarest fifth of their runs (prefix filtering; Bayardo, Ma and Srikant 2007), so only those
are looked up. Give ``text`` what tells records apart and nothing else: a long instruction that all share makes them alike.

The contamination gate refuses training rows that hold a long run of words of a held-out question, so a source must not
offer any. ``HeldOut`` counts words as the gate does and is a little stricter: no run is too common to tell, and
near-duplicates are found as well.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

RUN = 5
PARTS, OF = 4, 5
"""A Jaccard index of this many parts of as many is alike: 0.8, in whole numbers so that no rounding decides."""
Shingles = frozenset[int]
T = TypeVar("T")
_HAN = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+|[^\w\s.,;:!?'\"`。、]")
Tokens = tuple[str, ...]
SHORTEST = 4
"""A question of fewer words occurs inside other text by chance."""
_WORD = re.compile(rf"\d+|[{_HAN}]|[^\W\d_{_HAN}]+|[-+*/](?=\s*(?:\d|\(|[^\W\d_]\b))|[=<>^%]")
"""Words, digits, characters of scripts without spaces, and operators that are no hyphens."""
_SAME = str.maketrans(
    "\N{MINUS SIGN}\N{EN DASH}\N{MULTIPLICATION SIGN}\N{DOT OPERATOR}\N{DIVISION SIGN}",
    "--**/",
    "'\N{RIGHT SINGLE QUOTATION MARK}",
)


def normal(text: str) -> tuple[str, ...]:
    """Return the words and symbols of ``text`` by which texts are compared.

    Example:
        >>> normal("What's 2 +\u00a03?")
        ('what', 's', '2', '+', '3')
    """
    return tuple(_TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()))


def split(
    records: Sequence[T],
    *,
    key: Callable[[T], str],
    text: Callable[[T], str],
    counts: Mapping[str, int],
) -> dict[str, tuple[T, ...]]:
    """Deal ``records`` to held-out splits and ``train``; what comes out does not depend on their order.

    Records that have one key or are near-duplicates, also over a chain of others, form a cluster, and a cluster
    stays together. Clusters are dealt in the order of a hash of their smallest key: the first ``counts`` ones to the
    first split named, and so on. A held-out split gets the record with the smallest key of each of its clusters, the
    others are dropped; ``train`` gets all records of all clusters that are left.

    Args:
        records: what there is, in any order.
        key: a name of the record that stays the same when others come or go.
        text: what tells records apart, without what they all share.
        counts: split -> at most how many records; earlier ones are filled first.

    Example:
        >>> parts = split("abcd", key=str, text=str, counts={"test": 1, "validation": 2})
        >>> sorted(parts), [len(part) for part in parts.values()]
        (['test', 'train', 'validation'], [1, 2, 1])
    """
    ordered = sorted(records, key=lambda each: (key(each), text(each)))
    keys = [key(each) for each in ordered]
    groups = _clusters(keys, [text(each) for each in ordered])
    groups.sort(key=lambda group: _hash(keys[group[0]]))
    dealt: dict[str, tuple[T, ...]] = {}
    at = 0
    for name, count in counts.items():
        dealt[name] = tuple(ordered[group[0]] for group in groups[at : at + count])
        at += count
    dealt["train"] = tuple(ordered[each] for group in groups[at:] for each in group)
    return dealt


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


def clusters(texts: Sequence[str]) -> list[list[int]]:
    """Return the places of ``texts`` grouped by near-duplicates, each group and the groups in rising order."""
    return _clusters([str(at) for at in range(len(texts))], texts)


def shingles(text: str) -> Shingles:
    """Return the runs of five words of ``text``, hashed; the whole of a shorter text is its only run."""
    words = normal(text)
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


def _clusters(keys: Sequence[str], texts: Sequence[str]) -> list[list[int]]:
    sets = [shingles(text) for text in texts]
    joined = _Joined(len(sets))
    for same in (_places(keys), _places(sets)):
        for first, *others in same:
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


def _places(values: Sequence[object]) -> list[list[int]]:
    places: defaultdict[object, list[int]] = defaultdict(list)
    for at, value in enumerate(values):
        places[value].append(at)
    return list(places.values())


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf8", "surrogatepass")).digest()


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


class HeldOut:
    """Finds held-out questions in texts.

    Args:
        questions: the held-out questions, without what the task puts around all of them.
        overlap_words: how many words in a row are a leak, as the task says.

    Example:
        >>> asked = HeldOut(["Where did the old brown fox sleep last night?"], overlap_words=8)
        >>> asked.holds("He knew where did the old brown fox sleep last, mostly."), asked.holds("A brown fox.")
        (True, False)
    """

    def __init__(self, questions: Iterable[str], overlap_words: int) -> None:
        asked = list(questions)
        self._near = Index(shingles(text) for text in asked)
        self._length = max(SHORTEST, overlap_words)
        self._runs: set[int] = set()
        self._short: defaultdict[Tokens, set[Tokens]] = defaultdict(set)
        for words in map(_plain_words, asked):
            if len(words) >= self._length:
                self._runs |= _runs(words, self._length)
            elif len(words) >= SHORTEST:
                self._short[words[:2]].add(words)

    def holds(self, *turns: str) -> bool:
        """Return whether a turn is close to a question, or all of them in a row hold much of a long one or a short one."""
        words = _plain_words(" ".join(turns))
        return (
            not self._runs.isdisjoint(_runs(words, self._length))
            or self._holds_short(words)
            or any(self._near.holds(shingles(turn)) for turn in turns)
        )

    def _holds_short(self, words: Tokens) -> bool:
        return any(
            words[at : at + len(short)] == short
            for at in range(len(words) - SHORTEST + 1)
            for short in self._short.get(words[at : at + 2], ())
        )


def _plain_words(text: str) -> Tokens:
    plain = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    return tuple(_WORD.findall(plain.casefold()))


def _runs(words: Tokens, length: int) -> set[int]:
    return {hash(words[at : at + length]) for at in range(len(words) - length + 1)}
