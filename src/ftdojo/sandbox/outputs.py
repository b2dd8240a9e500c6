"""What a script may leave: a folder that is watched from outside, and its files taken over."""

import errno
import os
import stat
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NoReturn

from ftdojo.errors import FtdojoError

DEEPEST = 64
"""Folders nested deeper than this are a trap for whoever walks or deletes them, not a way to work."""

_INODE = 2**14
"""Bytes that an entry counts at least. It also bounds how many there may be, each of which takes time to look at."""
_UNSEEN = {errno.ENAMETOOLONG, errno.EACCES, errno.EPERM}


@dataclass(frozen=True, kw_only=True)
class Size:
    """What a folder holds. ``hidden`` is true where a part could not be looked at, by depth, name or mode."""

    total: int
    largest: int
    hidden: bool


def measure(folder: Path, *, pids: Iterable[int] = ()) -> Size:
    """Add up a folder while hostile code may be changing it; links are not followed.

    Files that were deleted but are still held open by ``pids`` are counted, since they fill the same disk.
    """
    total = largest = 0
    hidden = False
    for entry in _walk(folder):
        if entry is None:
            hidden = True
            continue
        total += max(entry.st_blocks * 512, _INODE)
        largest = max(largest, entry.st_size if stat.S_ISREG(entry.st_mode) else 0)
    device = folder.stat().st_dev
    total += sum(_deleted(pids, device).values())
    return Size(total=total, largest=largest, hidden=hidden)


@contextmanager
def lent(folder: Path, *, uid: int | None) -> Iterator[None]:
    """Give ``folder`` and all in it to user ``uid``, and take it back when done.

    Taken back means: the former owner's, readable by it and writable by nobody else, no set-user-id bit left, and no
    nest of folders too deep to delete. With ``uid`` None (we are not root) nobody's ownership changes.
    """
    owner = folder.stat()
    if uid is not None:
        for path, _ in _paths(folder):
            os.chown(path, uid, uid, follow_symlinks=False)
    try:
        yield
    finally:
        for path, mode in _paths(folder):
            if not stat.S_ISLNK(mode):
                path.chmod(mode & 0o755 | (0o700 if stat.S_ISDIR(mode) else 0o600))
            if uid is not None:
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _walk(folder: Path) -> Iterator[os.stat_result | None]:
    """Yield the stat of every entry, and None for each part that cannot be looked at."""
    waiting = [(str(folder), 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            if error.errno in _UNSEEN:
                yield None
            continue
        yield from filter(None, map(_stat, entries))
        if depth > DEEPEST:
            yield None
            return
        waiting += [
            (each.path, depth + 1) for each in entries if each.is_dir(follow_symlinks=False)
        ]


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:  # deleted since it was listed
        return None


def _paths(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield every path with its mode, a folder before what it holds; what is nested too deep is deleted.

    Nothing may be running in the folder: a caller changes owners and modes by these paths.
    """
    waiting = [(folder, 0)]
    while waiting:
        path, depth = waiting.pop()
        mode = path.lstat().st_mode
        yield path, mode
        if not stat.S_ISDIR(mode):
            continue
        try:
            inside = [(each, depth + 1) for each in path.iterdir()]
        except OSError:
            inside = []
        if depth > DEEPEST or any(len(str(each)) > 3000 for each, _ in inside):
            subprocess.run(["rm", "-rf", "--", path], check=False, stderr=subprocess.DEVNULL)
        else:
            waiting += inside


def _deleted(pids: Iterable[int], device: int) -> dict[int, int]:
    """Return inode -> bytes on disk of nameless files on ``device`` that ``pids`` hold open."""
    found = {}
    for pid in pids:
        for held in _held(pid):
            if stat.S_ISREG(held.st_mode) and not held.st_nlink and held.st_dev == device:
                found[held.st_ino] = held.st_blocks * 512
    return found


def _held(pid: int) -> Iterator[os.stat_result]:
    folder = Path(f"/proc/{pid}/fd")
    try:
        descriptors = list(folder.iterdir())
    except OSError:  # gone, not ours to look at, or no /proc on this system
        return
    for each in descriptors:
        try:
            yield each.stat()
        except OSError:
            continue


Fault = Literal["missing", "link", "not-a-file", "too-large", "bad-name", "unreadable"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK = 2**20


class HostileOutput(FtdojoError):
    """An output file that is missing or must not be read; ``fault`` is which."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


def take_file(workdir: Path, name: str, *, to: Path, max_bytes: int) -> int:
    """Copy the regular file ``workdir/name`` to ``to`` and return its size in bytes.

    No link is followed on any part of ``name``, nothing can block, and no more than ``max_bytes`` are read. ``to``
    is written whole or not at all.

    Raises:
        HostileOutput: the file is missing, a link, hard-linked elsewhere, not a regular file, or too large.
    """
    with _opened(workdir, name) as descriptor:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
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
        _refuse(
            "bad-name",
            f"{name!r} is not the name of a file inside the folder; give a relative path.",
        )
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
            _refuse("not-a-file", f"{name} is not a regular file; write a plain file of that name.")
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
