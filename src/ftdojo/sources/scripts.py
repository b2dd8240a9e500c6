"""Which script a text is written in, by counting letters; no model, and no guess at the language."""

import re

NONE = "none"
_MOST_CHARS = 2_000
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_SCRIPTS = {
    "Latin": re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]"),
    "Han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "Cyrillic": re.compile(r"[\u0400-\u052f]"),
}
_LETTER = re.compile(r"[^\W\d_]")


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
