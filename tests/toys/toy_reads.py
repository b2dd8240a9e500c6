"""Which files of a folder are opened to be read, and which folders are listed: Python's own audit events tell."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

_watched = []


def _hook(event, args):
    if not _watched or event not in {"open", "os.scandir"} or not isinstance(args[0], str):
        return
    if event == "open":
        _, mode, flags = args
        reads = not set(mode) & set("wax+") if mode else not flags & (os.O_WRONLY | os.O_RDWR)
        if not reads or flags & os.O_DIRECTORY:
            return
    for folder, found in _watched:
        if args[0].startswith(folder):
            found.append(str(Path(args[0]).relative_to(folder)))


sys.addaudithook(_hook)  # for good: a hook cannot be taken away


@contextmanager
def reads_below(folder):
    """Yield the list of what is read below ``folder`` meanwhile: files opened, folders listed."""
    found = []
    _watched.append((f"{folder}/", found))
    try:
        yield found
    finally:
        _watched.pop()
