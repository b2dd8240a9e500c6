"""Two facts about hostile text that every reader here needs."""


def is_writable(text: str) -> bool:
    """Return whether UTF-8 can write ``text``; half a surrogate pair, which JSON can smuggle in, it cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def short(value: object, limit: int = 60) -> str:
    """Return ``value`` as Python would write it, cut to ``limit`` characters; it goes into messages.

    Example:
        >>> short("a" * 100, limit=10)
        "'aaaaaa..."
    """
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
