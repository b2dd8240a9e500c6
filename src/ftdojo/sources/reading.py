"""Files of rows, read one row at a time: JSONL, JSON, CSV and Parquet; text may be gzipped.

Whatever is wrong with a file is said in one line that names the file and the place in it. Memory does not grow with a
file: nothing longer than a row may be is ever held.
"""

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from ftdojo.errors import MissingExtra, SourceError
from ftdojo.sources.json_rows import (
    MAX_ROW_BYTES,
    Numbered,
    decode,
    parse,
    refuse,
    rows_of_list,
    rows_of_object,
)

_BATCH_ROWS = 512
_PEEK_BYTES = 1 << 16


def read_rows(path: Path) -> Numbered:
    """Yield the rows of ``path`` in order, each with its line.

    A JSON file may hold a list of objects, one object a line, or one object that holds the rows.

    Raises:
        SourceError: the file is of another kind, cannot be read, or holds something that is no row.
        MissingExtra: Parquet needs a package that is not installed.
    """
    kind = kind_of(path)
    if kind not in _READERS:
        raise SourceError(f"{path} is of a kind that is not read; {', '.join(_READERS)} are.")
    try:
        yield from _READERS[kind](path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{path} is no whole gzip file ({error}); get it again.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error


def kind_of(path: Path) -> str:
    """Return the suffix that says how ``path`` is read: ``.jsonl`` for ``rows.jsonl.gz``.

    Example:
        >>> kind_of(Path("v1.2/rows.JSONL.gz"))
        '.jsonl'
    """
    return Path(path.name.lower().removesuffix(".gz")).suffix


def stem(path: Path) -> str:
    """Return the name of ``path`` without what says how it is read.

    Example:
        >>> stem(Path("data/rows.jsonl.gz"))
        'rows'
    """
    name = path.name[:-3] if path.suffix.lower() == ".gz" else path.name
    return Path(name).stem


def _jsonl(path: Path) -> Numbered:
    for number, text in _lines(path):
        if text := text.strip():
            yield number, parse(text, path, number)


def _json(path: Path) -> Numbered:
    with _opened(path) as file:
        start = file.read(_PEEK_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start == b"{" and _one_object_a_line(path):
        yield from _jsonl(path)
        return
    with _opened(path) as file:
        yield from (rows_of_object if start == b"{" else rows_of_list)(file, path)


def _one_object_a_line(path: Path) -> bool:
    """Return whether the first line is a whole object and more follows: JSONL under the name of JSON."""
    with _opened(path) as file:
        try:
            json.loads(file.readline(MAX_ROW_BYTES).removeprefix(codecs.BOM_UTF8))
        except (ValueError, RecursionError):
            return False
        return bool(file.read(_PEEK_BYTES).strip())


def _csv(path: Path) -> Numbered:
    csv.field_size_limit(MAX_ROW_BYTES)
    delimiter = "\t" if kind_of(path) == ".tsv" else ","
    reader = csv.reader((text for _, text in _lines(path)), delimiter=delimiter, strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not header:
                header = cells
            elif cells:
                yield line, _record(header, cells, path, line)
            line = reader.line_num + 1
    except csv.Error as error:
        refuse(path, line, f"is no CSV ({error}); mend or drop it")


def _record(header: list[str], cells: list[str], path: Path, line: int) -> dict[str, Any]:
    if len(cells) != len(header):
        refuse(path, line, f"has {len(cells)} cells where the header has {len(header)}; mend it")
    return dict(zip(header, cells, strict=True))


def _parquet(path: Path) -> Numbered:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{path.name} is Parquet, which needs pyarrow: pip install 'ftdojo[train]'."
        ) from error
    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (ArrowException, OSError) as error:
        told = str(error).splitlines()[0][:200]
        raise SourceError(
            f"{path} is no whole Parquet file after row {number} ({told}); get it again."
        ) from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file with their numbers."""
    with _opened(path) as file:
        number = 0
        while line := file.readline(MAX_ROW_BYTES + 1):
            number += 1
            if len(line) > MAX_ROW_BYTES:
                limit = f"{MAX_ROW_BYTES / 1e6:.0f} MB"
                refuse(path, number, f"is longer than the {limit} that a row may have; drop it")
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            yield number, decode(line, path, number)


def _opened(path: Path) -> IO[bytes]:
    zipped = path.suffix.lower() == ".gz"
    return cast("IO[bytes]", gzip.open(path)) if zipped else path.open("rb")


_READERS = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}
KINDS = tuple(_READERS)
"""What is fetched from a hub and read; nothing else is, whatever a pattern matches."""
