r"""Reading a whole number out of the last ``\boxed{...}`` of an answer, the format of competition mathematics.

Any text is accepted; work is bounded by looking at the tail only, so that a runaway output costs no more than a
short one.
"""

import re

TAIL_CHARS = 10_000
CONTENT_CHARS = 200
_OPEN = re.compile(r"\\boxed[ \t]{0,8}\{")
_INTEGER = re.compile(r"([+-]?)\s*(\d{1,3}(?:,\d{3}){1,5}|\d{1,18})(?:\.0{0,18})?", re.ASCII)


def last_boxed(text: str) -> str | None:
    r"""Return what the last ``\boxed{...}`` with balanced braces holds, or None.

    Example:
        >>> last_boxed(r"so \boxed{4}, no, \boxed{\frac{1}{2}}")
        '\\frac{1}{2}'
    """
    tail = text[-TAIL_CHARS:]
    for opening in reversed(list(_OPEN.finditer(tail))):
        content = _balanced(tail[opening.end() : opening.end() + CONTENT_CHARS])
        if content is not None:
            return content
    return None


def whole_number(text: str) -> int | None:
    """Return the whole number that ``text`` is, or None.

    Dollar signs around it, a leading plus, thousands commas, a typographic minus and a fraction of zeros are
    forgiven; anything else beside the number is not.

    Example:
        >>> whole_number("$-1,204.0$")
        -1204
    """
    plain = text.strip().strip("$").replace("\N{MINUS SIGN}", "-").strip()
    match = _INTEGER.fullmatch(plain)
    return int(match[1] + match[2].replace(",", "")) if match else None


def _balanced(text: str) -> str | None:
    """Return ``text`` up to the brace that closes one opened before it."""
    depth = 1
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[:at]
    return None
