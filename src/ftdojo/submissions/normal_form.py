"""One spelling for texts that say the same: what duplicate and contamination matching compare."""

import re
import unicodedata

_BETWEEN = re.compile(r"(?<=[\w)])\s*([-*/])\s*(?=[\d(])")
_SIGN = re.compile(r"(?<![\w)])-(?=\d)")
_MATHS = {"-": " \u2212 ", "*": " \u00d7 ", "/": " \u00f7 "}


class _Characters(dict[int, str]):
    """Maps a character to itself, to itself between spaces (signs of mathematics) or to a space, when first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        kept = category[0] in "LMN"
        sign = category == "Sm" and char not in "|~"
        self[code] = char if kept else f" {char} " if sign else " "
        return self[code]


_CHARACTERS = _Characters()


def normalise(text: str) -> str:
    """Return the words of ``text`` in one spelling, between single spaces, so that equal content compares equal.

    Unicode NFKC, case folded, punctuation and white space collapsed. Signs of arithmetic stay, as words of their own,
    or ``2+3`` and ``2-3`` would be the same question. Normalising twice changes nothing.

    Example:
        >>> normalise("  What is 2+3?  (Be BRIEF!)")
        'what is 2 + 3 be brief'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    signed = _SIGN.sub(_MATHS["-"], _BETWEEN.sub(lambda match: _MATHS[match[1]], folded))
    return " ".join(signed.translate(_CHARACTERS).split())
