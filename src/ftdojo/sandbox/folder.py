"""The writable folder: lent to the sandbox's user for a run, measured while it lasts, taken back without traps."""

import errno
import os
import stat
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEEPEST = 64
"""Folders nested deeper than this are a trap for whoever walks or deletes them, not a way to work."""

_INODE = 4096
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
