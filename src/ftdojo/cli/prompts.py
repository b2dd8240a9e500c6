"""The questions of a file, a line or a row each, as ``ftdojo ask --file`` reads them."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftdojo.errors import SourceError, UsageError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.export import AskedAs

STDIN = "-"
NAMES = ("question", "prompt", "text", "input")
"""What the column of a question is called where a task does not say."""


def questions_of(file: str, asked: "AskedAs", *, raw: bool = False) -> list[str]:
    """Return the questions in ``file``: lines of text (``.txt``, ``-`` for stdin), or rows of any kind that is read.

    Where a question is made of several columns, stdin holds rows: a JSON object a line. ``raw`` leaves a line as it is.

    Raises:
        UsageError: it holds no question, an empty one, or rows without the columns that make up a question.
        SourceError: it cannot be read; the place is named.
    """
    from ftdojo.sources import read_lines, read_rows
    from ftdojo.sources.kinds import kind_of

    whole = str if raw else asked.whole
    if file == STDIN and len(asked.columns) > 1:
        found = [_of_row(row, asked, f"stdin, line {at}") for at, row in _stdin_rows(asked)]
    elif file == STDIN:
        found = [whole(each) for each in _of_lines(_stdin_lines(), "stdin")]
    elif kind_of(Path(file)) == ".txt":
        found = [whole(each) for each in _of_lines(read_lines(Path(file)), file)]
    else:
        found = [_of_row(row, asked, f"{file}, line {at}") for at, row in read_rows(Path(file))]
    if not found:
        raise UsageError(f"{file} holds no question; write one a line, or one a row.")
    return found


def require_text(text: str, where: str) -> str:
    """Return ``text``, a question.

    Raises:
        UsageError: it is empty, or no Unicode.
    """
    if not text.strip():
        raise UsageError(f"{where} is empty; a question has at least one word.")
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise UsageError(f"{where} is not text in UTF-8; save it as UTF-8.")
    return text


def _of_lines(numbered: Iterable[tuple[int, str]], where: str) -> list[str]:
    """Return the lines; empty ones after the last question are no questions."""
    found = [(at, line.rstrip("\r\n")) for at, line in numbered]
    while found and not found[-1][1].strip():
        found.pop()
    return [require_text(line, f"{where}, line {at},") for at, line in found]


def _stdin_rows(asked: "AskedAs") -> Iterator[tuple[int, dict[str, Any]]]:
    from ftdojo.sources.json_text import parse

    for at, line in _stdin_lines():
        if not line.strip():
            continue
        try:
            yield at, parse(line, Path("stdin"), at)
        except SourceError as error:
            made = ", ".join(asked.columns)
            raise UsageError(
                f"{error} A question of {asked.task} is made of {made}, so stdin holds a JSON object with them a line."
            ) from error


def _stdin_lines() -> Iterable[tuple[int, str]]:
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"Byte {error.start + 1} of stdin is not UTF-8; send text in UTF-8."
        ) from error
    return enumerate(text.split("\n"), start=1)


def _of_row(row: Mapping[str, Any], asked: "AskedAs", where: str) -> str:
    from ftdojo.records import filled, hole

    columns = asked.columns or (_only_column(row, where),)
    missing = [column for column in columns if column not in row]
    if missing:
        raise UsageError(
            f"{where}, has no {missing[0]!r}; it has {', '.join(map(str, row))}. A question of {asked.task} is made of "
            f"{', '.join(columns)}."
        )
    asking = {column: row[column] for column in columns}
    for column, value in asking.items():
        if isinstance(value, bytes):
            raise UsageError(f"{where}, has bytes in {column!r}; a question is text.")
    return require_text(filled(asked.question or hole(columns[0]), asking), f"{where},")


def _only_column(row: Mapping[str, Any], where: str) -> str:
    named = list(row) if len(row) == 1 else [name for name in NAMES if name in row]
    if len(named) != 1:
        which = " and ".join(named) or "none of them"
        raise UsageError(
            f"{where}, has {', '.join(map(str, row)) or 'no column'}, and the question may be {which}; call that column "
            f"{NAMES[0]}, and leave out {', '.join(NAMES[1:])}."
        )
    return str(named[0])
