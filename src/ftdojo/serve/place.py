"""Where the process that holds a run is found: a socket in a private folder, and its address in the run folder.

The path of a unix socket may have 107 bytes, so the socket lies in a short folder of its own that only this user may
enter, and ``play.json`` in the run folder says where.
"""

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ftdojo.config import runtime_dirs
from ftdojo.errors import StoreError
from ftdojo.serve.words import Job
from ftdojo.store import RunFolder, dump, load, write_atomic

LONGEST = 100
SOCKET = "socket"
_PREFIX = "ftdojo-"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What ``play.json`` says.

    ``job`` is the one under way, or the last. ``ended`` is the error with which the process went away, if it did so.
    """

    pid: int
    socket: str
    job: Job | None = None
    ended: str = ""


def read_kept(folder: RunFolder) -> Kept | None:
    """Return what the run folder says of its process; None before the first."""
    path = folder.path / "play.json"
    return load(Kept, path.read_text(encoding="utf8"), where=path) if path.exists() else None


def write_kept(folder: RunFolder, kept: Kept) -> None:
    """Note where the process is and what it does."""
    write_atomic(folder.path / "play.json", dump(kept))


def new_socket() -> str:
    """Make a folder that only this user may enter, and return the path of the socket that is to lie in it.

    Raises:
        StoreError: there is no place for it.
    """
    for base in runtime_dirs():
        if len(os.fsencode(base)) + len(_PREFIX) + 16 > LONGEST:
            continue
        with suppress(OSError):
            return str(Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base)) / SOCKET)
    raise StoreError(
        f"No folder for a socket can be made in {', '.join(map(str, runtime_dirs()))}; set XDG_RUNTIME_DIR to a folder "
        "with a short path that you may write to."
    )


def remove_socket(path: str) -> None:
    """Take away a socket that nobody listens at any more, and its folder; nothing else is ever touched."""
    place = Path(path)
    if place.name != SOCKET or not place.parent.name.startswith(_PREFIX):
        return
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(place.lstat().st_mode):
            place.unlink()
    with suppress(OSError):  # it is gone already, or holds what is not ours
        place.parent.rmdir()
