"""What a script sees of the host: what Python needs, and nothing in which held-out items may lie.

Folders are named here as the script finds them (``inside``) and as they lie on the host, links resolved. A folder that
has to stay out of sight is covered by an empty one, wherever what Python needs would show it.
"""

import json
import os
import site
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from ftdojo.config import cache_dir, cases_dir, mirror_dir, runs_dir
from ftdojo.errors import SandboxError

_TOP = ("bin", "sbin", "lib", "lib32", "lib64")
_FILES = ("/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
_OWN_PLACES = ("/data", "/kit", "/llm", "/job", "/proc", "/dev", "/etc")
_SCRATCH_SHARE = 4
SEEN = "held-out items are in sight:"
LOOK = f"""
import json, os

for path, device, inode in json.loads(os.environ["HIDDEN"]):
    try:
        found = os.stat(path)
    except OSError:
        continue
    if [found.st_dev, found.st_ino] == [device, inode]:
        raise SystemExit("{SEEN} " + path)
"""
"""A script that ends with 0 unless it sees one of the folders (or files) that ``identities`` describes."""


def hidden(more: Iterable[Path] = ()) -> set[Path]:
    """Return what no script may see, of what there is now: ``held_out_places``, packages nobody uses, and ``more``."""
    found = {each.resolve() for each in (*held_out_places(), *more)}
    return {each for each in found | _unused() if each.exists()}


def held_out_places() -> list[Path]:
    """Return where tasks and what was made of them lie: runs, caches, mirror, this package, the working folder."""
    ours = Path(__file__).parents[1]
    places = [runs_dir(), cache_dir(), cases_dir(), mirror_dir(), Path.cwd(), ours]
    return [each for each in places if each is not None]


def in_reach(paths: Iterable[Path]) -> set[Path]:
    """Return those of ``paths`` that lie below what a script is shown, so that they need a cover."""
    shown = {each.resolve() for each in _needed()}
    whole = {each.resolve() for each in paths}
    return {each for each in whole if not shown.isdisjoint((each, *each.parents))}


def _unused() -> set[Path]:
    """Return the folders of packages that this interpreter does not look into; another ftdojo may lie there."""
    prefixes = {Path("/usr"), Path(sys.base_prefix), Path(sys.base_exec_prefix)}
    there = {each.resolve() for root in prefixes for each in root.glob("lib*/python3*/*-packages")}
    return there - {Path(each).resolve() for each in _packages()}


def _packages() -> list[str]:
    return [*site.getsitepackages(), *map(sysconfig.get_path, ("purelib", "platlib"))]


def identities(paths: Iterable[Path]) -> str:
    """Return JSON by which ``LOOK`` knows ``paths`` when it sees them."""
    found = [(each, each.stat()) for each in paths]
    return json.dumps([(str(path), known.st_dev, known.st_ino) for path, known in found])


def world(
    readonly: Mapping[str, Path], *, workdir: Path, memory_bytes: int, unseen: Collection[Path]
) -> list[str]:
    """Return the arguments for everything a script sees; only ``/job`` and two small scratch places are writable.

    Order matters: a file system mounted late hides what an earlier argument put below it.

    Raises:
        SandboxError: what Python needs lies where the sandbox has its own places, or is itself to be ``unseen``.
    """
    size = str(max(memory_bytes // _SCRATCH_SHARE, 2**20))
    scratch = ["--size", size, "--perms", "1777", "--tmpfs"]
    args = ["--proc", "/proc", "--dev", "/dev", *scratch, "/dev/shm", "--remount-ro", "/dev"]
    args += [*scratch, "/tmp", *_mounts(_needed(), unseen)]
    for inside, host in readonly.items():
        args += [*_parents(Path(inside)), "--ro-bind", str(host.resolve()), inside]
    return [*args, "--bind", str(workdir.resolve()), "/job", "--remount-ro", "/"]


def check_readable(readonly: Mapping[str, Path]) -> None:
    """Make sure that the sandbox's user, who owns nothing and is in no group of the host, can read the mounts.

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


def _mounts(needed: Collection[Path], unseen: Collection[Path]) -> list[str]:
    """Return the arguments that show ``needed`` and cover ``unseen``, the outermost first."""
    links = [each for each in needed if each.is_symlink() and each.parent == Path("/")]
    shown = {path: path.resolve() for path in needed if path not in links}
    covers = {
        inside / each.relative_to(host)
        for inside, host in shown.items()
        for each in unseen
        if each.is_relative_to(host)
    }
    if both := sorted(covers & shown.keys()):
        raise SandboxError(
            f"{both[0]} is needed by Python in the sandbox, and hidden there because it is the working folder or holds "
            "tasks, runs or caches; start from another folder, or set FTDOJO_HOME and FTDOJO_CACHE to others."
        )
    args = [part for each in links for part in ("--symlink", str(each.readlink()), str(each))]
    closed: list[str] = []
    placed: dict[Path, bool] = {}  # whether the host is seen there
    for path in sorted(covers | shown.keys(), key=lambda path: len(path.parts)):
        above = next((placed[each] for each in path.parents if each in placed), False)
        if above == (path in shown):
            continue
        placed[path] = path in shown
        if path in covers:
            args += _cover(path)
            closed += ["--remount-ro", str(path)] if path.is_dir() else []
        else:
            args += [*_parents(path), "--ro-bind", str(shown[path]), str(path)]
    return args + closed


def _cover(path: Path) -> list[str]:
    if path.is_dir():
        return ["--perms", "0755", "--tmpfs", str(path)]
    return ["--ro-bind", os.devnull, str(path)]


def _needed() -> list[Path]:
    """Return what this interpreter and its packages need, and the system's tools and libraries.

    Raises:
        SandboxError: a part of it lies where the sandbox has its own places.
    """
    python = list(_python())
    for path in python:
        if taken := next((each for each in _OWN_PLACES if path.is_relative_to(each)), None):
            raise SandboxError(
                f"{path} is needed by Python, and the sandbox shows something else in {taken}; install Python and its "
                "virtual environment in another folder."
            )
    system = [Path(above, name) for name in _TOP for above in ("/", "/usr")]
    return [each for each in (*system, *map(Path, _FILES), *python) if each.exists()]


def _python() -> Iterator[Path]:
    """Yield the parts of the interpreter, each as it is called and as it lies; a prefix may hold much else."""
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    parts = [sysconfig.get_path(name, vars=base) for name in ("stdlib", "platstdlib")]
    for part in (*parts, *_packages()):
        yield from (Path(part), Path(part).resolve())
    yield Path(sys.prefix, "pyvenv.cfg")
    for prefix in {Path(sys.base_prefix), Path(sys.base_exec_prefix)} - {Path("/usr")}:
        is_conda = (prefix / "conda-meta").is_dir()  # whose packages keep their libraries in lib
        yield from [prefix / "lib"] if is_conda else prefix.glob("lib*/lib*.so*")
    hop = Path(sys.executable)
    while hop.is_symlink():
        yield hop
        hop = Path(os.path.normpath(hop.parent / hop.readlink()))
    yield hop


def _parents(path: Path) -> list[str]:
    """Make the folders above a mount, open to all: bubblewrap's own would be closed to the sandbox's user."""
    above = [each for each in reversed(path.parents) if each not in {Path("/"), Path("/tmp")}]
    return [part for each in above for part in ("--perms", "0755", "--dir", str(each))]
