"""Errors of full or read-only disks, in one line wherever they occur."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ftdojo.errors import ModelError

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
