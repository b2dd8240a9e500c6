"""The bubblewrap tier: how it is launched, and running in it; what a script sees there is in ``view``.

For a plain user one bubblewrap with a user namespace does everything. Root needs two: the outer one builds the
mounts as root, then an unprivileged host user enters an inner one with a user namespace. Were the namespace root's own,
a set-user-id file left in the folder would be root's on the host, and the limit on processes would not count.
"""

import json
import math
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from ftdojo.errors import SandboxError
from ftdojo.sandbox import seccomp
from ftdojo.sandbox.base import Limits, OnTick, SandboxOutcome, check_paths, nothing
from ftdojo.sandbox.outputs import lent
from ftdojo.sandbox.view import check_readable, hidden, world
from ftdojo.sandbox.watch import Followed, follow

_OPEN_FILES = 512
_SLACK_BYTES = 512 * 2**20
"""Address space that is set aside and never touched (thread stacks, arenas), which is not memory in use."""

_THREADS = 4
_PACKAGES = {"bwrap": "bubblewrap", "nice": "coreutils"}


def tool(name: str) -> str:
    """Return the full path of a system tool.

    Raises:
        SandboxError: it is not installed.
    """
    found = shutil.which(name, path="/usr/bin:/bin:/usr/local/bin:/usr/sbin:/sbin")
    if found is None:
        raise SandboxError(
            f"{name} is missing, which the sandbox needs: apt-get install "
            f"{_PACKAGES.get(name, 'util-linux')}; or pass --sandbox unsafe to run agent code without protection."
        )
    return found


def mortal() -> list[str]:
    """Return the prefix of a command that dies with its parent, yields to others and is first to go short of memory."""
    dies = [tool("setpriv"), "--pdeathsig", "KILL"]
    return [*dies, tool("nice"), "-n", "5", tool("choom"), "-n", "1000", "--"]


def end_orphans(folder: Path) -> None:
    """End what a killed controller left of a sandbox that it was just building around something in ``folder``.

    All of a sandbox dies with its controller, but for a moment in which bubblewrap's second process waits for its first:
    if that is killed then, the second waits for ever. Call it where nobody else runs scripts in ``folder``.
    """
    whole = str(folder.absolute())
    for each in psutil.process_iter(["name", "cmdline"]):
        words = each.info["cmdline"] if each.info["name"] == "bwrap" else None
        if any(word == whole or word.startswith(f"{whole}/") for word in words or ()):
            with suppress(psutil.Error):
                each.kill()


def limited(limits: Limits, *, processes: bool) -> list[str]:
    """Return the prefix that sets the kernel's limits, each for one process.

    ``processes`` is for the inside of a user namespace only: elsewhere the kernel counts all that the user runs, and
    root without bound.
    """
    cpu_s = math.ceil(limits.cpu_s)
    counts = [f"--nproc={limits.processes}"] if processes else []
    return [
        tool("prlimit"),
        *counts,
        f"--cpu={cpu_s}:{cpu_s + 1}",
        f"--data={limits.memory_bytes + _SLACK_BYTES}",
        f"--fsize={limits.file_bytes}",
        f"--nofile={_OPEN_FILES}",
        "--core=0",
        "--",
    ]


def environment(env: Mapping[str, str], *, home: str, tmp: str) -> dict[str, str]:
    """Return the whole environment of a script: nothing of ours, a few defaults, then ``env``."""
    threads = str(min(os.cpu_count() or 1, _THREADS))
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": tmp,
        "USER": "agent",
        "LOGNAME": "agent",
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        **env,
    }


HOST_UID = 61000
"""The host user behind every sandbox of a root controller; it should own nothing."""

_NEWEST_OPTION = "--disable-userns"
_NAMESPACES = ("pid", "ipc", "uts", "net", "cgroup-try")
_INNER_USER = (
    "--unshare-user",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--disable-userns",
    "--cap-drop",
    "ALL",
)
_STATUS_BYTES = 2**14
_SIGNALLED = 128
_COUNTS_INSIDE = tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= (5, 14)
"""Since Linux 5.14 processes are counted for each user namespace; before, all that the user runs would count."""


