"""Text behind simple encodings: what a row says once it is decoded, read backwards or rotated."""

import base64
import binascii
import codecs
import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import unquote_plus

from ftdojo.texts.telling import codes_in
from ftdojo.texts.words import NO_SPACES, Words

DEEP = 3
"""So many encodings, one inside the other, are taken off."""
MOST_CODE = 256
LEAST = 4
"""Shorter words are others backwards, or rotated, too often to tell."""
LONG = 16
"""Texts with a word of so many characters are looked at for base64 and hexadecimal."""
_SPACELESS = re.compile(f"[{NO_SPACES}]")
_BASE64 = re.compile(rf"(?:[A-Za-z0-9+/_-]{{{LONG},}}={{0,2}}\s?)+")
_HEX = re.compile(r"(?:(?:\\x)?[0-9a-fA-F]{2}){12,}")
_SPACED = re.compile(r"(?:\b(?:0x)?[0-9a-fA-F]{2,8}\b[ ,:]{1,2}){11,}(?:0x)?[0-9a-fA-F]{2,8}\b")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")


def decoded(texts: Sequence[str]) -> list[str]:
    """Return what is encoded in ``texts`` as base64, hexadecimal, binary or character codes, or for a URL, in its order."""
    found: list[str] = []
    layer = list(texts)
    for _ in range(DEEP):
        layer = [text for each in layer for text in _layer(each)]
        found += layer
    return found


class Turned:
    """Turns text round where it holds words that make sense the other way only: backwards, or with letters rotated by 13.

    Args:
        known: the words of the questions, and what looks like a formula in them.

    Example:
        >>> Turned({"lemon", "want"}).back("nomel a tnaw", ("nomel", "a", "tnaw"))
        ['want a lemon', 'lemon a want']
    """

    def __init__(self, known: Collection[str]) -> None:
        telling = [word for word in known if len(word) >= LEAST and not word.isdigit()]
        self._backwards = frozenset(map(_backwards, telling)) - frozenset(known)
        self._rotated = frozenset(map(_rotated, telling)) - frozenset(known)
        self._spaceless = any(map(_SPACELESS.match, known))

    def back(self, text: str, words: Words) -> list[str]:
        """Return what ``text`` of these ``words`` says the other way round; nothing if it makes sense as it is.

        In scripts without spaces it is read backwards in any case.
        """
        found, codes = [], codes_in(text)
        if not (self._backwards.isdisjoint(words) and self._backwards.isdisjoint(codes)):
            found += [_backwards(text), " ".join(map(_backwards, text.split()))]
        elif self._spaceless and _SPACELESS.search(text):
            found.append(_backwards(text))
        if not (self._rotated.isdisjoint(words) and self._rotated.isdisjoint(codes)):
            found.append(_rotated(text))
        return found


def _backwards(text: str) -> str:
    return text[::-1]


def _rotated(text: str) -> str:
    return codecs.encode(text, "rot13")


def _layer(text: str) -> Iterator[str]:
    if "%" in text and len(_ESCAPED.findall(text)) > 2:
        yield unquote_plus(text)
    found = [(_spaced, _SPACED.finditer(text))]
    if max(map(len, text.split()), default=0) >= LONG:
        found += [(_hex, _HEX.finditer(text)), (_base64, _BASE64.finditer(text))]
    for read, matches in found:
        yield from (legible for match in matches if (legible := _legible(read(match[0]))))


def _legible(raw: bytes) -> str:
    """Return ``raw`` as text; "" for what is none."""
    try:
        text = raw.decode("utf8")
    except UnicodeDecodeError:
        return ""
    return text if all(char.isprintable() or char.isspace() for char in text) else ""


def _hex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _spaced(text: str) -> bytes:
    """Return the characters whose codes are written one by one: in binary, hexadecimal or decimal digits."""
    codes = re.findall(r"\w+", text)
    if all(re.fullmatch("[01]{8}", code) for code in codes):
        return bytes(int(code, 2) for code in codes)
    if all(code.isdigit() and int(code) < MOST_CODE for code in codes):
        return "".join(chr(int(code)) for code in codes).encode("utf8", "replace")
    return bytes(int(code, 16) & 0xFF for code in codes)


def _base64(text: str) -> bytes:
    if (
        text.islower()
    ):  # a long name: half of what encoded letters are written in are capitals and digits
        return b""
    plain = re.sub(r"[\s=]", "", text).translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""
