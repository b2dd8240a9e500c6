"""Parquet and Arrow (``.arrow``, ``.feather``, what ``save_to_disk`` of datasets writes) as rows of JSON values.

Files are hostile: every batch is validated before it is read, as Arrow would follow a wrong offset out of its memory.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ftdojo.errors import MissingExtra, SourceError
from ftdojo.sources.lines import MAX_ROW_BYTES, Numbered
from ftdojo.sources.values import as_json, characters

_PARQUET_ROWS = 16
"""A dictionary makes long cells short in the file and long again in memory; so few of them are bearable."""
_SLICE_ROWS = 512
_SLICE_BYTES = 64_000_000
_BUFFER_BYTES = 1 << 20


def rows_of_parquet(path: Path) -> Numbered:
    """Yield the rows of a Parquet file with their numbers.

    Raises:
        SourceError: it is not a whole Parquet file, or holds what cannot be a row.
        MissingExtra: pyarrow is not installed.
    """
    yield from _rows(path, "Parquet", _parquet_batches)


def rows_of_arrow(path: Path) -> Numbered:
    """Yield the rows of an Arrow file with their numbers, be it in the format of files or of streams.

    Raises:
        SourceError: it is not a whole Arrow file, or holds what cannot be a row.
        MissingExtra: pyarrow is not installed.
    """
    yield from _rows(path, "Arrow", _arrow_batches)


@contextmanager
def arrow_file(path: Path) -> Iterator[Any]:
    """Open an Arrow file in either format; the reader has a ``schema``."""
    from pyarrow import ipc, memory_map

    with path.open("rb") as file:
        start = file.read(6)
    if start[:4] == b"FEA1":
        raise SourceError(f"{path} is Feather of version 1, which is not read; save it as Parquet.")
    with memory_map(str(path)) as source:
        read = ipc.open_file if start == b"ARROW1" else ipc.open_stream
        with read(source) as reader:
            yield reader


def _rows(path: Path, kind: str, batches: Callable[[Path], Iterator[Any]]) -> Numbered:
    try:
        from pyarrow import ArrowException
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{path.name} is {kind}, which needs pyarrow: pip install 'ftdojo[train]'."
        ) from error
    number = 0
    try:
        for batch in batches(path):
            names = _names(batch, path)
            batch.validate(full=True)
            for part in _slices(batch):
                columns = [
                    _values(each, name) for each, name in zip(part.columns, names, strict=True)
                ]
                long = part.nbytes > MAX_ROW_BYTES
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, _row(names, cells, path, number, long=long)
    except _Unreadable as error:
        raise SourceError(f"{path}, after row {number}, {error}.") from error
    except (ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        told = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise SourceError(
            f"{path} is not a whole {kind} file after row {number} ({told}); get it again."
        ) from error


class _Unreadable(Exception):
    """A column holds a value that Python cannot."""


def _parquet_batches(path: Path) -> Iterator[Any]:
    from pyarrow.parquet import ParquetFile

    # The 96 bits of old timestamps reach further than nanoseconds do in Arrow, which would wrap around silently.
    options: dict[str, Any] = {"coerce_int96_timestamp_unit": "us", "buffer_size": _BUFFER_BYTES}
    with ParquetFile(path, **options) as file:
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
    for name in names:
        if names.count(name) > 1:
            raise SourceError(f"{path} has two columns {name!r}; rename or drop one.")
    return names


def _values(column: Any, name: str) -> list[Any]:
    """Return the values of ``column``; dates and maps exist that Python has no values for."""
    try:
        values: list[Any] = column.to_pylist(maps_as_pydicts="strict")
    except (ValueError, TypeError, OverflowError, LookupError) as error:
        told = f"the column {name!r} of type {column.type} holds a value that cannot be read"
        raise _Unreadable(f"{told} ({str(error)[:200]}); fix it, or drop the column") from error
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
