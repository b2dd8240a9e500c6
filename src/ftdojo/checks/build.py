"""Stages two and three, first half: run ``data.py`` in the sandbox, on a few rows and then on all of them.

The script finds the raw sources as ``$FTDOJO_DATA/<source>.jsonl`` (``/data`` in the sandbox) and writes
``train.jsonl`` into its working folder. One that names ``losses`` finds the row losses that were measured so far as
``$FTDOJO_LOSSES/<name>.jsonl``. In a dry run each source holds at most ``HEAD_ROWS`` rows and
``FTDOJO_DRY_RUN`` is ``1``; a script must cope with fewer rows than it hoped for. It can import ``ftkit``, the helper
library in ``kit/``, which is mounted for it.

Same script and same sources, same rows: a build is made once and kept by content. That holds for a script that asks
language models too: an equal question has an equal answer (see ``gateway``). Where the run has models, who they are
counts as well, and a build in which a question was left unanswered is not kept.
"""

import contextlib
import hashlib
import json
import shutil
import signal
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from ftdojo.checks.context import HEAD_ROWS, CheckContext, DataFolders, fail
from ftdojo.gateway import SandboxAccess
from ftdojo.records import FailureKind, Stage, Task
from ftdojo.sandbox import HostileOutput, Limits, SandboxOutcome, take_file

OUTPUT = "train.jsonl"
LOSSES = "losses"
"""The word by which a script asks for row losses, whichever way it reads them."""
MAX_OUTPUT_BYTES = 512 * 2**20
LOG_CHARS = 2000
SIGNALLED = 128
"""What a shell adds to the number of the signal that a process died of."""
BUILD_VERSION = "1"
"""Raised whenever the same script and sources could give other rows."""
KIT_VERSION = "1"
"""Raised whenever an equal call of ``ftkit`` could give other rows.

It stands for the kit's content in the key of a build, and only for scripts that name the kit: a digest would have every
data set built again for a better docstring.
"""


