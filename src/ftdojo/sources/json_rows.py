"""JSON rows: arrays and lines, whatever the file is called.

Which of them it is shows in the first line, not in the file's name. A fault is reported in one line that names the
file and the line in it.
"""

import codecs
import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Literal, NoReturn

from ftdojo.sources.lines import (
    MAX_ROW_BYTES,
    Numbered,
    decode,
    lines,
    opened,
    refuse,
    require_text,
)

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


MAX_OBJECT_BYTES = 64_000_000
_PEEK_BYTES = 1 << 16


def rows_of_jsonl(path: Path) -> Numbered:
    """Yield the rows of a file that should hold one object a line; a list, or objects over several lines, do as well.

    Raises:
        SourceError: what is there is not a JSON object, or too large.
    """
    first = _first_line(path)
    if first.startswith(b"["):
        yield from _list(path)
    elif first.startswith(b"{") and not first.endswith(b"}") and len(first) <= MAX_ROW_BYTES:
        yield from _objects(path)
    else:
        yield from _lines(path)


def rows_of_json(path: Path) -> Numbered:
    """Yield the rows of a JSON file: a list, one object that holds them, or one object a line.

    Raises:
        SourceError: what is there is neither, or too large.
    """
    match _shape(path):
        case "list":
            yield from _list(path)
        case "objects":
            yield from _objects(path)
        case "lines":
            yield from _lines(path)


def _shape(path: Path) -> Literal["list", "objects", "lines"]:
    first = _first_line(path)
    if not first.startswith(b"{"):
        return "list"
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return "objects"
    with opened(path) as file:
        after = file.read(MAX_ROW_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()[len(first) :]
        return "lines" if after.strip() or file.read(1) else "objects"


def _first_line(path: Path) -> bytes:
    """Return the first line that is not empty, without blanks around it; only one that begins an object is whole."""
    with opened(path) as file:
        start = file.read(_PEEK_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()
    require_text(start, path)
    if not start.startswith(b"{"):
        return start
    with opened(path) as file:
        first = b""
        while not first:
            first = file.readline(MAX_ROW_BYTES + 1).removeprefix(codecs.BOM_UTF8).strip()
        return first


def _lines(path: Path) -> Numbered:
    for number, text in lines(path):
        if text := text.strip():
            yield number, parse(text, path, number)


def _list(path: Path) -> Numbered:
    with opened(path) as file:
        text = JsonText(file, path)
        text.expect("[")
        while text.peek() != "]":
            yield text.line, text.object()
            if text.peek() != "]":
                text.expect(",")
        text.expect("]")
        if rest := text.peek():
            refuse(path, text.line, f"goes on with {rest!r} after the list; fix the file")


def _objects(path: Path) -> Numbered:
    """Yield objects that follow each other; of one that is alone, the rows that it holds."""
    with opened(path) as file:
        text = JsonText(file, path, longest=MAX_OBJECT_BYTES)
        text.peek()
        line, first = text.line, text.object()
        if not text.peek():
            yield from ((line, row) for row in _held(first))
            return
        yield line, first
        text.longest = MAX_ROW_BYTES
        while text.peek():
            yield text.line, text.object()


def _held(whole: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Return the rows of one object: its only list of objects, else the objects in it, else itself.

    Objects in an object get their key as ``_key``; those of pandas, which are columns, are turned into rows.
    """
    lists = [each for each in whole.values() if isinstance(each, list) and _all_objects(each)]
    if len(lists) == 1:
        return list(lists[0])
    if not _all_objects(whole.values()):
        return [whole]
    if _are_columns(whole):
        numbers = next(iter(whole.values()))
        return [{name: column[at] for name, column in whole.items()} for at in numbers]
    return [{"_key": key, **row} for key, row in whole.items()]


def _are_columns(whole: dict[str, dict[str, Any]]) -> bool:
    """Return whether ``whole`` is a table as pandas writes it, column -> number of the row -> value."""
    first = list(next(iter(whole.values())))
    numbers = [str(at) for at in range(len(first))]
    return bool(first) and all(list(column) == numbers for column in whole.values())


def _all_objects(values: Iterable[Any]) -> bool:
    found = list(values)
    return bool(found) and all(isinstance(each, dict) for each in found)
