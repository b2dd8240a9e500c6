"""Parquet and Arrow (``.arrow``, ``.feather``, what ``save_to_disk`` of datasets writes) as rows of JSON values.

Files are hostile: every batch is validated before it is read, as Arrow would follow a wrong offset out of its memory.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ftdojo.errors import MissingExtra, SourceError
from ftdojo.sources.kinds import disguised
from ftdojo.sources.lines import MAX_ROW_BYTES, Numbered
from ftdojo.sources.values import as_json, characters

_PARQUET_ROWS = 16
"""A dictionary makes long cells short in the file and long again in memory; so few of them are bearable."""
_SLICE_ROWS = 512
_SLICE_BYTES = 64_000_000
_BUFFER_BYTES = 1 << 20
_PEEK_BYTES = 64
_ARROW = b"ARROW1"


def rows_of_parquet(path: Path) -> Numbered:
    """Yield the rows of a Parquet file with their numbers.

    Raises:
        SourceError: it is not a whole Parquet file, or holds what cannot be a row.
        MissingExtra: pyarrow is not installed.
    """
    yield from _rows(path, "Parquet", b"PAR1", _parquet_batches)


def rows_of_arrow(path: Path) -> Numbered:
    """Yield the rows of an Arrow file with their numbers, be it in the format of files or of streams.

    Raises:
        SourceError: it is not a whole Arrow file, or holds what cannot be a row.
        MissingExtra: pyarrow is not installed.
    """
    yield from _rows(path, "Arrow", _ARROW, _arrow_batches)


@contextmanager
def arrow_file(path: Path) -> Iterator[Any]:
    """Open an Arrow file in either format; the reader has a ``schema``."""
    from pyarrow import ipc, memory_map

    read = ipc.open_file if _start(path).startswith(_ARROW) else ipc.open_stream
    with memory_map(str(path)) as source, read(source) as reader:
        yield reader


def _rows(path: Path, kind: str, sign: bytes, batches: Callable[[Path], Iterator[Any]]) -> Numbered:
    try:
        from pyarrow import ArrowException
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{path.name} is {kind}, which needs pyarrow: pip install 'ftdojo[train]'."
        ) from error
    start = _start(path)
    if not start.startswith(sign) and (what := disguised(start)):
        raise SourceError(f"{path} {what}.")
    number = 0
    try:
        for batch in batches(path):
            for row in _rows_of_batch(batch, path, number):
                number += 1
                yield number, row
    except _Unreadable as error:
        raise SourceError(f"{path}, after row {number}, {error}.") from error
    except (ArrowException, OSError, ValueError, LookupError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise SourceError(
            f"{path} is not a whole {kind} file after row {number} ({reason}); get it again."
        ) from error


def _rows_of_batch(batch: Any, path: Path, number: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``batch``, before which there were ``number``."""
    names = _names(batch, path)
    batch.validate(full=True)
    for part in _slices(batch):
        columns = [_values(each, name) for each, name in zip(part.columns, names, strict=True)]
        long = part.nbytes > MAX_ROW_BYTES
        for cells in zip(*columns, strict=True):
            number += 1
            yield _row(names, cells, path, number, long=long)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_PEEK_BYTES)


class _Unreadable(Exception):
    """A column holds a value that Python cannot."""


def _parquet_batches(path: Path) -> Iterator[Any]:
    from pyarrow.parquet import ParquetFile

    options: dict[str, Any] = {
        # The 96 bits of old timestamps reach further than Arrow's nanoseconds, which would wrap around silently.
        "coerce_int96_timestamp_unit": "us",
        # Else columns are read whole, of all rows there are.
        "pre_buffer": False,
        "buffer_size": _BUFFER_BYTES,
    }
    with ParquetFile(path, **options) as file:
        # Without columns, the number of rows is whatever the file claims, and Arrow aborts where it cannot be.
        if file.metadata.num_columns:
            yield from file.iter_batches(batch_size=_PARQUET_ROWS, use_threads=False)


def _arrow_batches(path: Path) -> Iterator[Any]:
    with arrow_file(path) as reader:
        if hasattr(reader, "num_record_batches"):
            yield from map(reader.get_batch, range(reader.num_record_batches))
        else:
            yield from reader


def _slices(batch: Any) -> Iterator[Any]:
    """Yield parts of ``batch`` whose values, even if each row held all the part does, fit into memory."""
    for start in range(0, batch.num_rows, _SLICE_ROWS):
        part = batch.slice(start, _SLICE_ROWS)
        step = max(1, min(_SLICE_ROWS, _SLICE_BYTES // max(1, part.nbytes)))
        for at in range(0, part.num_rows, step):
            yield part.slice(at, step)


def _names(batch: Any, path: Path) -> list[str]:
    names: list[str] = batch.schema.names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SourceError(f"{path} has two columns {twice!r}; rename or drop one.")
    return names


def _values(column: Any, name: str) -> list[Any]:
    """Return the values of ``column``; dates and maps exist that Python has no values for."""
    try:
        values: list[Any] = column.to_pylist(maps_as_pydicts="strict")
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        fault = f"the column {name!r} of type {column.type} holds a value that cannot be read"
        raise _Unreadable(f"{fault} ({str(error)[:200]}); fix it, or drop the column") from error
    return values


def _row(
    names: list[str], cells: tuple[Any, ...], path: Path, number: int, *, long: bool
) -> dict[str, Any]:
    row = {}
    for name, cell in zip(names, cells, strict=True):
        try:
            row[name] = as_json(cell)
        except (ValueError, TypeError) as error:
            _refuse(path, number, f"holds {error} in {name!r}; fix it, or drop the column")
    if long and characters(row) > MAX_ROW_BYTES:
        limit = f"{MAX_ROW_BYTES / 1e6:.0f} MB"
        _refuse(path, number, f"is longer than the {limit} that a row may have; drop it")
    return row


def _refuse(path: Path, number: int, why: str) -> NoReturn:
    raise SourceError(f"{path}, row {number}, {why}.")
