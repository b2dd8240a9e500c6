"""Target: a run folder of which one file is damaged."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from benchmarks.fuzz.contract import Target
from benchmarks.fuzz.seeds import MOST_BYTES
from ftdojo.errors import FtdojoError
from ftdojo.llm import Reply
from ftdojo.llm.record import Exchange, Exchanges
from ftdojo.llm.types import Usage
from ftdojo.records import Budget, Check, Submission
from ftdojo.serve.protocol import Job, Kept, read_kept, write_kept
from ftdojo.store import Ledger, RunFolder, codec
from ftdojo.store.trajectory import trajectory

FILES = (
    *("run.json", "events.jsonl", "ledger.jsonl", "budget.json", "pending.json", "result.json"),
    *("experiments/e1/experiment.json", "experiments/e1/predictions-validation.jsonl"),
    *("experiments/base/evaluation.json", "experiments/e1/steps.jsonl"),
    *("llm/exchanges.jsonl", "play.json"),
)
SHOWN_OF = 8
"""One in so many inputs is also made into the report, which takes longest."""


def targets() -> Iterator[Target]:
    """Yield the one target."""
    yield Target(
        name="records",
        run=_read,
        seeds=_seeds(),
        words=[b'"kind"', b'"Infinity"', b'"NaN"', b"null", b'"verb"', b'"stopped_by"', b"\n"],
        is_json=True,
    )


def _seeds() -> list[bytes]:
    made = []
    for at, name in enumerate(FILES):
        whole = (_run() / name).read_bytes()
        made.append(bytes([at]) + whole[:MOST_BYTES])
        made += [bytes([at]) + line for line in whole.split(b"\n")[:12] if line]
    return made


@cache
def _run() -> Path:
    """Return a finished run of the toy task with every kind of file in it; made once for all that share a home."""
    home = Path(os.environ.get("FTDOJO_HOME", tempfile.gettempdir()))
    made = home / "finished"
    if not (made / "result.json").exists():
        words = (
            "run",
            "ftdojo_toy:task",
            "--model",
            "tiny",
            "--budget",
            "5h",
            "--name",
            "finished",
        )
        command = [sys.executable, "-m", "ftdojo.cli.main", *words, "--agent", "ftdojo_toy:Player"]
        subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL)
    folder = RunFolder(Path(tempfile.mkdtemp()) / "it")
    shutil.copytree(made, folder.path)
    _complete(folder)
    return folder.path


def _complete(folder: RunFolder) -> None:
    """Add the files that a run of its own accord does not leave."""
    budget = Budget(wall_s=9.0, max_experiments=3)
    (folder.path / "budget.json").write_text(codec.dump(budget))
    folder.set_pending(Check(submission=Submission(plan="p", data="d", train="t")))
    write_kept(folder, Kept(pid=1, socket="/x", job=Job(id="j1", verb="train")))
    ask = {"role": "user", "content": "What?"}
    reply = Reply(text="hi", finish="stop", model="m", usage=Usage())
    Exchanges(folder.path / "llm").add(
        Exchange(
            purpose="plan/1",
            role="planner",
            model="a/m",
            digest="d",
            messages=(ask,),  # type: ignore[arg-type]
            reply=reply,
            t="2026-01-01",
        )
    )


def _read(data: bytes) -> list[str]:
    """Damage one file, read everything, and put it back."""
    run = _run()
    path = run / FILES[(data or b"\0")[0] % len(FILES)]
    before = path.read_bytes()
    try:
        path.write_bytes(data[1:])
        return _said(run, is_shown=sum(data) % SHOWN_OF == 0)
    finally:
        path.write_bytes(before)


def _said(run: Path, *, is_shown: bool) -> list[str]:
    """Return what every reader of a run folder says of it; if none complains, the report can be made too."""
    said = []
    for read in _readers(run):
        try:
            read()
        except FtdojoError as error:
            said.append(str(error))
    if is_shown and not said:
        from ftdojo.report import render

        with contextlib.suppress(FtdojoError):
            render(RunFolder(run))
    return said


def _readers(run: Path) -> list[Callable[[], object]]:
    folder, ledger = RunFolder(run), Ledger(run)
    return [
        lambda: folder.config,
        lambda: folder.budget,
        folder.events,
        folder.experiments,
        folder.result,
        folder.pending,
        folder.ending,
        folder.base,
        lambda: folder.losses("e1"),
        lambda: folder.predictions("e1", "validation"),
        ledger.spend,
        ledger.paid,
        lambda: trajectory(folder),
        lambda: Exchanges(run / "llm").all(),
        lambda: read_kept(folder),
    ]
