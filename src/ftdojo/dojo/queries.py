"""Answers to ``Look`` and ``Shell``: what an agent asks without training.

A look is recorded, and shows never more than the task allows. One that measures something (``losses``, ...) takes the
wall time that the measuring takes, once. A command runs in the sandbox: to look at
the raw sources and to try out code before it is handed in. Each runs by itself, without network, with what a data script
has (the sources, ``ftkit``, the run's language models), in a desk that the agent's commands share and nothing else reads.
Files there last as long as this controller does.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, assert_never

from ftdojo.checks import access_for, lent
from ftdojo.dojo.agreement import show_agreement
from ftdojo.dojo.fits import show_fits
from ftdojo.dojo.likelihood import show_likelihood
from ftdojo.dojo.measuring import experiment_of, rows_of
from ftdojo.dojo.row_losses import show_losses
from ftdojo.dojo.run import Run
from ftdojo.errors import UnknownName, UsageError
from ftdojo.evaluation import is_wrong
from ftdojo.records import BASE, Experiment, Look, LookKind, Message, Outcome, Shell
from ftdojo.sandbox import Limits
from ftdojo.sources import rows
from ftdojo.stats import open_items
from ftdojo.submissions import PreferenceRow, Row

MEASURED: Mapping[LookKind, Callable[[Run, str], Iterator[Mapping[str, Any]]]] = {
    "losses": show_losses,
    "likelihood": show_likelihood,
    "agreement": show_agreement,
}
MOST = 100
TEXT = 2000
BESIDE: frozenset[LookKind] = frozenset({"source", "experiment", "predictions", "ledger"})
"""What lies on the disk, and so can be seen while another action has the model."""


def answered(run: Run, action: Look | Shell) -> Outcome:
    """Return what was found, or why it could not be looked for."""
    try:
        found = look(run, action) if isinstance(action, Look) else shell(run, action)
    except UsageError as refusal:
        return Outcome(action=action, notice=str(refusal))
    return Outcome(action=action, found=found)


def look(run: Run, action: Look) -> tuple[Mapping[str, Any], ...]:
    """Return up to ``action.limit`` entries.

    Raises:
        UsageError: a name, offset or limit is wrong; nothing was done.
    """
    _require_sense(action)
    match action.what:
        case "source":
            if action.name not in run.data.stored:
                raise UnknownName("source", action.name, run.data.stored)
            return rows(run.data.stored[action.name], action.offset, action.limit)
        case "experiment":
            return (_files(experiment_of(run, action.name)),)
        case "rows":
            return _rows(run, action)
        case "predictions":
            return _predictions(run, action)
        case "losses" | "likelihood" | "agreement":
            found = MEASURED[action.what](run, action.name)
            return tuple(islice(found, action.offset, action.offset + action.limit))
        case "fits":
            return (show_fits(run, action),)
        case "ledger":
            return (_ledger(run),)
        case _:
            assert_never(action.what)


def _require_sense(action: Look) -> None:
    if action.offset < 0 or not 1 <= action.limit <= MOST:
        raise UsageError(
            f"offset={action.offset}, limit={action.limit} cannot be shown; offset is 0 or more, limit 1 to {MOST}."
        )
    if action.only == "wrong" and action.what != "predictions":
        raise UsageError(f"only=wrong is for predictions; leave it out of look {action.what}.")
    if action.train and action.what != "fits":
        raise UsageError(f"look {action.what} takes no train; only look fits plans a training.")


def _ledger(run: Run) -> Mapping[str, Any]:
    """Return what was spent and what is left; language models are named only where the run has some."""
    spent = vars(run.meter.spend()) | {"left_s": run.meter.left_s()}
    if run.llm is None:
        return {name: value for name, value in spent.items() if not name.startswith("llm_")}
    return spent | run.meter.llm_left()


def _files(experiment: Experiment) -> Mapping[str, Any]:
    submission = experiment.submission
    return {
        "id": experiment.id,
        "parent": experiment.parent,
        "start_from": experiment.start_from,
        "status": str(experiment.status),
        "plan.md": submission.plan,
        "data.py": submission.data,
        "train.yaml": submission.train,
    }


def _rows(run: Run, action: Look) -> tuple[Mapping[str, Any], ...]:
    """Return training rows as the experiment's script wrote them; they are built again if the cache was cleared."""
    made = experiment_of(run, action.name)
    if not (made.feedback and made.feedback.check.data):
        raise UsageError(
            f"Experiment {action.name!r} has no training rows: its data were never built."
        )
    wanted = islice(rows_of(run, made), action.offset, action.offset + action.limit)
    return tuple(_shown(row) for row in wanted)


def _shown(row: Row) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"messages": _cut(row.messages), "source": row.source}
    return shown | ({"rejected": _cut(row.rejected)} if isinstance(row, PreferenceRow) else {})


def _cut(turns: Sequence[Message]) -> list[Message]:
    return [Message(role=turn["role"], content=turn["content"][:TEXT]) for turn in turns]


def _predictions(run: Run, action: Look) -> tuple[Mapping[str, Any], ...]:
    """Return outputs to open validation items; questions and gold answers only where the task shows them."""
    if run.task.shown == "none":
        raise UsageError(f"The task {run.task.name!r} shows no predictions.")
    name = action.name or BASE
    if name != BASE:
        experiment_of(run, name)
    asked = {item.id: item for item in run.vault.items("validation")}
    seen = open_items(run.task, asked)
    if action.offset >= len(seen):
        raise UsageError(
            f"offset={action.offset} cannot be shown: of {len(asked)} validation items {len(seen)} are shown, with offset "
            "below that number; the others decide between experiments."
        )
    graded = [each for each in run.folder.predictions(name, "validation") if each.item in seen]
    if action.only == "wrong":
        graded = [each for each in graded if is_wrong(each, run.task)]
    shown = []
    for each in graded[action.offset : action.offset + action.limit]:
        entry: dict[str, Any] = {
            "item": each.item,
            "output": each.output[:TEXT],
            "score": each.grade.score,
            "readable": each.grade.readable,
        }
        if run.task.shown == "full":
            item = asked[each.item]
            entry |= {"prompt": item.messages[-1]["content"][:TEXT], "gold": item.gold[:TEXT]}
            entry["slices"] = dict(item.slices)
        shown.append(entry)
    return tuple(shown)


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
        readonly, env = lent(run, access)
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
