"""The tail of what a script prints, kept in bounded memory and cleaned for people and prompts."""

import os
import re
import select
import time
import unicodedata

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CHUNK = 2**16


def clean(text: str) -> str:
    r"""Drop terminal escapes and control characters (newline and tab stay), and what reorders text.

    Example:
        >>> clean("a\x1b[31mred\x1b[0m\rb\x00\u202e")
        'ared\nb'
    """
    lines = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in lines if each in "\n\t" or _is_shown(each))


def _is_shown(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


class Tail:
    """Drains one pipe and keeps the last ``keep`` bytes of it."""

    def __init__(self, descriptor: int, *, keep: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor, self._keep, self._kept = descriptor, keep, bytearray()
        self.ended = False

    def drain(self, for_s: float) -> None:
        """Read for at most ``for_s`` seconds; return early at the end of the pipe."""
        waiter = select.poll()
        waiter.register(self._descriptor, select.POLLIN)
        deadline = time.monotonic() + for_s
        while not self.ended and (left := deadline - time.monotonic()) > 0:
            if waiter.poll(left * 1000):
                self._read()

    def text(self) -> str:
        """Return what was kept, decoded and cleaned."""
        return clean(self._kept[-self._keep :].decode("utf8", errors="replace"))

    def _read(self) -> None:
        chunk = os.read(self._descriptor, _CHUNK)
        self.ended = not chunk
        self._kept += chunk
        if len(self._kept) > 2 * self._keep + _CHUNK:
            del self._kept[: -self._keep]
