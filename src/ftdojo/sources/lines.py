"""Text files, plain or packed, one line at a time: UTF-8, and no line longer than a row may be.

A fault is reported in one line that names the file and the line in it.
"""

import bz2
import codecs
import gzip
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from ftdojo.errors import SourceError
from ftdojo.sources.kinds import disguised, packing

MAX_ROW_BYTES = 8_000_000
Numbered = Iterator[tuple[int, dict[str, Any]]]
"""Rows with the line they begin on; in Parquet and Arrow, which have no lines, with their number from 1."""


def refuse(path: Path, line: int, why: str) -> NoReturn:
    """Refuse a line.

    Raises:
        SourceError: always.
    """
    raise SourceError(f"{path}, line {line}, {why}.")


def opened(path: Path) -> IO[bytes]:
    """Open ``path`` for reading, unpacked."""
    match packing(path):
        case ".gz":
            return cast("IO[bytes]", gzip.open(path))
        case ".bz2":
            return cast("IO[bytes]", bz2.open(path))
        case ".xz":
            return cast("IO[bytes]", lzma.open(path))
    return path.open("rb")


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file, ends included, with their numbers from 1.

    Raises:
        SourceError: a line is too long or is not text in UTF-8.
    """
    with opened(path) as file:
        number = 0
        while line := file.readline(MAX_ROW_BYTES + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
                require_text(line, path)
            if len(line) > MAX_ROW_BYTES:
                limit = f"{MAX_ROW_BYTES / 1e6:.0f} MB"
                refuse(path, number, f"is longer than the {limit} that a row may have; drop it")
            yield number, decode(line, path, number)


def require_text(start: bytes, path: Path) -> None:
    """Make sure that a file that begins with ``start`` is not one of another kind under a wrong name.

    Raises:
        SourceError: it is.
    """
    if what := disguised(start):
        raise SourceError(f"{path} {what}.")


def decode(data: bytes, path: Path, line: int) -> str:
    """Return ``data``, which begins on ``line``, as text.

    Raises:
        SourceError: it is not UTF-8, or holds NUL bytes, which text never does.
    """
    try:
        text = data.decode("utf8")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        found = f"byte 0x{data[error.start]:02x} at column {error.start + 1}"
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            found = "it looks like UTF-16"
        refuse(path, line, f"is not UTF-8 ({found}); convert the file: iconv -t utf-8 -f CHARSET")
    if "\0" in text:
        fault = f"holds a NUL byte at column {text.index(chr(0)) + 1}"
        refuse(
            path, line, f"{fault}; delete it, or convert a file in UTF-16: iconv -t utf-8 -f UTF-16"
        )
    return text
