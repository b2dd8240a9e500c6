"""JSON as rows: one object a line, a list of objects read an element at a time, or one object that holds rows.

Whatever is wrong is said in one line that names the file and the line in it.
"""

import codecs
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from ftdojo.errors import SourceError

MAX_ROW_BYTES = 8_000_000
MAX_OBJECT_BYTES = 64_000_000
_CHUNK_CHARS = 1 << 16
_SPACE = " \t\r\n"
_LONGEST_CUT = 16
"""A literal or an escape that is cut by the end of what was read begins at most so many characters before it."""

Numbered = Iterator[tuple[int, dict[str, Any]]]
"""Rows with the line they begin on; in Parquet, which has no lines, with their number from 1."""


def refuse(path: Path, line: int, why: str) -> NoReturn:
    """Say what is wrong with a line.

    Raises:
        SourceError: always.
    """
    raise SourceError(f"{path}, line {line}, {why}.")


def decode(data: bytes, path: Path, line: int) -> str:
    """Return ``data``, which begins on ``line``, as text.

    Raises:
        SourceError: it is not UTF-8.
    """
    try:
        return data.decode("utf8")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        found = f"byte 0x{data[error.start]:02x} at column {error.start + 1}"
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            found = "it looks like UTF-16"
        refuse(path, line, f"is not UTF-8 ({found}); convert the file: iconv -t utf-8 -f CHARSET")


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
        refuse(path, line, f"is no JSON ({_told(error)}); mend or drop it")
    if not isinstance(value, dict):
        refuse(path, line, f"holds a {type(value).__name__}, not an object; mend or drop it")
    return value


def rows_of_list(file: IO[bytes], path: Path) -> Numbered:
    """Yield the objects of the list that ``file`` holds; it may be larger than memory.

    Raises:
        SourceError: what is there is no list of objects, or one of them is too large.
    """
    buffer = _Buffer(file, path)
    buffer.expect("[")
    while buffer.peek() != "]":
        yield buffer.line, buffer.object()
        if buffer.peek() != "]":
            buffer.expect(",")
    buffer.expect("]")
    if rest := buffer.peek():
        refuse(path, buffer.line, f"goes on with {rest!r} after the list; mend the file")


def rows_of_object(file: IO[bytes], path: Path) -> Numbered:
    """Yield the rows of one JSON object: its only list of objects, else the objects in it, else itself.

    Objects in an object get their key as ``_key``.

    Raises:
        SourceError: it is no JSON object, or too large to be read at once.
    """
    data = file.read(MAX_OBJECT_BYTES + 1)
    if len(data) > MAX_OBJECT_BYTES:
        raise SourceError(
            f"{path} is one JSON object of over {MAX_OBJECT_BYTES / 1e6:.0f} MB; write one object a line."
        )
    whole = parse(decode(data.removeprefix(codecs.BOM_UTF8), path, 1), path, 1)
    lists = [each for each in whole.values() if isinstance(each, list) and _all_objects(each)]
    if len(lists) == 1:
        yield from ((1, row) for row in lists[0])
    elif _all_objects(whole.values()):
        yield from ((1, {"_key": key, **row}) for key, row in whole.items())
    else:
        yield 1, whole


class _Buffer:
    """The text of a file from where reading stands; ``line`` is the line of that place."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self.line = "", 0, 1

    def peek(self) -> str:
        """Return the next character that is no space, or nothing at the end of the file."""
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
            told = repr(found) if found else "the end of the file"
            refuse(self._path, self.line, f"is no JSON (expecting {sign!r}, not {told}); mend it")
        self._at += 1

    def object(self) -> dict[str, Any]:
        """Return the object that begins here and step over it."""
        if (found := self.peek()) != "{":
            told = repr(found) if found else "the end of the file"
            refuse(self._path, self.line, f"holds {told} where a row begins; mend it")
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
                self._advance(end)
                return dict(value)

    def _may_go_on(self, error: ValueError) -> bool:
        """Return whether the fault may only be that the rest of the object is not read yet."""
        at = getattr(error, "pos", 0)
        return _told(error).startswith("Unterminated string") or at > len(self._text) - _LONGEST_CUT

    def _refuse_object(self, error: ValueError, line: int) -> NoReturn:
        if self._left() > MAX_ROW_BYTES:
            told = f"holds a row longer than {MAX_ROW_BYTES / 1e6:.0f} MB, or one that never ends"
            refuse(self._path, self.line, f"{told}; drop it")
        refuse(self._path, line, f"is no JSON ({_told(error)}); mend or drop it")

    def _advance(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _left(self) -> int:
        return len(self._text) - self._at

    def _more(self, wanted: int) -> bool:
        """Read on; return whether there was something, and room for it."""
        if self._left() > MAX_ROW_BYTES:
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


def _all_objects(values: Iterable[Any]) -> bool:
    found = list(values)
    return bool(found) and all(isinstance(each, dict) for each in found)


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is no number of JSON")


def _told(error: ValueError) -> str:
    return str(getattr(error, "msg", error))


_DECODER = json.JSONDecoder(parse_constant=_constant)
