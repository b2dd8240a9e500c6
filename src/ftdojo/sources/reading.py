"""Files of rows, read one row at a time: JSON, CSV, Parquet and Arrow; text may be packed.

A fault of a file is reported in one line that names the file and the place in it. Memory does not grow with a
file: nothing longer than a row may be is ever held.
"""

import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ftdojo.errors import SourceError
from ftdojo.sources.arrow_rows import rows_of_arrow, rows_of_parquet
from ftdojo.sources.csv_rows import rows_of_csv
from ftdojo.sources.json_rows import rows_of_json, rows_of_jsonl
from ftdojo.sources.kinds import PACKED, advice, kind_of, packing
from ftdojo.sources.lines import Numbered, lines

_READERS = {
    ".jsonl": rows_of_jsonl,
    ".ndjson": rows_of_jsonl,
    ".json": rows_of_json,
    ".csv": rows_of_csv,
    ".tsv": rows_of_csv,
    ".parquet": rows_of_parquet,
    ".arrow": rows_of_arrow,
    ".feather": rows_of_arrow,
}
_NOT_TEXT = (".parquet", ".arrow", ".feather")
KINDS = tuple(_READERS)
"""What is fetched from a hub and read; nothing else is, whatever a pattern matches."""


def read_rows(path: Path) -> Numbered:
    """Yield the rows of ``path`` in order, each with its line.

    A JSON file may hold a list of objects, one object a line, or one object that holds the rows. Values are those of
    JSON; only ``bytes``, which it has not, stay as they are in Parquet and Arrow.

    Raises:
        SourceError: the file is of another kind, cannot be read, or holds something that is not a row.
        MissingExtra: Parquet and Arrow need a package that is not installed.
    """
    with _source_errors(path):
        _require_kind(path)
        yield from _READERS[kind_of(path)](path)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file of text in UTF-8, plain or packed, ends included, with their numbers from 1.

    Raises:
        SourceError: the file cannot be read, or a line is not text.
    """
    with _source_errors(path):
        yield from lines(path)


@contextmanager
def _source_errors(path: Path) -> Iterator[None]:
    """Turn errors of the system and of unpacking about ``path`` into one line."""
    try:
        yield
    except (EOFError, lzma.LZMAError, zlib.error) as error:
        raise SourceError(_not_whole(path, error)) from error
    except OSError as error:
        # What is wrong with packed bytes comes without the number of an error of the system.
        broken = packing(path) and error.errno is None
        message = f"{path} cannot be read: {error.strerror or error}."
        raise SourceError(_not_whole(path, error) if broken else message) from error


def _require_kind(path: Path) -> None:
    kind = kind_of(path)
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name a file of rows in it.")
    if kind in _NOT_TEXT and packing(path):
        raise SourceError(f"{path} is packed, which only text may be; unpack it first.")
    if kind not in KINDS:
        packed = f"{', '.join(KINDS)} are, text also in {', '.join(PACKED)}"
        raise SourceError(f"{path} {advice(path) or f'is of a kind that is not read; {packed}'}.")


def _not_whole(path: Path, error: Exception) -> str:
    return f"{path} is not a whole {packing(path)} file ({error}); get it again."
