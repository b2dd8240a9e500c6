"""JSON as rows: one object a line, a list of objects, objects one after the other, or one object that holds rows.

Which of them it is shows in the first line, not in the file's name. A fault is reported in one line that names the
file and the line in it.
"""

import codecs
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from ftdojo.sources.json_text import JsonText, parse
from ftdojo.sources.lines import MAX_ROW_BYTES, Numbered, lines, opened, refuse, require_text

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
