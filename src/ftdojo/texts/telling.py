"""Questions known by their words, whatever the order: which words identify one, and how likely they meet by chance.

A word identifies questions if few of them have it, and if it does not come with its neighbour anyway. A text holds a question
if it holds eight in ten of the words that identify it, so many and so rare that a text of its length does by chance only once
in 2 ** 40; or half of the pairs of neighbours that do, once in 2 ** 70. Where every word of the question is there, once in
2 ** 24, or 2 ** 32, is enough. How rare a word is comes from the questions themselves, with ``PRIOR`` words of other text
assumed beside them. Pairs outlast another order of rows or sentences, and words between them that no question has. A
formula, a molecule, a path or the like is a word of its own, and of scripts without spaces a pair of characters is. Only
questions of whose rarest words some stand in the text are looked at.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, pairwise
from math import inf, log2
from operator import and_, not_
from typing import NamedTuple

from ftdojo.texts.words import Words

OF = 10
PRIOR = 1_000
BOUND = 4
"""A word that stands beside the same one all but once in so many times comes with it."""
FEW = 3
"""What fewer questions have identifies them however few there are."""
SIZES = (250, 2_000, 16_000)
"""Longer texts are also looked at in parts of so many words, as a question hides in a long text."""
LOOKED_UP = 4
"""A question is looked at if a text has so many of its rarest words, or one of them if so few are wanted."""
LONGEST_CODE = 30
_CODE = re.compile(r"[^\s\"'`<>,;:{}\\]{10,}")
_CODE_SIGNS = frozenset("()[]=#@")

Feature = str | tuple[str, str]
Bag = frozenset[Feature]


class Telling:
    """Finds questions by the words, and by the pairs of words, that identify them.

    Args:
        asked: the words of each question and its text.
        beside: those of further questions that are asked the same way.
        frame: what stands around all of them.
    """

    def __init__(
        self, asked: Mapping[Words, str], beside: Mapping[Words, str], *, frame: str
    ) -> None:
        around, texts = codes_in(frame), {**beside, **asked}
        bags = {words: bag_of(words) | codes_in(texts[words]) - around for words in texts}
        pairs = {words: pairs_of(words) for words in texts}
        bound = Counter[Feature]()
        for pair, times in _often(pairs.values()).items():
            for word in pair if times >= FEW else ():
                bound[word] = max(bound[word], times)
        self.known = frozenset(chain.from_iterable(asked))
        whole = {words: bags[words] for words in asked}
        self._words = _Index(bags, whole, WORDS, bound=bound)
        self._pairs = _Index(pairs, whole, PAIRS, bound={})

    def holds(self, bags: Iterable[Bag], pairs: Iterable[Bag], everything: Bag) -> bool:
        """Return whether parts of a text hold a question: their words, and their pairs of known words.

        ``everything`` are the words of all parts.
        """
        return any(self._words.holds(bag, bag) for bag in bags) or any(
            self._pairs.holds(each, everything) for each in pairs
        )


class _Measure(NamedTuple):
    """What one that more than one in ``common`` questions has does not identify; how many in ``OF``, and bits, are enough.

    ``bits_of_all`` are, where every word of the question is there.
    """

    common: int
    parts: int
    bits: float
    bits_of_all: float


WORDS, PAIRS = _Measure(4, 8, 40.0, 24.0), _Measure(50, 5, 70.0, 32.0)


class _Known(NamedTuple):
    """A question: what identifies it, and all its words."""

    telling: Bag
    whole: Bag


class _Index:
    """The questions by what identifies them; ``bound`` is how often each word stands beside its most frequent neighbour."""

    def __init__(
        self,
        bags: Mapping[Words, Bag],
        whole: Mapping[Words, Bag],
        measure: _Measure,
        *,
        bound: Mapping[Feature, int],
    ) -> None:
        self._measure = measure
        often = _often(bags.values())
        few, total = max(FEW - 1, len(bags) // measure.common), often.total() + PRIOR
        self._rare: dict[Feature, tuple[float, float]] = {}
        self._with: defaultdict[Feature, list[int]] = defaultdict(list)
        self._small: defaultdict[Feature, list[int]] = defaultdict(list)
        self._known: list[_Known] = []
        for each, times in often.items():
            if times <= few and BOUND * bound.get(each, 0) <= (BOUND - 1) * times:
                most = log2(len(bags) / times) if times >= FEW else inf
                chance = max(-log2((times + 0.5) / total), _code_bits(each))
                self._rare[each] = chance, most
        for words in whole:
            telling = sorted(bags[words] & self._rare.keys(), key=lambda each: (often[each], each))
            self._add(telling, whole[words])

    def holds(self, found: Bag, everything: Bag) -> bool:
        """Return whether ``found`` holds a question."""
        size = log2(len(found) or 1)
        seen = {at for each in self._small.keys() & found for at in self._small[each]}
        here = self._with.keys() & found
        if len(here) >= LOOKED_UP:
            met = Counter(chain.from_iterable(map(self._with.__getitem__, here)))
            if met and max(met.values()) >= LOOKED_UP:
                seen |= {at for at, times in met.items() if times >= LOOKED_UP}
        for telling, whole in (self._known[at] for at in seen):
            held = telling & found
            if OF * len(held) < self._measure.parts * len(telling):
                continue
            bits = sum(
                max(0.0, min(most, chance - size))
                for chance, most in map(self._rare.__getitem__, held)
            )
            if bits >= self._measure.bits or (
                bits >= self._measure.bits_of_all and whole <= everything
            ):
                return True
        return False

    def _add(self, by_rarity: Sequence[Feature], whole: Bag) -> None:
        wanted = (self._measure.parts * len(by_rarity) + OF - 1) // OF
        number = len(self._known)
        self._known.append(_Known(frozenset(by_rarity), whole))
        least = LOOKED_UP if wanted >= LOOKED_UP else 1
        for each in by_rarity[: len(by_rarity) - wanted + least]:
            (self._with if least > 1 else self._small)[each].append(number)


def _often(bags: Iterable[Bag]) -> Counter[Feature]:
    return Counter(chain.from_iterable(bags))


def _code_bits(each: Feature) -> float:
    is_code = isinstance(each, str) and len(each) >= 10 and not _CODE_SIGNS.isdisjoint(each)
    return 2.0 * min(len(each), LONGEST_CODE) if is_code else 0.0


def bag_of(words: Words) -> Bag:
    """Return the different words; of scripts without spaces, pairs of characters."""
    signs = [word > "\u3040" and len(word) == 1 for word in words]
    if True not in signs:
        return frozenset(words)
    both = map(and_, signs, signs[1:])
    pairs = {one + other for one, other in compress(pairwise(words), both)}
    return frozenset(compress(words, map(not_, signs))) | pairs


def pairs_of(words: Words) -> Bag:
    """Return the different pairs of neighbours."""
    return frozenset(pairwise(words))


def codes_in(text: str) -> frozenset[str]:
    """Return what looks like a formula, a molecule or a path, as small letters.

    Example:
        >>> sorted(codes_in("Look at CC(=O)Oc1ccccc1, please."))
        ['cc(=o)oc1ccccc1']
    """
    if not any(sign in text for sign in _CODE_SIGNS):
        return frozenset()
    found = (each.rstrip(".!?") for each in _CODE.findall(text.replace("\\", "")))
    return frozenset(each.casefold() for each in found if not _CODE_SIGNS.isdisjoint(each))


def parts_of(words: Words) -> Iterator[Words]:
    """Yield ``words``, or overlapping parts of them at several scales if they are many."""
    for size in SIZES:
        if len(words) <= size:
            yield words
            return
        for at in range(0, len(words) - size // 2, size // 2):
            yield words[at : at + size]
