"""Text for a terminal: one line, wrapped paragraphs, tables.

Scripts, models and files of others end up in messages, plans and notes, so what is printed of them is cleaned here.

Away from a terminal no line is broken, so that names can be searched for and copied; on a terminal the last column is
wrapped to what room there is.
"""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def printable(text: str) -> str:
    r"""Return ``text`` with a blank for every character that is not to be seen, escape codes among them.

    Example:
        >>> printable("a\x1b[31mred")
        'a [31mred'
    """
    return "".join(each if each.isprintable() else " " for each in text)


def one_line(text: str) -> str:
    r"""Return ``text`` printable and on one line.

    Example:
        >>> one_line("two\n  lines")
        'two lines'
    """
    return " ".join(printable(text).split())


def verdict(name: str, against: str) -> str:
    """Say a verdict in words.

    Example:
        >>> verdict("better", "base"), verdict("undecided", "e2")
        ('better than base', 'undecided against e2')
    """
    return f"{name} {'against' if name == 'undecided' else 'than'} {against}"


GAP = "  "
LEAST_WIDTH = 24
"""A last column that has less room than this is left to the terminal to break."""


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print ``columns`` of ``rows`` on stdout; an absent value is left blank, numbers stand to the right."""
    values = [[row.get(column) for column in columns] for row in rows]
    cells = [list(columns), *([_text(value) for value in row] for row in values)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [
        any(_is_number(value) for value in column) for column in zip(*values, strict=True)
    ] or [False] * len(columns)
    for row in cells:
        padded = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        print(
            wrapped(GAP.join(padded).rstrip(), indent=sum(widths[:-1]) + len(GAP) * (len(row) - 1))
        )


def wrapped(line: str, *, indent: int) -> str:
    """Return ``line`` broken to the terminal's width with a hanging indent; as it is away from a terminal."""
    room = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or len(line) <= room or room - indent < LEAST_WIDTH:
        return line
    head, tail = line[:indent], line[indent:]
    return "\n".join(
        textwrap.wrap(
            tail,
            width=room,
            initial_indent=head,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return one_line(str(value))
