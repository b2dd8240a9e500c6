"""Files that appear whole or not at all."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ftdojo.errors import FtdojoError, SourceError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside ``path`` for writing; it takes the place of ``path`` when the block ends well.

    One writer at a time: what an earlier one left behind when it was killed is overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write ``value`` to ``path``, whole."""
    with whole_file(path) as file:
        file.write(json.dumps(value, ensure_ascii=False, indent=1).encode())


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``; an empty one where none can be read."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


@contextmanager
def cache_errors(place: Path) -> Iterator[None]:
    """Turn what goes wrong with writing ``place``, in the cache, into one line.

    Raises:
        SourceError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FtdojoError):
            raise
        raise SourceError(
            f"{place} cannot be written ({error.strerror or error}); make room there, or point FTDOJO_CACHE at "
            "another folder."
        ) from error
