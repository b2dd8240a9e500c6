"""Reading a JSON object out of an answer that may hold other text around it.

Any text is accepted; only the tail is looked at and only so many openings are tried, so that a runaway or nested
output costs no more than a short one. Nothing is evaluated.
"""

import json
import re
from typing import Any

TAIL_CHARS = 4_000
OPENINGS = 64
_DECODER = json.JSONDecoder()


def last_object(text: str) -> dict[str, Any] | None:
    """Return the last complete JSON object in ``text`` that lies in no other, or None.

    Example:
        >>> last_object('Here: {"a": {"b": 1}} and {"c": ')
        {'a': {'b': 1}}
    """
    tail, end, found = text[-TAIL_CHARS:], 0, None
    openings = [match.start() for match in re.finditer(r"\{", tail)][-OPENINGS:]
    for at in openings:
        if at < end:
            continue
        try:
            found, end = _DECODER.raw_decode(tail, at)
        except (ValueError, RecursionError):
            continue
    return found
