r"""Text as it is compared everywhere: a sequence of words, numbers and operators.

Case, accents, white space, punctuation, invisible characters, zeros that change no number, and the width, style or
look-alike of a character do not count, nor do escapes (``\n`` written out, ``\u00e9``, ``&amp;``). Numbers and the
operators between them do, for a sum is made of nothing else. Scripts that write no spaces count a character as a word.
"""

import html
import re
import unicodedata

Words = tuple[str, ...]

SIGNS = frozenset("+-*/^%")
"""Operators that make what stands beside a sum a part of it."""
NO_SPACES = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Kana and Han, of which one character is a word."""

_INVISIBLE = (0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F))
_SAME = str.maketrans(
    "\u2212\u2013\u00d7\u22c5\u00f7\u2019\u2018\u02bc", "--**/'''"
) | dict.fromkeys((*_INVISIBLE, *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)))
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁһӏɡɑıαβεηικμνορτυχςσ" + "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "abekmhopctyxijsdhlgaiabenikuvoptuxss" + "abcdefghijklmnoprstuvwyz",
) | {zero + digit: str(digit) for zero in (0x660, 0x6F0, 0x966) for digit in range(10)}
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[nrt])?")
_JOINT = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])|(?<=\d),(?=\d{3}(?!\d))")  # what's; 12,500
_ZEROS = re.compile(r"(?<![\d.,])0+(?=\d)|(?<=\d)\.0+(?!\.?\d)|(?<=\.\d)0+(?!\d)")  # 007; 7.0; 7.50
_BULLET = re.compile(r"^[ \t]*[-+*][ \t]+", re.MULTILINE)
_WORD = re.compile(
    rf"""
      \d+(?:\.\d+)?
    | [{NO_SPACES}]
    | [^\W\d_{NO_SPACES}]+
    | (?<!\*)[-+*/](?=\s*(?:\d|\(|[^\W\d_]\b)) | (?<=\d[ ])-(?=[ ]) | (?<=\S[ ])[+*/](?=[ ])  # operators, not hyphens
    | [=<>^%]
    | \?(?=\s*[-+*/])                              # ends a question that an answer below 0 follows
    """,
    re.VERBOSE,
)
_FIGURE = re.compile(r"\d+(?:\.\d+)?|(?<![^\W\d])[-+*/](?![^\W\d])|[=<>^%]")
_TOKEN = re.compile(
    rf"\d+\.\d+(?!\w) | [{NO_SPACES}] | [^\W{NO_SPACES}]+ | [^\w\s.,;:!?'\"`\u3002\u3001]",
    re.VERBOSE,
)


def words_of(text: str, *, marks: bool = False) -> Words:
    """Return the words, numbers and operators of ``text``, normalised.

    With ``marks``, every mark but a sentence's is kept too, and what is written together stays one word.

    Example:
        >>> words_of("What's 1,200 \u2212 7?"), words_of("caf\u00e9 007.50")
        (('whats', '1200', '-', '7'), ('cafe', '7.5'))
    """
    pattern = _TOKEN if marks else _WORD
    return tuple(pattern.findall(_joined(plain(text))))


def figures_of(text: str) -> Words:
    """Return only the numbers and operators of ``text``; a sign between blanks is an operator, whatever stands beside it.

    Example:
        >>> figures_of("first 17, well, - um, the well-known 5")
        ('17', '-', '5')
    """
    return tuple(_FIGURE.findall(_joined(plain(text))))


def plain(text: str) -> str:
    """Return ``text`` in one spelling: small letters without accents, look-alikes or escapes; marks and spaces stay."""
    if "\\" in text:
        text = _unescaped(text)
    if "&" in text:
        text = html.unescape(text)
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded))
    return unicodedata.normalize("NFC", bare).translate(_LOOKALIKES)


def _joined(text: str) -> str:
    """Take out what is inside a word or a number and does not count."""
    if "," in text or "'" in text:
        text = _JOINT.sub("", text)
    return _ZEROS.sub("", text) if "0" in text else text


def _unescaped(text: str) -> str:
    """Put a space for a break that is written out and for any other backslash, and the character for its code."""

    def meant(found: re.Match[str]) -> str:
        return chr(int(found[1] or found[2], 16)) if found[1] or found[2] else " "

    text = _ESCAPE.sub(meant, text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
