"""Parquet and Arrow (``.arrow``, ``.feather``, what ``save_to_disk`` of datasets writes) as rows of JSON values.

Files are hostile: every batch is validated before it is read, as Arrow would follow a wrong offset out of its memory.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from pydantic_core import to_jsonable_python

from ftdojo.errors import MissingExtra, SourceError
from ftdojo.sources.kinds import disguised, kind_of
from ftdojo.sources.lines import MAX_ROW_BYTES, Numbered


def as_json(value: Any) -> Any:
    """Return ``value`` as JSON holds it; only ``bytes``, for which JSON has nothing, stay.

    Dates, times and durations become text in ISO 8601, decimals plain digits, NaN (how a missing number is
    written) None, the keys of a map text.

    Raises:
        ValueError: it is an infinite number.
        TypeError: it is of a type that is not known here.

    Example:
        >>> as_json({"on": date(2024, 1, 1), "price": Decimal("1.50"), "took": timedelta(seconds=90)})
        {'on': '2024-01-01', 'price': '1.50', 'took': 'PT1M30S'}
    """
    if value is None or type(value) in (str, int, bool, bytes):
        return value
    if isinstance(value, float):
        return _finite(float(value))
    if isinstance(value, Mapping):
        return {_key(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return _as_text(value)


def holds_bytes(value: Any) -> bool:
    """Return whether ``value`` is or holds bytes."""
    if isinstance(value, Mapping):
        return any(holds_bytes(each) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple):
        return any(map(holds_bytes, value))
    return isinstance(value, bytes | bytearray | memoryview)


def characters(value: Any) -> int:
    """Return how many characters of text ``value`` holds."""
    if isinstance(value, Mapping):
        return sum(characters(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return sum(map(characters, value))
    return len(value) if isinstance(value, str) else 1


def _as_text(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat() if value == value else None  # pandas' NaT is unequal to itself
    if isinstance(value, timedelta):
        # What counts nanoseconds is pandas' own, which pydantic would round.
        finer = getattr(value, "nanoseconds", 0)
        return value.isoformat() if finer else to_jsonable_python(value)  # type: ignore[attr-defined]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "tolist"):
        return as_json(value.tolist())  # a scalar or an array of numpy
    raise TypeError(f"a {type(value).__name__}")


def _finite(value: float) -> float | None:
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the infinite number {value}")
    return value if value == value else None


def _key(key: Any) -> Any:
    key = as_json(key)
    return key if isinstance(key, str | bytes) else str(key)


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


def label_names(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Return column -> the names of its classes, the class 0 first; empty where ``path`` does not name them.

    Only columns whose every value is the number of a class are returned. A number outside the names (datasets writes -1)
    stands for a class that is not known.
    """
    try:
        return _class_names(json.loads(_schema(path).metadata[b"huggingface"])["info"]["features"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return {}


def _schema(path: Path) -> Any:
    """Return the schema of ``path``; None where there is none to be read."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_schema
    except ModuleNotFoundError:
        return None
    try:
        match kind_of(path):
            case ".parquet":
                return read_schema(path)
            case ".arrow" | ".feather":
                with arrow_file(path) as reader:
                    return reader.schema
    except (ArrowException, OSError, SourceError):
        pass
    return None


def _class_names(features: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        column: tuple(feature["names"])
        for column, feature in features.items()
        if isinstance(feature, dict)
        and feature.get("_type") == "ClassLabel"
        and _are_names(feature.get("names"))
    }


def _are_names(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(each, str) for each in found)
