"""A shell for the agent, in the sandbox: to look at the raw sources and to try out code before it is handed in.

Each command runs by itself, without network, with what a data script has (the sources, ``ftkit``, the run's language
models), in a desk that the agent's commands share and nothing else reads. Files there last as long as this controller does.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ftdojo.checks import access_for, lent
from ftdojo.dojo.run import Run
from ftdojo.errors import UsageError
from ftdojo.records import Shell
from ftdojo.sandbox import Limits

MOST_S, MOST_CHARS, OUTPUT_CHARS = 120.0, 20_000, 8_000
DESK_BYTES = 512 * 2**20
RUNNER = """import os, sys
os.execv("/bin/sh", ["sh", "-c", {command!r}])
"""


def shell(run: Run, action: Shell) -> tuple[Mapping[str, Any], ...]:
    """Return how the command ended and the end of what it printed; its seconds are booked as data work.

    Raises:
        UsageError: the command or its time limit is out of range; nothing was run.
        SandboxError: the sandbox itself failed.
    """
    if not action.command.strip() or len(action.command) > MOST_CHARS:
        raise UsageError(
            f"A command of {len(action.command)} characters cannot be run; write 1 to {MOST_CHARS}."
        )
    if not 0 < action.wall_s <= MOST_S:
        raise UsageError(f"wall_s={action.wall_s} must be above 0 and at most {MOST_S:.0f}.")
    workspace = run.scratch / "workspace"
    workspace.mkdir(exist_ok=True)
    began = time.monotonic()
    with _script(workspace, action.command) as name, access_for(name, run) as access:
        readonly, env = lent(run, run.data.whole, access)
        outcome = run.sandbox.run_python(
            access.script,
            workdir=workspace,
            readonly=readonly,
            env=env,
            limits=Limits(
                wall_s=action.wall_s, file_bytes=DESK_BYTES // 2, folder_bytes=DESK_BYTES
            ),
            on_tick=run.on_tick,
        )
    run.ledger.charge("data", seconds=time.monotonic() - began)
    return (
        {
            "exit_code": outcome.exit_code,
            "ended": outcome.ended,
            "seconds": round(outcome.seconds, 2),
            "output": outcome.log[-OUTPUT_CHARS:],
        },
    )


@contextlib.contextmanager
def _script(workspace: Path, command: str) -> Any:
    """Lay a script into the desk under a name that nothing there can have taken, and take it away afterwards.

    Earlier commands own what is in the desk: a link in the way would lead our write out of it.
    """
    name = f".{secrets.token_hex(8)}.py"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(workspace / name, flags, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf8") as script:
        script.write(RUNNER.format(command=command))
    try:
        yield name
    finally:
        with contextlib.suppress(OSError):  # the command may have put a folder in its place
            (workspace / name).unlink()
