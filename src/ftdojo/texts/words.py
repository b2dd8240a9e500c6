"""Text as the contamination gate compares it: a sequence of words, numbers and operators.

Case, white space, punctuation, invisible characters and the width or style of characters do not count; numbers and
the operators between them do, for a sum is made of nothing else. Scripts that write no spaces count a character as a
word.
"""

import re
import unicodedata

Words = tuple[str, ...]

SIGNS = frozenset("+-*/^%")
"""Operators that make what stands beside a sum a part of it."""

_SAME = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u00d7": "*", "\u22c5": "*", "\u00f7": "/", "\u2019": "'"}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
)
_BULLET = re.compile(r"^[ \t]*[-+*][ \t]+", re.MULTILINE)
_WORD = re.compile(
    r"""
      \d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?            # 12,500.75
    | \d+(?:\.\d+)?
    | [\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]     # kana and Han: one character a word
    | [^\W\d_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+(?:'[^\W\d_]+)*
    | [-+*/](?=\s*(?:\d|\(|[^\W\d_]\b))             # an operator, not a hyphen
    | [=<>^%]
    | \?(?=\s*[-+*/])                              # ends a question that an answer below 0 follows
    """,
    re.VERBOSE,
)


def words_of(text: str) -> Words:
    """Return the words, numbers and operators of ``text``, normalised.

    Example:
        >>> words_of("What's 1,200 \u2212 7?")
        ('whats', '1200', '-', '7')
    """
    plain = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME).casefold()
    return tuple(re.sub("[',]", "", word) for word in _WORD.findall(plain))


def ways_to_read(text: str) -> tuple[str, ...]:
    """Return ``text``, and without its list bullets if it has any: a leading ``-`` may be a bullet or a minus."""
    return (text, _BULLET.sub("", text)) if _BULLET.search(text) else (text,)


def is_number(word: str) -> bool:
    """Return whether a word is a number."""
    return word[0].isdigit()


def sum_in(words: Words) -> Words:
    """Return the longest run of numbers joined by operators, from number to number; empty if there is none.

    Example:
        >>> sum_in(("what", "is", "17", "+", "5", "-", "23"))
        ('17', '+', '5', '-', '23')
    """
    best: Words = ()
    run: list[str] = []
    for word in (*words, "end"):
        fits = is_number(word) if len(run) % 2 == 0 else word in SIGNS
        if fits:
            run.append(word)
            continue
        whole = run if len(run) % 2 else run[:-1]
        best = max(best, tuple(whole), key=len)
        run = [word] if is_number(word) else []
    return best
