"""CSV as any spreadsheet writes it: its dialect is found out, its rows are read."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ftdojo.sources.lines import MAX_ROW_BYTES, Numbered, lines, refuse

DELIMITERS = ",;\t|"
_NAMED = re.compile(r'[\s"]*sep=([^\w\s"]|\t)["\s,;|]*', re.IGNORECASE)
_FEWEST_SPACED = 3
_MISFIT = -1


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How cells are separated. ``spaced``: blanks before a cell belong to the delimiter, as in ``a, "b, c"``."""

    delimiter: str
    spaced: bool


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What a dialect makes of the beginning of a file: how many cells the header has, and how many each row."""

    dialect: Dialect
    header: int
    rows: tuple[int, ...]

    @property
    def fit(self) -> float:
        """The share of the rows that have as many cells as the header."""
        return self.rows.count(self.header) / len(self.rows) if self.rows else 1.0


def named_delimiter(line: str) -> str:
    r"""Return the delimiter that a first line ``sep=;`` names, or nothing where the line is another one.

    Example:
        >>> named_delimiter("sep=;\n"), named_delimiter("question;answer\n")
        (';', '')
    """
    found = _NAMED.fullmatch(line)
    return found[1] if found else ""


def dialects(lines: Sequence[str], *, delimiter: str = "") -> list[Dialect]:
    """Return the dialects that fit the beginning of a file equally well; one, unless every line fits several.

    ``lines`` begin with the header. A ``delimiter`` that the file names itself is taken.
    """
    looks = [_look(lines, each) for each in delimiter or DELIMITERS]
    wide = [look for look in looks if look.header > 1]
    if len(looks) == 1:
        return [looks[0].dialect]
    if not wide:
        return [_one_column(looks).dialect]
    fitting = [look.dialect for look in wide if look.fit == 1 and look.rows]
    return fitting or [max(wide, key=lambda look: look.fit).dialect]


def reader_of(
    lines: Iterable[str], dialect: Dialect, *, strict: bool = True
) -> Iterator[list[str]]:
    """Return the reader of the standard library for ``lines``."""
    csv.field_size_limit(MAX_ROW_BYTES)
    spaced = dialect.spaced
    return csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=spaced, strict=strict)


def is_blank(cells: Sequence[str]) -> bool:
    """Return whether there is nothing but blanks in ``cells``."""
    return not "".join(cells).strip()


def width(cells: Sequence[str]) -> int:
    """Return how many cells there are without empty ones at the end."""
    return next((at for at in range(len(cells), 0, -1) if cells[at - 1]), 0)


def _one_column(looks: Sequence[_Look]) -> _Look:
    """Choose for a header of one cell: what leaves the rows whole.

    Where some delimiter gives every row the same number of cells, the line is more likely a title above a table, so
    that delimiter is chosen, by which its rows are refused.
    """
    for look in looks:
        even = len(set(look.rows)) == 1 and look.rows[0] > 1
        if even and (len(look.rows) > 1 or look.dialect.delimiter == ","):
            return look
    return next((look for look in looks if look.fit == 1), looks[0])


def _look(lines: Sequence[str], delimiter: str) -> _Look:
    dialect = Dialect(delimiter=delimiter, spaced=_is_spaced(lines, delimiter))
    records, read = _sampled_records(lines, dialect, strict=True)
    header, *rows = records or [[]]
    names = width([name.strip() for name in header])
    # Empty cells beyond the header do not count, nor does a row that is only cut off.
    counts = [max(width(row), min(len(row), names)) for row in rows]
    misfits = [_MISFIT] * (read < len(lines))
    return _Look(dialect=dialect, header=names, rows=(*counts, *misfits))


def _sampled_records(
    lines: Sequence[str], dialect: Dialect, *, strict: bool
) -> tuple[list[list[str]], int]:
    """Return the rows of ``lines`` that are not empty, and how many lines were read until they stopped being CSV."""
    found: list[list[str]] = []
    left = iter(lines)
    with suppress(csv.Error):
        found.extend(row for row in reader_of(left, dialect, strict=strict) if not is_blank(row))
    return found, len(lines) - len(list(left))


def _is_spaced(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether blanks follow the delimiter: in the header, before a quotation mark, or before every cell of the rows."""
    sign = re.escape(delimiter)
    # Inside a quoted cell a single mark ends it, and the cell or the line with it.
    if re.search(rf'{sign} +"[^"\r\n{sign}]', "".join(lines)):
        return True
    records, _ = _sampled_records(lines, Dialect(delimiter=delimiter, spaced=False), strict=False)
    header, *rows = records or [[]]
    return _all_spaced([header], least=1) or _all_spaced(rows, least=_FEWEST_SPACED)


def _all_spaced(rows: Sequence[Sequence[str]], *, least: int) -> bool:
    """Return whether every cell after a delimiter begins with a blank, and there are enough to tell."""
    after = [cell for row in rows for cell in row[1:] if cell]
    return len(after) >= least and all(cell.startswith(" ") for cell in after)


