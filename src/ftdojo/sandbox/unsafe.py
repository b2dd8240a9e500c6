"""The tier without protection: a plain subprocess. It bounds accidents and stops no malice."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ftdojo.errors import SandboxError
from ftdojo.sandbox.base import Limits, OnTick, SandboxOutcome, check_paths, nothing
from ftdojo.sandbox.bubblewrap import environment, limited, mortal
from ftdojo.sandbox.watch import follow


class UnsafeSubprocess:
    """Runs each script as the user, with the user's files and network in reach."""

    tier = "unsafe-subprocess"

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
        """Run the script; the contract is ``Sandbox.run_python``'s, but mounts stay where they are on the host."""
        check_paths(script, workdir, readonly)
        process = subprocess.Popen(
            [*_bounds(limits), sys.executable, script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(env, home=str(workdir), tmp=str(workdir)),
            cwd=workdir,
            start_new_session=True,
        )
        followed = follow(process, workdir=workdir, limits=limits, on_tick=on_tick)
        status = followed.status
        return followed.outcome(status if status >= 0 else 128 - status, limits)

    def path_of(self, inside: str, host: Path) -> str:
        """Return the host's own path: nothing is mounted here."""
        return str(host.absolute())  # the script runs in a folder of its own

    def describe(self) -> dict[str, str]:
        """Return what is in force, which is little."""
        return {
            "tier": self.tier,
            "network": "open",
            "files": "all that you can read and write",
            "memory": "rlimit for a process, watch for the tree",
            "processes": "watch for the tree",
            "cpu": "rlimit for a process, watch for the tree",
            "disk": "rlimit for a file, watch for the folder",
        }


def _bounds(limits: Limits) -> list[str]:
    """Return the kernel's limits where the tools for them exist; elsewhere the watch is alone."""
    try:
        return [*mortal(), *limited(limits, processes=False)]
    except SandboxError:
        return []
