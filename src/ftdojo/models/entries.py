"""Models on this disk: whole folders, verified, or none.

The manifest (``ftdojo.json``) records what the model is and the size and time of each of its files, so that a second
run neither hashes the weights again nor trusts a file that was cut short.
"""

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError
from ftdojo.models.local import LocalModel
from ftdojo.models.weights import tensor_digest

CACHE_REMEDY = "set FTDOJO_CACHE to a folder on another disk"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EEXIST}


@contextmanager
def disk_errors(folder: Path, *, remedy: str = CACHE_REMEDY) -> Iterator[None]:
    """Turn a full disk or a refused write below ``folder`` into a ``ModelError`` that ends with ``remedy``.

    safetensors reports a full disk by an error of its own, and numpy by an ``OSError`` without a number.
    """
    try:
        yield
    except (OSError, _safetensor_error()) as error:
        number = getattr(error, "errno", None)
        if number in _FULL or (number is None and _tells_of_a_full_disk(str(error))):
            message = f"The disk of {folder} is full; free some space, or {remedy}."
            raise ModelError(message) from error
        if number in _CLOSED:
            raise _closed(folder, error, remedy) from error
        raise


def make_folder(folder: Path, *, remedy: str = CACHE_REMEDY, told: Path | None = None) -> None:
    """Make ``folder`` and those above it, unless they exist; errors call it ``told``, if given.

    Raises:
        ModelError: it cannot be, whatever the system's reason; it ends with ``remedy``.
    """
    named = told or folder
    try:
        with disk_errors(named, remedy=remedy):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # /proc and its like report that the folder to be made is missing
        raise _closed(named, error, remedy) from error


def need_room(folder: Path, size_bytes: int, *, remedy: str = CACHE_REMEDY) -> None:
    """Check that ``size_bytes`` fit on the disk of ``folder``, before any of them is fetched or written.

    Raises:
        ModelError: they do not.
    """
    free = shutil.disk_usage(folder).free
    if free < size_bytes:
        raise ModelError(
            f"{size_bytes / 1e9:.1f} GB are needed in {folder}, where {free / 1e9:.1f} GB are free; "
            f"free some space, or {remedy}."
        )


def _closed(folder: Path, error: Exception, remedy: str) -> ModelError:
    why = getattr(error, "strerror", error)
    return ModelError(f"{folder} cannot be written ({why}); {remedy}.")


def _tells_of_a_full_disk(text: str) -> bool:
    return "No space left" in text or ("requested and" in text and "written" in text)


def _safetensor_error() -> type[Exception]:
    """Import the class only when something was raised: it comes with an optional package."""
    from safetensors import SafetensorError

    found: type[Exception] = SafetensorError
    return found


MANIFEST = "ftdojo.json"
Progress = Callable[[str], None]


def entry_folder(name: str, cache: Path) -> Path:
    """Return the folder under ``cache`` that belongs to the model ``name``."""
    return cache / "models" / re.sub(r"[^A-Za-z0-9._@-]+", "--", name).strip("-.")


@contextmanager
def locked(entry: Path, on_progress: Progress) -> Iterator[None]:
    """Hold the entry's lock, so that of two processes one makes the model and the other finds it made."""
    from filelock import FileLock, Timeout

    make_folder(entry.parent)
    lock = FileLock(entry.parent / f".{entry.name}.lock")
    with disk_errors(entry.parent):
        try:
            lock.acquire(timeout=0.2)
        except Timeout:
            on_progress(f"{entry.name}: waiting for another process that makes it ...")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def filling(entry: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``entry`` when the block ends well, and vanishes when it does not."""
    for stale in entry.parent.glob(f".{entry.name}.tmp*"):
        shutil.rmtree(stale, ignore_errors=True)
    fresh = entry.parent / f".{entry.name}.tmp{os.getpid()}"
    try:
        with disk_errors(entry.parent):
            fresh.mkdir()
            yield fresh
            shutil.rmtree(entry, ignore_errors=True)
            fresh.replace(entry)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_manifest(model: LocalModel, entry: Path) -> None:
    """Record ``model`` in ``entry``; call it last, since its presence means that the entry is whole."""
    found = asdict(model) | {"path": "." if model.path == entry else str(model.path)}
    found["files"] = {path.name: _stamp(path) for path in _files(model.path)}
    fresh = entry / f".{MANIFEST}.{os.getpid()}"
    fresh.write_text(json.dumps(found, indent=1), encoding="utf8")
    fresh.replace(entry / MANIFEST)


def read_manifest(entry: Path) -> LocalModel | None:
    """Return the model in the manifest of ``entry``, unchecked; None where it cannot be read."""
    parsed = _parse(entry)
    return parsed[0] if parsed else None


def find_damage(entry: Path) -> str:
    """Return what is wrong with ``entry`` in a few words, or the empty string.

    Sizes are compared; the weights are hashed only where a file has another time than the manifest says, as it has
    after a copy of the whole cache.
    """
    parsed = _parse(entry)
    if parsed is None:
        return f"it has no readable {MANIFEST}"
    model, files = parsed
    stale = False
    for name, (size, time_ns) in files.items():
        path = model.path / name
        if not path.is_file():
            return f"{name} is missing"
        found_size, found_time = _stamp(path)
        if found_size != size:
            return f"{name} has {found_size} bytes instead of {size}"
        stale = stale or found_time != time_ns
    return _recheck(model, entry) if stale else ""


def _recheck(model: LocalModel, entry: Path) -> str:
    """Hash weights whose times have changed, and note the new times where they are as they were."""
    try:
        if tensor_digest(model.path) != model.digest:
            return "its weights were changed"
    except ModelError as error:
        return str(error)
    write_manifest(model, entry)
    return ""


def _parse(entry: Path) -> tuple[LocalModel, dict[str, tuple[int, int]]] | None:
    try:
        found: dict[str, Any] = json.loads((entry / MANIFEST).read_text(encoding="utf8"))
        files = {str(name): (int(at[0]), int(at[1])) for name, at in found.pop("files").items()}
        path = entry / found.pop("path")
        return LocalModel(path=path, **found), files
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _files(folder: Path) -> list[Path]:
    return sorted(
        p for p in folder.iterdir() if p.is_file() and not p.name.startswith((".", MANIFEST))
    )


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
