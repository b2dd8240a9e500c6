"""What a container's control groups say about memory: the limit in force, and whether the system killed for it.

Version 2 keeps ``memory.max`` and ``memory.events`` below ``/sys/fs/cgroup``, version 1 ``memory.limit_in_bytes``,
``memory.oom_control`` and ``memory.failcnt`` below ``/sys/fs/cgroup/memory``; ``/proc/self/cgroup`` names this process's
group in either. A group's limit binds every group below it. A container often sees its own group as the root while the
name is the host's, so folders that are not there are passed over and the root is always read.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_LIMITS = ("memory.max", "memory.limit_in_bytes")
_COUNTERS = ("memory.events", "memory.oom_control")


def memory_limit(root: Path = ROOT, own: Path = OWN) -> int | None:
    """Return the smallest memory limit in bytes along this process's groups; None where there is none.

    Version 1 writes "no limit" as a number beyond any machine's memory, which is returned as it is.
    """
    texts = (_text(folder / name) for folder in _folders(root, own) for name in _LIMITS)
    return min((int(text) for text in texts if text.isdecimal()), default=None)


def oom_kills(root: Path = ROOT, own: Path = OWN) -> int | None:
    """Return how many processes of this group were killed for memory so far; None where that is not counted.

    Only differences mean something. Kernels before 4.13 count in version 1 how often the limit was hit instead.
    """
    for folder in _folders(root, own):
        for name in _COUNTERS:
            for line in _text(folder / name).splitlines():
                key, _, count = line.partition(" ")
                if key == "oom_kill" and count.isdecimal():
                    return int(count)
        if (hits := _text(folder / "memory.failcnt")).isdecimal():
            return int(hits)
    return None


def _folders(root: Path, own: Path) -> Iterator[Path]:
    """Yield the folders of this process's memory groups, the innermost first, each up to its root."""
    for line in _text(own).splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "memory" if controllers else root
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts), -1, -1):
            yield top.joinpath(*parts[:depth])


def _text(file: Path) -> str:
    with suppress(OSError):
        return file.read_text(encoding="utf8", errors="replace").strip()
    return ""
