"""The text of a JSON file from which values are taken one at a time; the file may be larger than memory."""

import codecs
import json
from pathlib import Path
from typing import IO, Any, NoReturn

from ftdojo.sources.lines import MAX_ROW_BYTES, decode, refuse

_CHUNK_CHARS = 1 << 16
_SPACE = " \t\r\n"
_LONGEST_CUT = 16
"""A literal or an escape that is cut by the end of what was read begins at most so many characters before it."""


def parse(text: str, path: Path, line: int) -> dict[str, Any]:
    """Return the object that ``text`` holds; ``NaN``, which some writers put for a missing value, becomes None.

    Raises:
        SourceError: it holds something else.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        refuse(path, line, "is nested too deeply; leave the row out")
    except ValueError as error:
        line += getattr(error, "lineno", 1) - 1
        refuse(path, line, f"is not JSON ({_reason(error)}); fix or drop it")
    if not isinstance(value, dict):
        refuse(path, line, f"holds a {type(value).__name__}, not an object; fix or drop it")
    _require_characters(value, text, path, line)
    return value


class JsonText:
    """The text of a file from where reading stands; ``line`` is the line of that place.

    ``longest`` is how many characters an object may have; a longer one is refused.
    """

    def __init__(self, file: IO[bytes], path: Path, *, longest: int = MAX_ROW_BYTES) -> None:
        self._file, self._path, self.longest = file, path, longest
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self.line = "", 0, 1

    def peek(self) -> str:
        """Return the next character that is not a space, or nothing at the end of the file."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._advance(self._at + 1)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_CHUNK_CHARS):
                return ""

    def expect(self, sign: str) -> None:
        """Step over ``sign``."""
        found = self.peek()
        if found != sign:
            shown = repr(found) if found else "the end of the file"
            refuse(self._path, self.line, f"is not JSON (expecting {sign!r}, not {shown}); fix it")
        self._at += 1

    def object(self) -> dict[str, Any]:
        """Return the object that begins here and step over it."""
        if (found := self.peek()) != "{":
            shown = repr(found) if found else "the end of the file"
            refuse(self._path, self.line, f"holds {shown} where a row begins; fix it")
        wanted = _CHUNK_CHARS
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                refuse(self._path, self.line, "is nested too deeply; leave the row out")
            except ValueError as error:
                line = self.line + self._text.count("\n", self._at, getattr(error, "pos", self._at))
                if not (self._may_go_on(error) and self._more(wanted)):
                    self._refuse_object(error, line)
                wanted *= 2
            else:
                text = self._text[self._at : end]
                _require_characters(value, text, self._path, self.line)
                self._advance(end)
                return dict(value)

    def _may_go_on(self, error: ValueError) -> bool:
        """Return whether the fault may only be that the rest of the object is not read yet."""
        at = getattr(error, "pos", 0)
        return (
            _reason(error).startswith("Unterminated string") or at > len(self._text) - _LONGEST_CUT
        )

    def _refuse_object(self, error: ValueError, line: int) -> NoReturn:
        if self._left() > self.longest:
            fault = (
                f"holds an object longer than {self.longest / 1e6:.0f} MB, or one that never ends"
            )
            refuse(self._path, self.line, f"{fault}; drop it, or write one object a line")
        refuse(self._path, line, f"is not JSON ({_reason(error)}); fix or drop it")

    def _advance(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _left(self) -> int:
        return len(self._text) - self._at

    def _more(self, wanted: int) -> bool:
        """Read on; return whether there was something, and room for it."""
        if self._left() > self.longest:
            return False
        data = self._file.read(wanted)
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line = self.line + self._text.count("\n", self._at)
            decode(bytes(error.object), self._path, line)
            raise
        self._text, self._at = self._text[self._at :] + text, 0
        return bool(data)


def _require_characters(value: Any, text: str, path: Path, line: int) -> None:
    """Make sure that ``value`` can be written again: an escape may name half a character, as in a text cut badly."""
    if "\\ud" not in text.lower():
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        refuse(path, line, f"holds {half}, half of a character; drop or fix it")


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large for a number")
    return number


def _reason(error: ValueError) -> str:
    return str(getattr(error, "msg", error))


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_float=_finite)
