"""What every tier puts before the script: the kernel's limits, a clean environment, and death with the controller."""

import math
import os
import shutil
from collections.abc import Mapping

from ftdojo.errors import SandboxError
from ftdojo.sandbox.base import Limits

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
