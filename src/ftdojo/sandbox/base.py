"""The words of the sandbox: what a script may use, how its run ended, and what every tier can do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from ftdojo.errors import UsageError

Ending = Literal["exit", "wall-time", "cpu-time", "memory", "file-size", "folder-size", "killed"]
"""``killed`` is a death by SIGKILL or for too many processes; every other word but ``exit`` names a limit. A folder
that cannot be measured (nested too deep, closed to its owner) counts as too large."""

OnTick = Callable[[], None]
"""Called about once a second while a script runs; what it raises ends the script and goes on to the caller."""

TAKEN = ("/job", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/dev", "/tmp", "/sys")


def nothing() -> None:
    """Do nothing on a tick."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one run may use, its whole process tree together unless a field states otherwise.

    ``processes`` counts threads too where the kernel enforces it; ``file_bytes`` holds for one file, ``folder_bytes``
    for everything in the writable folder (an empty file counts as 16 KiB). ``log_bytes`` of standard output and
    error are kept, the last ones; printing more costs nothing.
    """

    wall_s: float = 600.0
    cpu_s: float = 1200.0
    memory_bytes: int = 2 * 2**30
    processes: int = 64
    file_bytes: int = 2**30
    folder_bytes: int = 2 * 2**30
    log_bytes: int = 64 * 2**10

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise UsageError(f"{name}={value} allows nothing; give a positive number.")


@dataclass(frozen=True, kw_only=True)
class SandboxOutcome:
    """How a script ended. A script that fails is an outcome too, never an exception.

    ``exit_code`` is ``None`` where the watch ended the script; a death by signal n is 128 + n. ``log`` is the tail
    of standard output and error, in the order written, without control characters. ``peak_bytes`` is sampled, so it
    may miss a short peak, and is ``None`` where the run was too short to be sampled.
    """

    exit_code: int | None
    ended: Ending
    seconds: float
    log: str
    peak_bytes: int | None

    @property
    def ok(self) -> bool:
        """Whether the script came to its end by itself and returned 0."""
        return self.ended == "exit" and self.exit_code == 0


class Sandbox(Protocol):
    """One way to run agent code. Holds no state between runs and needs no closing; runs may be concurrent."""

    tier: str
    """What it is called in every record: ``bubblewrap`` or ``unsafe-subprocess``."""

    def run_python(
        self,
        script: str,
        *,
        workdir: Path,
        readonly: Mapping[str, Path],
        env: Mapping[str, str],
        limits: Limits,
        on_tick: OnTick = nothing,
    ) -> SandboxOutcome:
        """Run ``workdir/script`` with this interpreter until it ends or a limit ends it.

        Args:
            script: a path inside ``workdir``, or the full path under which it lies in a mount (see ``path_of``).
            workdir: the one writable folder (``/job``, also the current directory and HOME). Give a fresh one:
                after the run nothing in it can be trusted, ``take_file`` is the way out.
            readonly: where the script sees it (an absolute path such as ``/data``) -> a host file or folder.
            env: added to a clean environment. Never put a secret here.
            limits: what the run may use.
            on_tick: called now and then meanwhile; see ``OnTick``.

        Raises:
            UsageError: a path is wrong.
            SandboxError: the sandbox itself failed; the script is not to blame.
        """
        ...

    def path_of(self, inside: str, host: Path) -> str:
        """Return the path under which the script finds ``host``, mounted as ``inside``, in this tier."""
        ...

    def describe(self) -> dict[str, str]:
        """Return what is in force, as label -> one line, for ``ftdojo doctor``."""
        ...


def check_paths(script: str, workdir: Path, readonly: Mapping[str, Path]) -> None:
    """Refuse a call whose paths cannot work in any tier.

    Raises:
        UsageError: the script is not in ``workdir``, or a mount is missing, badly placed or inside another.
    """
    if not _is_there(PurePosixPath(script), workdir, readonly):
        raise UsageError(f"No script {script!r} lies in {workdir}; write it there first.")
    for inside, host in readonly.items():
        place = PurePosixPath(inside)
        rivals = [*TAKEN, *(other for other in readonly if other != inside)]
        if str(place) != inside or not place.is_absolute() or ".." in place.parts or inside == "/":
            raise UsageError(
                f"{inside!r} cannot be the place of a mount; give a plain path such as /data."
            )
        if any(place.is_relative_to(rival) for rival in rivals):
            raise UsageError(f"{inside!r} lies inside another mount; give a path such as /data.")
        if not host.exists():
            raise UsageError(f"{host}, to be seen as {inside}, does not exist.")


def _is_there(script: PurePosixPath, workdir: Path, readonly: Mapping[str, Path]) -> bool:
    if ".." in script.parts:
        return False
    if not script.is_absolute():
        return (workdir / script).is_file()
    places = [
        (place, host)
        for inside, host in readonly.items()
        for place in (inside, str(host.absolute()))
    ]
    inside_of = ((place, host) for place, host in places if script.is_relative_to(place))
    return any((host / script.relative_to(place)).is_file() for place, host in inside_of)
