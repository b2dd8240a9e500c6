"""Text behind simple encodings: what a row says once it is decoded, and how a question looks backwards or rotated."""

import base64
import binascii
import codecs
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_plus

from ftdojo.texts.words import Words

DEEP = 3
"""So many encodings, one inside the other, are taken off."""
MOST_CODE = 256
LONG = 16
"""Texts with a word of so many characters are looked at for base64 and hexadecimal."""
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


def backwards(text: str) -> str:
    """Return ``text`` from its last character to its first."""
    return text[::-1]


def rotated(text: str) -> str:
    """Return ``text`` with its letters rotated by 13."""
    return codecs.encode(text, "rot13")


def disguised(words: Words) -> tuple[Words, ...]:
    """Return ``words`` with their whole text backwards, each of them backwards, and their letters rotated by 13.

    Example:
        >>> disguised(("no", "lemon"))
        (('nomel', 'on'), ('on', 'nomel'), ('ab', 'yrzba'))
    """
    turned = tuple(map(backwards, words))
    return turned[::-1], turned, tuple(map(rotated, words))


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
    plain = re.sub(r"[\s=]", "", text).translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""
