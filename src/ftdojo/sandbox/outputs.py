"""The one way out of a folder in which hostile code ran: one file, checked while it is open, bounded while copied."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal, NoReturn

from ftdojo.errors import FtdojoError

Fault = Literal["missing", "link", "not-a-file", "too-large", "bad-name", "unreadable"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK = 2**20


class HostileOutput(FtdojoError):
    """An output file that is missing or must not be read; ``fault`` says which."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


def take_file(workdir: Path, name: str, *, to: Path, max_bytes: int) -> int:
    """Copy the regular file ``workdir/name`` to ``to`` and return its size in bytes.

    No link is followed on any part of ``name``, nothing can block, and no more than ``max_bytes`` are read. ``to``
    is written whole or not at all.

    Raises:
        HostileOutput: the file is missing, a link, hard-linked elsewhere, no regular file, or too large.
    """
    with _opened(workdir, name) as descriptor:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
            _refuse("not-a-file", f"{name} is {kind}; write a plain file of that name.")
        if found.st_nlink != 1:
            _refuse("link", f"{name} has {found.st_nlink} hard links; write a plain file instead.")
        if found.st_size > max_bytes:
            _refuse("too-large", _too_large(name, max_bytes))
        return _copy(descriptor, name, to=to, max_bytes=max_bytes)


@contextmanager
def _opened(workdir: Path, name: str) -> Iterator[int]:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or parts[0] == "/" or "\0" in name:
        _refuse("bad-name", f"{name!r} names no file inside the folder; give a relative path.")
    here = os.open(workdir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for depth, part in enumerate(parts, start=1):
            flags = _FILE if depth == len(parts) else _FOLDER
            here, before = _open_at(here, part, flags, name), here
            os.close(before)
        yield here
    finally:
        os.close(here)


def _open_at(folder: int, part: str, flags: int, name: str) -> int:
    try:
        return os.open(part, flags, dir_fd=folder)
    except OSError as error:
        if _is_link(folder, part):
            _refuse("link", f"{name} is a link; write a plain file instead.")
        if error.errno in {errno.ENOENT, errno.ENOTDIR}:
            _refuse("missing", f"{name} was not written.")
        if error.errno == errno.ENXIO:
            _refuse("not-a-file", f"{name} is no regular file; write a plain file of that name.")
        _refuse("unreadable", f"{name} cannot be opened: {error.strerror}.")


def _is_link(folder: int, part: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _copy(descriptor: int, name: str, *, to: Path, max_bytes: int) -> int:
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("wb") as out:
            taken = sum(map(out.write, _chunks(descriptor, name, max_bytes=max_bytes)))
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return taken


def _chunks(descriptor: int, name: str, *, max_bytes: int) -> Iterator[bytes]:
    """Read to the end; a file that grew after it was looked at (someone still writes) is refused."""
    left = max_bytes
    while chunk := os.read(descriptor, min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            _refuse("too-large", _too_large(name, max_bytes))
        yield chunk


def _too_large(name: str, max_bytes: int) -> str:
    return f"{name} is larger than {max_bytes} bytes; write less."


def _refuse(fault: Fault, message: str) -> NoReturn:
    raise HostileOutput(fault, message)
