"""How a CSV file separates its cells, found from its beginning; no two programs agree on it."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ftdojo.sources.lines import MAX_ROW_BYTES

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
    records, read = _records(lines, dialect, strict=True)
    header, *rows = records or [[]]
    names = width([name.strip() for name in header])
    # Empty cells beyond the header do not count, nor does a row that is only cut off.
    counts = [max(width(row), min(len(row), names)) for row in rows]
    misfits = [_MISFIT] * (read < len(lines))
    return _Look(dialect=dialect, header=names, rows=(*counts, *misfits))


def _records(
    lines: Sequence[str], dialect: Dialect, *, strict: bool
) -> tuple[list[list[str]], int]:
    """Return the rows of ``lines`` that are not empty, and how many lines were read until they stopped being CSV."""
    found: list[list[str]] = []
    left = iter(lines)
    with suppress(csv.Error):
        found.extend(row for row in reader_of(left, dialect, strict=strict) if not is_blank(row))
    return found, len(lines) - len(list(left))


def _is_spaced(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether blanks follow the delimiter: in the header, before a quotation mark, or in every row."""
    sign = re.escape(delimiter)
    # Inside a quoted cell a single mark ends it, and the cell or the line with it.
    if re.search(rf'{sign} +"[^"\r\n{sign}]', "".join(lines)):
        return True
    records, _ = _records(lines, Dialect(delimiter=delimiter, spaced=False), strict=False)
    header, *rows = records or [[]]
    return _all_spaced([header]) or (len(rows) >= _FEWEST_SPACED and _all_spaced(rows))


def _all_spaced(rows: Sequence[Sequence[str]]) -> bool:
    after = [cell for row in rows for cell in row[1:] if cell]
    return bool(after) and all(cell.startswith(" ") for cell in after)
