"""Keeping a raw source as one JSONL file in the cache, and reading parts of it.

A file appears whole or not at all, and is verified by digest whenever it is used; a damaged one is made again
with a warning in the log. Rows are streamed: memory does not grow with a source.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock

from ftdojo.errors import StoreError, UsageError
from ftdojo.records import Source
from ftdojo.sources.arrow_rows import holds_bytes
from ftdojo.sources.files import read_json, whole_file, write_json

MAX_ROWS_READ = 1000
_PEEK_ROWS = 3
_NOTED = ("digest", "rows", "bytes")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class StoredSource:
    """A source on disk: ``path`` is JSONL in UTF-8, ``digest`` the SHA-256 of its bytes."""

    name: str
    path: Path
    digest: str
    rows: int
    bytes: int


def materialise(source: Source, *, cache: Path) -> StoredSource:
    """Return ``source`` as a verified file under ``cache``, written now if it is not there.

    The folder is named after the source, its version and a digest of its declaration and first rows, so that two
    tasks may call different sources alike, and a changed generator is not answered with old rows.

    Raises:
        StoreError: a row is not a JSON object, or the file cannot be written.
    """
    folder = cache / "sources" / f"{source.name}-v{source.version}-{_identity(source)}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            return _verified(source.name, folder) or _write(source, folder)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"Source {source.name!r} cannot be kept in {folder}: {error.strerror or error}. "
            "Make room there, or point FTDOJO_CACHE at another folder."
        ) from error


def head(stored: StoredSource, *, rows: int, to: Path) -> int:
    """Copy ``rows`` rows, spread evenly over the file, to ``to`` for a dry run; return how many there were.

    Raises:
        UsageError: ``rows`` is below 1.
    """
    if rows < 1:
        raise UsageError(f"rows={rows} copies nothing of {stored.name!r}; give 1 or more.")
    wanted = set(spread(stored.rows, rows))
    with stored.path.open("rb") as file, to.open("wb") as copy:
        copy.writelines(line for number, line in enumerate(file) if number in wanted)
    return len(wanted)


def spread(of: int, count: int) -> list[int]:
    """Return the numbers of up to ``count`` rows, spread evenly over ``of`` rows.

    Example:
        >>> spread(10, 4), spread(2, 4)
        ([0, 2, 5, 7], [0, 1])
    """
    count = min(count, of)
    return [at * of // count for at in range(count)]


def rows(stored: StoredSource, offset: int, limit: int) -> tuple[dict[str, Any], ...]:
    """Return up to ``limit`` rows from row ``offset`` on; past the end there are none.

    Raises:
        UsageError: ``offset`` is negative, or ``limit`` lies outside 1 to ``MAX_ROWS_READ``.
    """
    if offset < 0 or not 1 <= limit <= MAX_ROWS_READ:
        raise UsageError(
            f"offset={offset}, limit={limit} cannot be read from {stored.name!r}; "
            f"offset must be 0 or more, limit 1 to {MAX_ROWS_READ}."
        )
    return tuple(islice(each_row(stored), offset, offset + limit))


def each_row(stored: StoredSource) -> Iterator[dict[str, Any]]:
    """Yield every row in order, one in memory at a time."""
    with stored.path.open("rb") as file:
        for line in file:
            yield json.loads(line)


def _identity(source: Source) -> str:
    declared = (source.name, source.version, source.summary, source.licence, dict(source.fields))
    peek = [repr(row) for row in islice(source.rows(), _PEEK_ROWS)]
    return hashlib.sha256(repr((declared, source.notes, peek)).encode()).hexdigest()[:12]


def _verified(name: str, folder: Path) -> StoredSource | None:
    """Return what ``folder`` holds if its bytes are those that were written."""
    if not folder.exists():
        return None
    path, noted = folder / "rows.jsonl", read_json(folder / "stored.json")
    if tuple(noted) == _NOTED and path.is_file() and noted["digest"] == _digest(path):
        return StoredSource(name=name, path=path, **noted)
    _log.warning("The stored rows of source %r are damaged or incomplete; making them again.", name)
    return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(source: Source, folder: Path) -> StoredSource:
    path = folder / "rows.jsonl"
    digest, count, size = hashlib.sha256(), 0, 0
    with whole_file(path) as file:
        for line in _lines(source):
            file.write(line)
            digest.update(line)
            count, size = count + 1, size + len(line)
    stored = StoredSource(
        name=source.name, path=path, digest=digest.hexdigest(), rows=count, bytes=size
    )
    write_json(folder / "stored.json", {key: getattr(stored, key) for key in _NOTED})
    return stored


def _lines(source: Source) -> Iterator[bytes]:
    """Yield the rows as JSON; a column of bytes, as of pictures, is left out unless the source declares it."""
    left_out: set[str] = set()
    for number, row in enumerate(source.rows()):
        left_out |= {name for name, value in row.items() if holds_bytes(value)}
        if declared := left_out & set(source.fields):
            raise StoreError(
                f"Row {number} of source {source.name!r} holds bytes in {min(declared)!r}, which JSON cannot; turn "
                "them into text in the source's rows(), or declare other fields."
            )
        kept = {name: value for name, value in row.items() if name not in left_out}
        try:
            yield json.dumps(kept, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            raise StoreError(
                f"Row {number} of source {source.name!r} cannot be written as JSON ({error}); "
                "fix the row, or leave it out in the source's rows()."
            ) from error
