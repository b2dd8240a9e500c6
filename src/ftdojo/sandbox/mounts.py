"""What of the host a script sees, as bubblewrap arguments: the system, this interpreter, and what a call mounts."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ftdojo.errors import SandboxError

_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
_SCRATCH_SHARE = 4


def world(readonly: Mapping[str, Path], *, workdir: Path, memory_bytes: int) -> list[str]:
    """Return the arguments for everything a script sees; only ``/job`` and two small scratch places are writable.

    Order matters: a file system mounted late hides what an earlier argument put below it.
    """
    scratch = [
        "--size",
        str(max(memory_bytes // _SCRATCH_SHARE, 2**20)),
        "--perms",
        "1777",
        "--tmpfs",
    ]
    args = ["--proc", "/proc", "--dev", "/dev", *scratch, "/dev/shm", "--remount-ro", "/dev"]
    args += [*scratch, "/tmp", *_system(), *_interpreter()]
    for inside, host in readonly.items():
        args += [*_parents(Path(inside)), "--ro-bind", str(host.resolve()), inside]
    return [*args, "--bind", str(workdir.resolve()), "/job", "--remount-ro", "/"]


def check_readable(readonly: Mapping[str, Path]) -> None:
    """Make sure that the sandbox's user, who is nobody's owner and in nobody's group, can read the mounts.

    Raises:
        SandboxError: a file or folder in them is closed to others.
    """
    for host in readonly.values():
        found = host.resolve()
        for path in (found, *(found.rglob("*") if found.is_dir() else ())):
            needed = 0o005 if path.is_dir() else 0o004
            if not path.is_symlink() and path.stat().st_mode & needed != needed:
                raise SandboxError(
                    f"{path} is closed to the sandbox's user; open it with: chmod -R o+rX {host}."
                )


def _system() -> list[str]:
    args = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        place = Path("/", name)
        if place.is_symlink():
            args += ["--symlink", str(place.readlink()), str(place)]
        elif place.exists():
            args += ["--ro-bind", str(place), str(place)]
    args += ["--perms", "0755", "--dir", "/etc"]
    return args + [part for each in _SETTINGS for part in ("--ro-bind-try", each, each)]


def _interpreter() -> list[str]:
    """Bind this interpreter where it lies, with its packages but without ftdojo, whose tasks know the answers."""
    args: list[str] = []
    bound = [Path("/usr")]
    for path in _needed():
        if not _covered(path, bound):
            bound.append(path)
            args += [*_parents(path), "--ro-bind", str(path.resolve()), str(path)]
    ours = Path(__file__).parents[1]
    if _covered(ours, bound):
        args += ["--perms", "0755", "--tmpfs", str(ours), "--remount-ro", str(ours)]
    return args


def _needed() -> list[Path]:
    """Return the prefixes of this interpreter, then each link between its name and its file, outermost first."""
    prefixes = {
        Path(each) for each in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    }
    prefixes |= {each.resolve() for each in prefixes}
    hops = [Path(sys.executable)]
    while hops[-1].is_symlink():
        hops.append(Path(os.path.normpath(hops[-1].parent / hops[-1].readlink())))
    return [*sorted(prefixes, key=lambda path: len(path.parts)), *hops]


def _covered(path: Path, bound: Iterable[Path]) -> bool:
    return any(path.is_relative_to(each) for each in bound)


def _parents(path: Path) -> list[str]:
    """Make the folders above a mount, open to all: bubblewrap's own would be closed to the sandbox's user."""
    above = [each for each in reversed(path.parents) if each not in {Path("/"), Path("/tmp")}]
    return [part for each in above for part in ("--perms", "0755", "--dir", str(each))]
