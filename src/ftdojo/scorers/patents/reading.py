"""Reading JSON answers: as the published evaluators do it, and as a careful reader does."""

import json
from collections.abc import Iterator
from typing import Any

TAIL_CHARS = 20_000
"""What a careful reader looks at: the answer stands at the end."""
_DECODER = json.JSONDecoder()


UNPARSED = object()
"""What ``parsed`` returns for text that is not JSON; null is None."""


def fenced(text: str) -> str:
    """Return what the first fenced block holds, one marked ``json`` before others; without one the whole text.

    A block that is never closed is none.

    Example:
        >>> fenced('Well: ```json {"a": 1} ```')
        '{"a": 1}'
    """
    fence = "```json" if "```json" in text else "```"
    _, opened, behind = text.partition(fence)
    inside, closed, _ = behind.partition("```")
    return inside.strip() if opened and closed else text


def parsed(text: str) -> Any:
    """Return the JSON value that ``text`` is as a whole, or ``UNPARSED``.

    Example:
        >>> parsed("[1]"), parsed("[1") is UNPARSED
        ([1], True)
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return UNPARSED


def last_object(text: str, key: str) -> dict[str, Any] | None:
    """Return the last JSON object in ``text`` that has ``key``, whatever stands around it.

    Example:
        >>> last_object('First {"a": 1}, rather {"a": 2}. Done', "a")
        {'a': 2}
    """
    tail = text[-TAIL_CHARS:]
    found = [each for each in _objects(tail) if key in each]
    return found[-1] if found else None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects of ``text``; an opening brace that starts none is passed over."""
    at = text.find("{")
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
            yield value
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
