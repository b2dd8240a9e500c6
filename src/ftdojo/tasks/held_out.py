"""Keeping sources clean: whether a text of a raw source gives away a held-out question.

The contamination gate refuses training rows that hold a long run of words of a held-out question, so a source must not
offer any. This filter counts words as the gate does and is a little stricter: no run is too common to tell, and
near-duplicates are found as well.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from ftdojo.tasks.clean import Index, shingles

Words = tuple[str, ...]
SHORTEST = 4
"""A question of fewer words occurs inside other text by chance."""
_HAN = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"\d+|[{_HAN}]|[^\W\d_{_HAN}]+|[-+*/](?=\s*(?:\d|\(|[^\W\d_]\b))|[=<>^%]")
"""Words, digits, characters of scripts without spaces, and operators that are no hyphens."""
_SAME = str.maketrans(
    "\N{MINUS SIGN}\N{EN DASH}\N{MULTIPLICATION SIGN}\N{DOT OPERATOR}\N{DIVISION SIGN}",
    "--**/",
    "'\N{RIGHT SINGLE QUOTATION MARK}",
)


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
        self._short: defaultdict[Words, set[Words]] = defaultdict(set)
        for words in map(_words, asked):
            if len(words) >= self._length:
                self._runs |= _runs(words, self._length)
            elif len(words) >= SHORTEST:
                self._short[words[:2]].add(words)

    def holds(self, *turns: str) -> bool:
        """Return whether a turn is close to a question, or all of them in a row hold much of a long one or a short one."""
        words = _words(" ".join(turns))
        return (
            not self._runs.isdisjoint(_runs(words, self._length))
            or self._holds_short(words)
            or any(self._near.holds(shingles(turn)) for turn in turns)
        )

    def _holds_short(self, words: Words) -> bool:
        return any(
            words[at : at + len(short)] == short
            for at in range(len(words) - SHORTEST + 1)
            for short in self._short.get(words[at : at + 2], ())
        )


def _words(text: str) -> Words:
    plain = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    return tuple(_WORD.findall(plain.casefold()))


def _runs(words: Words, length: int) -> set[int]:
    return {hash(words[at : at + length]) for at in range(len(words) - length + 1)}
