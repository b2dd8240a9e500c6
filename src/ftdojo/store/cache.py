"""What can be made again but need not be: built data, trained weights, scores and checks, by content digest.

An entry is a folder ``<kind>/<key>/`` with a ``manifest.json`` that names every file, its size and its SHA-256. The
manifest is written last, in a folder that gets its name only when it is complete; so an entry is whole or absent. A
damaged one is moved aside, said aloud, and made again.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ftdojo.errors import StoreError
from ftdojo.store import codec, files

if TYPE_CHECKING:
    import filelock

Kind = Literal["data", "weights", "scores", "base-scores", "checks", "losses"]
MANIFEST = "manifest.json"
HASHED_BYTES = 1 << 20
"""Files up to this size are hashed whenever an entry is used; of larger ones the size is compared."""


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """One file of an entry."""

    bytes: int
    sha256: str


class Cache:
    """A folder of entries that any number of processes share.

    Args:
        root: where it lives; made when first written to.
        say: is told, in one sentence, of every damaged entry that was moved aside.
    """

    def __init__(self, root: Path, *, say: Callable[[str], None] = lambda sentence: None) -> None:
        self.root, self._say = root, say

    @staticmethod
    def key(*parts: str) -> str:
        """Return the digest of ``parts``; their number and borders count.

        Example:
            >>> Cache.key("ab", "c") == Cache.key("a", "bc")
            False
        """
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()

    def entry(self, kind: Kind, key: str) -> Path | None:
        """Return the folder of a complete entry, unread."""
        path = self._path(kind, key)
        return path if (path / MANIFEST).is_file() else None

    def get(self, kind: Kind, key: str) -> Path | None:
        """Return the folder of an entry after a look at its files, or None if it must be made.

        Sizes are compared for every file, digests for the small ones. A damaged entry is moved aside and told of.
        """
        path = self.entry(kind, key)
        if path is None:
            return None
        if _fault(path):
            with self._locked(kind, key):  # another process may be repairing it
                return self._sound(kind, key)
        with contextlib.suppress(OSError):  # a cache that is only readable still serves
            os.utime(path / MANIFEST)
        return path

    def put_folder(self, kind: Kind, key: str, fill: Callable[[Path], None]) -> Path:
        """Return the entry, made by ``fill`` if it is not there.

        ``fill`` gets an empty folder and writes plain files into it. Two processes that want the same entry make it
        once: the second waits for the first. If ``fill`` raises, nothing is kept.

        Raises:
            StoreError: the disk is full, the cache cannot be written, or ``fill`` left a link.
        """
        with self._locked(kind, key):
            return self._sound(kind, key) or self._make(self._path(kind, key), fill)

    def put_text(self, kind: Kind, key: str, text: str) -> None:
        """Store one text under ``key``, unless there is one."""
        self.put_folder(kind, key, lambda folder: files.write_atomic(folder / "text", text))

    def get_text(self, kind: Kind, key: str) -> str | None:
        """Return the text stored under ``key``, or None if it must be made."""
        path = self.get(kind, key)
        return None if path is None else files.read_text(path / "text")

    def size_bytes(self) -> int:
        """Return the bytes that all entries take."""
        return files.folder_bytes(self.root)

    def sweep(self) -> int:
        """Remove what killed writers left unfinished and return how many; work in progress is not touched."""
        import filelock

        swept = 0
        for part in self.root.glob(f"*/*{files.PART}"):
            with contextlib.suppress(filelock.Timeout), self._lock(part, timeout=0):
                shutil.rmtree(part, ignore_errors=True)
                swept += 1
        return swept

    def prune(self, max_bytes: int) -> int:
        """Remove the entries used longest ago until the rest fits ``max_bytes``; return the bytes freed.

        An entry in use is not spared: prune when no run is going on.
        """
        before = self.size_bytes()
        shutil.rmtree(self.root / "damaged", ignore_errors=True)
        left = self.size_bytes()
        stamps = sorted(self.root.glob(f"*/*/{MANIFEST}"), key=lambda path: path.stat().st_mtime)
        for stamp in stamps:
            if left <= max_bytes:
                break
            left -= files.folder_bytes(stamp.parent)
            self._remove(stamp.parent)
        return before - left

    def _make(self, path: Path, fill: Callable[[Path], None]) -> Path:
        part = path.with_name(path.name + files.PART)
        shutil.rmtree(part, ignore_errors=True)  # a killed writer's: the lock is ours
        try:
            with files.noting_full(path):
                part.mkdir()
                fill(part)
                files.write_atomic(part / MANIFEST, _manifest(part))
                part.rename(path)
                files.sync_folder(path.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return path

    def _sound(self, kind: Kind, key: str) -> Path | None:
        """Return the entry if nothing is wrong with it; move it aside if something is. The lock is held."""
        path = self._path(kind, key)
        fault = _fault(path) if path.exists() else ""
        if fault:
            self._move_aside(kind, key, fault)
        return path if path.exists() else None

    def _move_aside(self, kind: Kind, key: str, fault: str) -> None:
        aside = self.root / "damaged" / f"{kind}-{key}"
        with files.writing(aside):
            files.make_folder(aside.parent)
            shutil.rmtree(aside, ignore_errors=True)
            self._path(kind, key).rename(aside)
        self._say(
            f"The cached {kind} {key[:12]} was damaged ({fault}); it was moved to {aside} and will be made again."
        )

    def _remove(self, path: Path) -> None:
        """Take an entry's name away before its files, so that nobody meets a half of it."""
        with self._lock(path):
            part = path.with_name(path.name + files.PART)
            shutil.rmtree(part, ignore_errors=True)
            with contextlib.suppress(FileNotFoundError):
                path.rename(part)
            shutil.rmtree(part, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self, kind: Kind, key: str) -> Iterator[None]:
        path = self._path(kind, key)
        files.make_folder(path.parent)
        lock = self._lock(path)
        with files.writing(path):
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _lock(self, path: Path, timeout: float = -1) -> "filelock.BaseFileLock":
        import filelock

        folder = self.root / "locks"
        files.make_folder(folder)
        name = f"{path.parent.name}-{path.name.removesuffix(files.PART)}"
        return filelock.FileLock(folder / name, timeout=timeout)

    def _path(self, kind: Kind, key: str) -> Path:
        return self.root / kind / key


def _manifest(folder: Path) -> str:
    """Describe every file below ``folder`` and put each on the disk.

    Raises:
        StoreError: something there is neither a plain file nor a folder.
    """
    found: dict[str, Stamp] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise StoreError(
                f"{path} is not a plain file; an entry of the cache holds nothing else."
            )
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = _stamp(path)
        else:
            files.sync_folder(path)
    return codec.dump_object({"files": found})


def _stamp(path: Path) -> Stamp:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return Stamp(bytes=path.stat().st_size, sha256=digest)


def _fault(folder: Path) -> str:
    """Return what is wrong with an entry in a few words; nothing if nothing is."""
    where = folder / MANIFEST
    try:
        listed = codec.load_object(files.read_text(where), where=where)["files"]
        for name, raw in listed.items():
            if not _matches(folder / name, raw["bytes"], raw["sha256"]):
                return f"{name} is not what was stored"
    except (StoreError, KeyError, TypeError, AttributeError):
        return f"{MANIFEST} cannot be read"
    except OSError as error:
        return f"{Path(error.filename).name}: {error.strerror}"
    return ""


def _matches(path: Path, count: int, sha256: str) -> bool:
    if path.stat().st_size != count:
        return False
    if count > HASHED_BYTES:
        return True
    return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
