r"""Finding the answer in an output: without its thinking, and in the last box.

Reasoning in ``<think>`` parts is taken out by OpenCompass' rule (extract-non-reasoning-content), which runs before every
scorer of a thinking model. An output that ends while still thinking is left as it is, tag included.

A whole number in the last ``\boxed{...}`` is the format of competition mathematics. Any text is accepted; work is bounded
by looking at the tail only, so that a runaway output costs no more than a short one.
"""

import re

from ftdojo.scorers.case import Case, Variants, given

OPEN, CLOSE = "<think>", "</think>"
TAIL_CHARS = 10_000
CONTENT_CHARS = 200
_OPEN = re.compile(r"\\boxed[ \t]{0,8}\{")
_INTEGER = re.compile(r"([+-]?)\s*(\d{1,3}(?:,\d{3}){1,5}|\d{1,18})(?:\.0{0,18})?", re.ASCII)


def without_thinking(text: str) -> str:
    """Return ``text`` without its reasoning and without outer spaces.

    Pairs of tags are cut out with what they hold. Where only closing tags are found, the template has opened the first
    one already: the text after the last of them is the answer.

    Example:
        >>> without_thinking("maybe 3</think> 4")
        '4'
        >>> without_thinking("<think>maybe 3</think>so <think>no</think>4")
        'so 4'
    """
    if OPEN not in text:
        return text.rpartition(CLOSE)[2].strip() if CLOSE in text else text.strip()
    kept, at = [], 0
    while (start := text.find(OPEN, at)) >= 0:
        end = text.find(CLOSE, start)
        if end < 0:
            break
        kept.append(text[at:start])
        at = end + len(CLOSE)
    return "".join([*kept, text[at:]]).strip()


def score_thinking(case: Case) -> Variants:
    """Score a case of ``_common``: a text in, what is left of it out."""
    figures = {"out": without_thinking(given(case, "text", str))}
    return Variants(reference=figures, strict=figures)


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
