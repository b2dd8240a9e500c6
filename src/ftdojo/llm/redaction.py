"""Keys are taken out of every text before it is stored, shown or raised."""

import re

from ftdojo import config

MARK = "[redacted]"

_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|gsk|xai|rk|pk)-[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic, OpenRouter, DeepSeek, xAI, ...
    r"|(?:gsk|hf|ghp|gho|github_pat)_[A-Za-z0-9_]{20,}"
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|(?i:bearer)\s+(?:(?=[^\s\"']*\d)[\w.~+/=-]{8,}|[\w.~+/=-]{20,})"
    r")"
)
_LOGIN = re.compile(r"(?<=://)[^\s/@\[\]]+@")
"""Name and password before the host of an address."""


def redact(text: str) -> str:
    """Return ``text`` without the secrets of the environment, and without anything that is shaped like a key.

    Example:
        >>> redact("wrong key sk-proj-0123456789abcdefghij.")
        'wrong key [redacted].'
    """
    for secret in sorted(config.secrets(), key=len, reverse=True):
        if secret not in MARK:
            text = text.replace(secret, MARK)
    return _LOGIN.sub(f"{MARK}@", _SHAPES.sub(MARK, text))