class _Partial(Exception):
    """A build with unanswered questions, in ``folder``; it serves this once and is not kept."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder


def dry_run(script: str, context: CheckContext) -> None:
    """Run the script on the heads of the sources and require a file with something in it."""
    with tempfile.TemporaryDirectory(dir=context.scratch, prefix="dry-") as folder:
        _run(script, Path(folder), context, stage=Stage.DRY_RUN, wall_s=context.dry_run_s)


def build(script: str, context: CheckContext, *, wall_s: float) -> tuple[Path, str]:
    """Return the rows file made from the whole sources, and the tail of the script's log.

    ``wall_s`` bounds the run on top of the check's own limit.
    """
    key = context.cache.key("data", BUILD_VERSION, script, *_pins(script, context))

    def fill(folder: Path) -> None:
        before = _unanswered(context)
        with tempfile.TemporaryDirectory(dir=context.scratch, prefix="build-") as job:
            log = _run(
                script, Path(job), context, stage=Stage.DATA, wall_s=min(wall_s, context.build_s)
            )
            whole = _unanswered(context) == before
            to = folder if whole else Path(tempfile.mkdtemp(dir=context.scratch, prefix="partial-"))
            shutil.move(Path(job) / "taken", to / OUTPUT)
            (to / "log").write_text(log, encoding="utf8")
        if not whole:
            raise _Partial(to)

    try:
        made = context.cache.get("data", key) or context.cache.put_folder("data", key, fill)
    except _Partial as partial:
        made = partial.folder
    return made / OUTPUT, (made / "log").read_text(encoding="utf8")


def _unanswered(context: CheckContext) -> int:
    return context.gateway.unanswered if context.gateway else 0


def _pins(script: str, context: CheckContext) -> list[str]:
    """Return all that rows depend on beside the script."""
    pins = [f"{name}={each.digest}" for name, each in sorted(context.data.stored.items())]
    if "ftkit" in script:
        pins += [f"ftkit={KIT_VERSION}", f"task={asked_as(context.task)}"]
    if LOSSES in script:
        pins += _losses_pins(context.data)
    return [*pins, *(context.gateway.pins() if context.gateway else ())]


def _losses_pins(data: DataFolders) -> list[str]:
    """Return what row losses there are; a script that names none is not given any, so its rows depend on none."""
    found = sorted((data.losses / "whole").iterdir())
    return [f"{each.name}={hashlib.sha256(each.read_bytes()).hexdigest()}" for each in found]


def _run(script: str, folder: Path, context: CheckContext, *, stage: Stage, wall_s: float) -> str:
    """Run the script in a folder of its own and put what it wrote to ``folder/taken``; return the tail of its log.

    A script that was killed is run once more: whoever killed it may have had no business with it.
    """
    wall_s, dry = max(1.0, wall_s), stage is Stage.DRY_RUN
    for attempt in ("first", "second"):
        job = folder / attempt
        outcome = _execute(script, job, context, dry=dry, wall_s=wall_s)
        if outcome.ended != "killed":
            break
    log = outcome.log[-LOG_CHARS:]
    if not outcome.ok:
        _blame(outcome, stage, wall_s)
    try:
        size = take_file(job, OUTPUT, to=folder / "taken", max_bytes=MAX_OUTPUT_BYTES)
    except HostileOutput as error:
        message = f"data.py ended well, but {error} It must write its rows to {OUTPUT} in its working folder."
        fail(stage, FailureKind.DATA_SCRIPT, message, file="data.py", log_tail=log)
    if not size:
        message = f"data.py wrote an empty {OUTPUT}" + (
            f" when each source held {HEAD_ROWS} rows; it must cope with fewer rows than it hopes for."
            if dry
            else "; loosen its filters."
        )
        fail(stage, FailureKind.EMPTY_DATA, message, file="data.py", log_tail=log)
    return log


def _execute(
    script: str, job: Path, context: CheckContext, *, dry: bool, wall_s: float
) -> SandboxOutcome:
    job.mkdir()
    (job / "data.py").write_text(script, encoding="utf8")
    with access_for("data.py", context) as access:
        readonly, env = lent(context, access, dry=dry, losses=LOSSES in script)
        return context.sandbox.run_python(
            access.script,
            workdir=job,
            readonly=readonly,
            env=env | {"FTDOJO_DRY_RUN": "1" if dry else "0"},
            limits=Limits(wall_s=wall_s, file_bytes=MAX_OUTPUT_BYTES),
            on_tick=context.on_tick,
        )


def lent(
    context: CheckContext, access: SandboxAccess, *, dry: bool = False, losses: bool = True
) -> tuple[dict[str, Path], dict[str, str]]:
    """Return what an agent's script is given to read, and its environment: sources, ``ftkit``, the way to models.

    ``dry`` gives the heads of the sources only; ``losses`` says whether row losses are given as well.
    """
    data, inside = context.data, context.sandbox.path_of
    sources = data.heads if dry else data.whole
    readonly = {"/data": sources, "/kit": data.kit, **access.mounts}
    env = {
        "FTDOJO_TASK": asked_as(context.task),
        "FTDOJO_DATA": inside("/data", sources),
        "PYTHONPATH": inside("/kit", data.kit),
        **access.env,
    }
    if losses:
        readonly["/losses"] = data.losses / ("heads" if dry else "whole")
        env["FTDOJO_LOSSES"] = inside("/losses", readonly["/losses"])
    return readonly, env


def asked_as(task: Task) -> str:
    """Return what ``ftkit.examples`` needs to know of ``task``, as JSON: how it asks, how its sources' rows read."""
    templates = {source.name: source.templates for source in task.sources}
    facts = {"system": task.system, "template": task.template, "templates": templates}
    return json.dumps(facts)


def access_for(script: str, context: CheckContext) -> AbstractContextManager[SandboxAccess]:
    """Open the way to language models for one script; where there are none, the script runs as it is."""
    if context.gateway is None:
        return contextlib.nullcontext(SandboxAccess(script=script))
    return context.gateway.open(context.sandbox, script)


def _blame(outcome: SandboxOutcome, stage: Stage, wall_s: float) -> None:
    """End the check with what the script did wrong."""
    if outcome.ended == "exit":
        said = next((line for line in reversed(outcome.log.splitlines()) if line.strip()), "")
        message = (
            f"data.py ended with {_code(outcome)}: {said.strip()[:300] or 'it printed nothing'}"
        )
        kind = FailureKind.DATA_SCRIPT
    elif outcome.ended in {"wall-time", "cpu-time"}:
        message = (
            f"data.py ran into its limit of {wall_s:.3g} s; look for a loop without end or do less."
        )
        kind = FailureKind.TIMEOUT
    elif outcome.ended == "memory":
        message = "data.py used more memory than allowed; stream the sources line by line."
        kind = FailureKind.DATA_SCRIPT
    elif outcome.ended == "killed":
        message = "data.py was killed twice: it starts too many processes, or kills itself; do the work in one process."
        kind = FailureKind.DATA_SCRIPT
    else:
        message = (
            f"data.py was stopped by its limit on {outcome.ended.replace('-', ' ')}; write less."
        )
        kind = FailureKind.DATA_SCRIPT
    fail(stage, kind, message, file="data.py", log_tail=outcome.log[-LOG_CHARS:])


def _code(outcome: SandboxOutcome) -> str:
    """Return the exit code in words, with the signal it stands for if it does."""
    code = outcome.exit_code or 0
    known = {each.value: each.name for each in signal.Signals}
    name = known.get(code - SIGNALLED)
    return f"exit code {code}" + (f" ({name})" if name else "")