_PEEK_CHARS = 1 << 16


def rows_of_csv(path: Path) -> Numbered:
    """Yield the rows of a CSV file, cells as text, with the lines they begin on.

    Comma, semicolon, tab or bar separate cells, or what a first line ``sep=;`` names. Empty lines, and empty columns
    without a name at the end, are left out.

    Raises:
        SourceError: it is not CSV, a row does not fit the header, or two columns of one name are both filled.
    """
    numbered = _separate(lines(path))
    start = _start(numbered)
    delimiter = named_delimiter(start[0][1]) if start else ""
    start = start[1:] if delimiter else start
    found = dialects([text for _, text in start], delimiter=delimiter)
    if len(found) > 1:
        signs = " or ".join(repr(each.delimiter) for each in found)
        fault = f"may be cut at {signs}, and every row fits both"
        refuse(path, start[0][0], f"{fault}; name one in a line above it: sep={found[0].delimiter}")
    header: _Header | None = None
    for line, cells in _records(chain(start, numbered), found[0], path):
        if header is None:
            header = None if is_blank(cells) else _Header(cells, found[0], path)
        elif any(cells) and not (len(cells) == 1 < header.width and is_blank(cells)):
            yield line, header.row(cells, line)


def _separate(numbered: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield lines; a file of one line that holds bare carriage returns is one of an old Mac, which ends lines so."""
    for number, text in numbered:
        if number == 1 and "\r" in text[:-1] and not text.endswith("\n"):
            yield from enumerate((f"{each}\r" for each in text.split("\r")), 1)
        else:
            yield number, text


def _start(numbered: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the first lines, from the first that is not empty on."""
    start: list[tuple[int, str]] = []
    chars = 0
    for number, text in numbered:
        if start or text.strip():
            start.append((number, text))
            chars += len(text)
        if chars > _PEEK_CHARS:
            break
    return start


def _records(
    numbered: Iterable[tuple[int, str]], dialect: Dialect, path: Path
) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row with the line it begins on."""
    feed = _Feed(numbered, path)
    try:
        for cells in reader_of(feed, dialect):
            yield feed.begun, cells
            feed.begun, feed.chars = 0, 0
    except csv.Error as error:
        refuse(path, feed.begun, f"is not CSV ({error}); fix or drop it")


class _Feed:
    """Lines for the reader of CSV, which takes as many as a row has; ``begun`` is the first of them."""

    def __init__(self, numbered: Iterable[tuple[int, str]], path: Path) -> None:
        self._lines, self._path = iter(numbered), path
        self.begun, self.chars = 0, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, text = next(self._lines)
        self.begun = self.begun or number
        self.chars += len(text)
        if self.chars > MAX_ROW_BYTES:
            limit = f"{MAX_ROW_BYTES / 1e6:.0f} MB that a row may have"
            fault = f"is longer than the {limit}, or opens a quotation mark that nothing closes"
            refuse(self._path, self.begun, f"{fault}; fix or drop it")
        return text


class _Header:
    """The names of the columns. Of several columns that are called alike, one may be filled."""

    def __init__(self, cells: Sequence[str], dialect: Dialect, path: Path) -> None:
        names = [cell.strip().removeprefix("\ufeff").strip() for cell in cells]
        self.width, self._unnamed = width(names), len(names)
        self._names, self._delimiter, self._path = names[: self.width], dialect.delimiter, path
        self._twice = {name for name, count in Counter(self._names).items() if count > 1}
        self._filled: dict[str, int] = {}

    def row(self, cells: Sequence[str], line: int) -> dict[str, Any]:
        """Return the row that ``cells`` are."""
        count = max(width(cells), min(len(cells), self.width))
        if self.width < count <= self._unnamed:
            fault = (
                f"has {cells[count - 1][:40]!r} in column {count}, which has no name in the header"
            )
            refuse(self._path, line, f"{fault}; name the column, or delete it")
        if count != self.width:
            fault = f"has {count} cells where the header has {self.width}"
            cut = (
                f"cells are cut at {self._delimiter!r}, and one that holds it needs quotation marks"
            )
            refuse(self._path, line, f"{fault} ({cut}); fix it")
        row = dict(zip(self._names, cells, strict=False))
        if self._twice:
            self._choose(row, cells, line)
        return row

    def _choose(self, row: dict[str, Any], cells: Sequence[str], line: int) -> None:
        """Give each name that several columns have the cell of the one that is filled."""
        row |= dict.fromkeys(self._twice, "")
        for at, (name, cell) in enumerate(zip(self._names, cells, strict=False)):
            if name not in self._twice or not cell.strip():
                continue
            first = self._filled.setdefault(name, at)
            if first != at:
                fault = (
                    f"the columns {first + 1} and {at + 1} are both called {name!r} and both filled"
                )
                refuse(self._path, line, f"cannot be read: {fault}; rename or delete one")
            row[name] = cell
