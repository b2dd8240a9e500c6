"""What was first downloaded of a data set, file by file: nothing else is ever read in its place.

The record is a small JSON file in the cache, one for each data set and pinned revision. Bytes are hashed when they
come and once in every process that reads them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ftdojo.records import Dataset
from ftdojo.sources.files import cache_errors, read_json, write_json


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
