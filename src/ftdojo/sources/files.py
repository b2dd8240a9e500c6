"""Files that several processes share: where they lie, locks, whole writes.

The record is a small JSON file in the cache, one for each data set and pinned revision. Bytes are hashed when they
come and once in every process that reads them.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ftdojo.errors import FtdojoError, SourceError
from ftdojo.records import Dataset


@dataclass(frozen=True, kw_only=True)
class CachePlace:
    """The files of one part, on this machine.

    ``raw`` files are the publisher's, and ``Part.read`` turns their rows into the data set's own; others hold those
    already. ``commit`` is that of the hub, where they came from there.
    """

    origin: Literal["mirror", "hub"]
    files: tuple[Path, ...]
    raw: bool
    commit: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """One file as it first came: where it lies, its size and its SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The record of one data set; ``parts`` names the files of each part that was downloaded."""

    home: Path
    commit: str = ""
    files: Mapping[str, Known] = field(default_factory=dict)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, part: str) -> dict[str, Known]:
        """Return the files of ``part`` by name; none where it was never downloaded whole."""
        return {name: self.files[name] for name in self.parts.get(part, ())}

    def with_part(self, part: str, commit: str, files: Mapping[str, Known]) -> "Lock":
        """Return the record with ``part`` in it, after writing it."""
        grown = replace(
            self,
            commit=commit,
            files={**self.files, **files},
            parts={**self.parts, part: tuple(files)},
        )
        with cache_errors(self.home):
            write_json(self.home, {key: asdict(grown)[key] for key in ("commit", "files", "parts")})
        return grown


def read_lock(dataset: Dataset, *, cache: Path) -> Lock:
    """Return the record of ``dataset``; an empty one where there is none that can be read."""
    pinned = hashlib.sha256(f"{dataset.hub_id}@{dataset.revision}".encode()).hexdigest()[:8]
    safe = dataset.name.replace("/", "--")
    home = cache / "datasets" / f"{safe}-{pinned}.json"
    found = read_json(home)
    try:
        return Lock(
            home=home,
            commit=str(found["commit"]),
            files={name: Known(**each) for name, each in found["files"].items()},
            parts={part: _names(names, found) for part, names in found["parts"].items()},
        )
    except (KeyError, TypeError, AttributeError):
        return Lock(home=home)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file; one that did not change is hashed once a process."""
    about = path.stat()
    return _digest(str(path.resolve()), about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=4096)
def _digest(path: str, size: int, changed: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(names: Any, found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in names if found["files"][name])


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
    except (OSError, ValueError, RecursionError):
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
