"""Reading training rows from a file that is not trusted."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ftdojo.errors import FtdojoError
from ftdojo.records import FailureKind
from ftdojo.submissions.shapes import Row, ShapeError, conversation


class RowFault(FtdojoError):
    """The first line of a row file that cannot be trained on.

    Args:
        line: its number from 1; 0 if the file as a whole is at fault.
        why: what is wrong and what would be right.
        kind: the failure it means for the experiment.
    """

    def __init__(self, line: int, why: str, kind: FailureKind = FailureKind.SCHEMA) -> None:
        super().__init__(f"Line {line} of the rows: {why}" if line else why)
        self.line, self.kind = line, kind


ReadRow = Callable[[Mapping[str, Any]], Row]


def read_rows(
    path: Path, *, max_rows: int, max_row_bytes: int, read: ReadRow | None = None
) -> Iterator[Row]:
    """Yield the rows of a JSONL file, reading no further than the first bad line.

    ``read`` makes a row of each object, ``conversation`` if left out; it raises ``ShapeError`` for one that it cannot use.
    Blank lines are skipped. Memory stays within a few times ``max_row_bytes``, whatever the file.

    Raises:
        RowFault: a line is too long, not UTF-8, not JSON, of no known shape, or without an answer; there are more
            than ``max_rows`` rows, none at all, or no such file.
    """
    rows, read = 0, read or conversation
    for number, line in _lines(path, max_row_bytes):
        if rows == max_rows:
            raise RowFault(number, f"there are more than {max_rows} rows; write fewer.")
        try:
            yield read(_object(line))
        except ShapeError as error:
            raise RowFault(number, str(error)) from error
        rows += 1
    if not rows:
        why = "The row file is empty; data.py must write at least one JSON object, one a line."
        raise RowFault(0, why, FailureKind.EMPTY_DATA)


def _lines(path: Path, max_row_bytes: int) -> Iterator[tuple[int, str]]:
    try:
        file = path.open("rb")
    except OSError as error:
        why = f"The row file cannot be read ({error.strerror}); data.py must write it."
        raise RowFault(0, why, FailureKind.EMPTY_DATA) from error
    with file:
        # One byte more than allowed shows that a line is too long without reading the rest of it.
        for number, line in enumerate(iter(lambda: file.readline(max_row_bytes + 1), b""), start=1):
            text = _decoded(line, number, max_row_bytes)
            if text.strip():
                yield number, text


def _decoded(line: bytes, number: int, max_row_bytes: int) -> str:
    if len(line) > max_row_bytes:
        why = f"it is longer than {max_row_bytes} bytes; write one JSON object a line and cut long texts."
        raise RowFault(number, why)
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1} is not UTF-8; open the file with encoding='utf-8'."
        raise RowFault(number, why) from error
    return text.removeprefix("\ufeff") if number == 1 else text


def _object(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ShapeError(
            f"it is not JSON ({error.msg}, column {error.colno}); write each row with json.dumps on one line."
        ) from error
    except RecursionError as error:
        raise ShapeError(
            "it is nested too deeply; a row holds texts and one list of turns."
        ) from error
    except ValueError as error:
        raise ShapeError(f"it holds a number that is not allowed ({error}).") from error
    if not isinstance(entry, dict):
        raise ShapeError(
            f"a row is a JSON object, not {_KINDS[type(entry)]}; write one object a line."
        )
    return entry


_KINDS = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "a truth value",
    type(None): "null",
}


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
