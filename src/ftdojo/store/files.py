"""Files that are there whole or not at all, logs that survive a crash, and one line when the disk is full.

A name that ends in ``.part`` is unfinished work: every reader passes over it, and whoever holds the lock of the
folder may sweep it.
"""

import contextlib
import errno
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from ftdojo.errors import StoreError

PART = ".part"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EROFS}
_APPENDING = threading.Lock()


def write_atomic(path: Path, content: str | bytes) -> None:
    """Replace ``path`` by ``content``: a reader, or a crash, meets the old file or the new one, never a half.

    Raises:
        StoreError: the disk is full, or the folder cannot be written to.
    """
    with _whole(path, content) as part:
        part.replace(path)


def write_once(path: Path, content: str | bytes) -> None:
    """Write ``path`` whole, and only if it is not there yet.

    Raises:
        StoreError: it exists, the disk is full, or the folder cannot be written to.
    """
    with _whole(path, content) as part:
        try:
            _claim(part, path)
        except FileExistsError as error:
            raise StoreError(
                f"{path} exists and is written only once. Use a new run if you want another one."
            ) from error


def append_line(path: Path, line: str) -> None:
    """Add ``line`` to the log at ``path``; it is on the disk on return.

    A last line without its end was never acknowledged (the writer died in it), so it is cut off first.

    Raises:
        StoreError: the disk is full, or the file cannot be written to.
    """
    assert "\n" not in line, "a log holds one record a line"
    with _APPENDING, writing(path):
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            _cut_torn(descriptor)
            _write_all(descriptor, line.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync_folder(path.parent)


def read_lines(path: Path) -> list[str]:
    """Return the finished lines of a log, without one that a crash tore; an absent log has none.

    Raises:
        StoreError: it cannot be read, or is not UTF-8.
    """
    try:
        whole, _, _ = path.read_bytes().rpartition(b"\n")
        return whole.decode().split("\n") if whole else []
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error


def read_text(path: Path) -> str:
    """Return the text of ``path``, line ends as they are.

    Raises:
        StoreError: it is absent, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError | UnicodeDecodeError) -> StoreError:
    """Return the error for a file whose bytes cannot be had as text."""
    why = error.strerror if isinstance(error, OSError) else f"no UTF-8 at byte {error.start}"
    return StoreError(
        f"{path} cannot be read ({why}). Restore it from a copy, or move its folder aside and start a new run."
    )


@contextlib.contextmanager
def noting_full(path: Path) -> Iterator[None]:
    """Say in one line that the disk filled up while ``path`` was made; other errors pass.

    Raises:
        StoreError: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise full(path) from error
        raise


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says while ``path`` is written into one line.

    Raises:
        StoreError: the disk is full, or ``path`` cannot be written.
    """
    try:
        with noting_full(path):
            yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}). Check that its folder exists and that you may write there."
        ) from error


def full(path: Path) -> StoreError:
    """Return the error for a full disk; it names the run if ``path`` lies in one."""
    run = next((folder.name for folder in path.parents if (folder / "run.json").exists()), "RUN")
    return StoreError(
        f"The disk is full ({size(free_bytes(path))} free at {_there(path)}); "
        f"free some space and run `ftdojo resume {run}`."
    )


def require_free(path: Path, needed: int, purpose: str) -> None:
    """Refuse early what would fill the disk that ``path`` lies on.

    Raises:
        StoreError: fewer than ``needed`` bytes are free.
    """
    free = free_bytes(path)
    if free < needed:
        raise StoreError(
            f"{purpose} needs {size(needed)} and {size(free)} are free at {_there(path)}; "
            "free some space, or choose another disk with FTDOJO_HOME and FTDOJO_CACHE."
        )


def free_bytes(path: Path) -> int:
    """Return the bytes free on the disk that ``path`` lies, or would lie, on."""
    return shutil.disk_usage(_there(path)).free


def folder_bytes(path: Path, *, without: str = "") -> int:
    """Return the bytes of all files below ``path``; links are not followed, files that vanish count nothing.

    ``without`` is the name of a folder right below ``path`` that is left out.
    """
    total = 0
    for folder, inner, names in os.walk(path):
        if folder == str(path) and without in inner:
            inner.remove(without)
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(folder) / name).lstat().st_size
    return total


def size(count: int) -> str:
    """Write a number of bytes for people, in powers of ten.

    Example:
        >>> size(1_234_567), size(12)
        ('1.2 MB', '12 B')
    """
    for power, unit in ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} B"


def make_folder(path: Path) -> None:
    """Make a folder and those above it, and put their names on the disk.

    Raises:
        StoreError: the disk is full, or the folder above cannot be written to.
    """
    with writing(path):
        missing = [each for each in (path, *path.parents) if not each.exists()]
        path.mkdir(parents=True, exist_ok=True)
        for each in missing:
            sync_folder(each.parent)


def sync_folder(path: Path) -> None:
    """Put the names in a folder on the disk, as fsync does for a file's bytes; where it can't be done, pass."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:  # some network disks know no such thing for a folder
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _whole(path: Path, content: str | bytes) -> Iterator[Path]:
    """Write ``content`` beside ``path``, hand out that file to be put in place, and leave nothing else behind."""
    data = content.encode() if isinstance(content, str) else content
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    with writing(path):
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield part
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)


def _claim(part: Path, path: Path) -> None:
    """Give ``part`` the name ``path`` unless it is taken, which is asked first even on a disk without hard links."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:
        part.replace(path)


def _cut_torn(descriptor: int) -> None:
    """Cut off a last line that has no end, looking back from the end of the file."""
    end = position = os.fstat(descriptor).st_size
    while position and os.pread(descriptor, 1, position - 1) != b"\n":
        position -= 1
    if position != end:
        os.ftruncate(descriptor, position)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _there(path: Path) -> Path:
    """Return ``path`` or the nearest folder above it that exists."""
    path = path.absolute()
    return next(each for each in (path, *path.parents) if each.exists())
