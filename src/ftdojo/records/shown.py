"""Text of agents, models and files as it may be shown: nothing in it steers a terminal or hides."""

import unicodedata

_HARMLESS = frozenset("\n\t\u200c\u200d")
"""Of what cannot be seen, this much is needed to write: lines, columns, and joining in some scripts and emoji."""
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str, *, ascii_only: bool = False) -> str:
    r"""Return ``text`` with escape codes, control characters and what reorders or hides text written out.

    The form is that of JSON, so that JSON stays what it was.

    Example:
        >>> print(visible("a\x1b[31mred\r\n\x9bb\u202e\U000e0041"))
        a\u001b[31mred
        \u009bb\u202e\udb40\udc41
        >>> print(visible("caf\u00e9", ascii_only=True))
        caf\u00e9
    """
    text = text.replace("\r\n", "\n")
    plain = text.replace("\n", "").replace("\t", "")
    if plain.isprintable() and (plain.isascii() or not ascii_only):
        return text
    return "".join(_shown(each, ascii_only=ascii_only) for each in text)


def _shown(each: str, *, ascii_only: bool) -> str:
    hidden = unicodedata.category(each) in _HIDDEN and each not in _HARMLESS
    return escaped(each) if hidden or (ascii_only and not each.isascii()) else each


def escaped(text: str) -> str:
    r"""Return every character of ``text`` in the form ``\u001b``."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