class Bubblewrap:
    """Runs each script in namespaces of its own; see the module's text.

    Args:
        unseen: files and folders of held-out items, beyond those that ``view.hidden`` knows.
    """

    tier = "bubblewrap"

    def __init__(self, unseen: Sequence[Path] = ()) -> None:
        self._unseen = tuple(unseen)
        self._bwrap = tool("bwrap")
        self._is_root = os.geteuid() == 0
        helped = subprocess.run(
            [self._bwrap, "--help"], capture_output=True, text=True, check=False
        )
        if _NEWEST_OPTION not in helped.stdout + helped.stderr:
            raise SandboxError(
                f"{self._version()} is too old: it lacks {_NEWEST_OPTION}, so 0.8.0 or newer is needed; "
                "or pass --sandbox unsafe to run agent code without protection."
            )

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
        """Run the script in the sandbox; the contract is ``Sandbox.run_python``'s."""
        check_paths(script, workdir, readonly)
        if self._is_root:
            check_readable(readonly)
        shown = environment(env, home="/job", tmp="/tmp")
        python = [*limited(limits, processes=_COUNTS_INSIDE), sys.executable, script]
        inside = [*_setenv(shown), "--chdir", "/job", "--", *python]
        seen = world(
            readonly,
            workdir=workdir,
            memory_bytes=limits.memory_bytes,
            unseen=hidden(self._unseen),
        )
        with _Pipes() as pipes, lent(workdir, uid=HOST_UID if self._is_root else None):
            command = self._command(seen, [*pipes.options(), *inside])
            process = pipes.start(command)
            followed = follow(process, workdir=workdir, limits=limits, on_tick=on_tick)
            return followed.outcome(_exit_code(pipes.status(), followed), limits)

    def path_of(self, inside: str, host: Path) -> str:
        """Return ``inside``: mounts lie where they were requested."""
        return inside

    def describe(self) -> dict[str, str]:
        """Return what is in force."""
        user = (
            f"host user {HOST_UID}, two nested" if self._is_root else "your own, mapped to nobody's"
        )
        return {
            "tier": self.tier,
            "version": self._version(),
            "user": user,
            "network": "none: an empty network namespace",
            "system calls": "seccomp filter"
            if seccomp.program()
            else "no filter for this processor",
            "memory": "rlimit for a process, watch for the tree",
            "processes": "rlimit in the user namespace, watch for the tree",
            "cpu": "rlimit for a process, watch for the tree",
            "disk": "rlimit for a file, watch for the folder, no room set aside",
        }

    def _version(self) -> str:
        asked = subprocess.run(
            [self._bwrap, "--version"], capture_output=True, text=True, check=False
        )
        return asked.stdout.strip() or "bubblewrap of unknown version"

    def _command(self, seen: list[str], inside: list[str]) -> list[str]:
        shares = [f"--unshare-{each}" for each in _NAMESPACES]
        outer = [*mortal(), self._bwrap, *shares, "--die-with-parent", "--new-session"]
        if not self._is_root:
            return [*outer, *_INNER_USER, *seen, *inside]
        drop = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"]
        switch = [tool("setpriv"), f"--reuid={HOST_UID}", f"--regid={HOST_UID}", *drop]
        inner = [self._bwrap, *_INNER_USER, "--dev-bind", "/", "/", "--die-with-parent"]
        return [*outer, *seen, "--", *switch, *inner, *inside]


class _Pipes:
    """Two pipes to the innermost bubblewrap: the filter goes in, the status comes out. The script gets neither."""

    def __init__(self) -> None:
        self._program = seccomp.program()
        self._status, self._status_in = os.pipe()
        self._filter, self._filter_in = os.pipe()
        os.set_blocking(self._status, False)

    def __enter__(self) -> Self:
        os.write(self._filter_in, self._program or b"")
        os.close(self._filter_in)
        return self

    def __exit__(self, *raised: object) -> None:
        for each in (self._status, self._status_in, self._filter):
            os.close(each)

    def options(self) -> list[str]:
        """Return the arguments that name the pipes."""
        filters = ["--seccomp", str(self._filter)] if self._program else []
        return ["--json-status-fd", str(self._status_in), *filters]

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start ``command`` with its ends of the pipes and nothing else of ours."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={},
            cwd="/",
            start_new_session=True,  # Ctrl-C is the controller's to act on: it ends the whole tree
            pass_fds=(self._status_in, self._filter),
        )

    def status(self) -> str:
        """Return what bubblewrap reported; call it when all is over."""
        with suppress(BlockingIOError):
            return os.read(self._status, _STATUS_BYTES).decode()
        return ""


def _setenv(env: Mapping[str, str]) -> list[str]:
    return [
        "--clearenv",
        *(part for name, value in env.items() for part in ("--setenv", name, value)),
    ]


def _exit_code(status: str, followed: Followed) -> int:
    """Return the script's exit code from bubblewrap's own report.

    Without such a report the script never ran, and that is the sandbox's failure; but a death by signal is the
    script's doing, which may kill the innermost bubblewrap.

    Raises:
        SandboxError: the sandbox could not be built.
    """
    for line in status.splitlines():
        if "exit-code" in (record := json.loads(line)):
            return int(record["exit-code"])
    if followed.ended or followed.status < 0 or followed.status > _SIGNALLED:
        return _SIGNALLED + signal.SIGKILL
    last = (
        followed.log.strip().rpartition("\n")[2]
        or f"it ended with {followed.status} and printed nothing"
    )
    raise SandboxError(
        f"The sandbox could not be built: {last}; see 'ftdojo doctor', "
        "or pass --sandbox unsafe to run agent code without protection."
    )
