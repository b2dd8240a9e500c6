"""Runs in the sandbox, alone: reads queries from ``queries.json``, writes what they return to ``rows.json``.

Each query gets a connection of its own to ``database.sqlite``; it may only read, and has a deadline and at most so many
rows and bytes. Its fault stands in place of its rows.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

DATABASE = "database.sqlite"
QUERY_S = 2.0
MOST_ROWS = 10_000
MOST_BYTES = 2_000_000
READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


def answer(query: str) -> dict[str, Any]:
    """Return the rows of one query, or the error that it made."""
    until = time.monotonic() + QUERY_S
    source = f"file:{DATABASE}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(source, uri=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf8", "replace")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
        database.set_progress_handler(lambda: time.monotonic() > until, 10_000)
        database.set_authorizer(_may)
        try:
            cursor = database.execute(query)
            return _read(cursor) if cursor.description else {"error": "no query"}
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
            return {"error": f"{type(error).__name__}: {error}"[:200]}


def _read(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    kept: list[list[Any]] = []
    size = 0
    for row in rows:
        kept.append([_plain(value) for value in row])
        size += sum(len(str(value)) for value in kept[-1])
        if len(kept) > MOST_ROWS or size > MOST_BYTES:
            return {"error": f"more than {MOST_ROWS} rows or {MOST_BYTES} bytes"}
    return {"rows": kept}


def _may(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY


def _plain(value: object) -> object:
    return f"blob {value.hex()}" if isinstance(value, bytes) else value


if __name__ == "__main__":
    queries = json.loads(Path("queries.json").read_text(encoding="utf8"))
    Path("rows.json").write_text(json.dumps([answer(query) for query in queries]), encoding="utf8")
