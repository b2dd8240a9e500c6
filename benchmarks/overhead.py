"""How much of a run's wall time goes to anything but training and generation, by its own ledger."""

import tempfile
from pathlib import Path

from benchmarks import setting
from benchmarks.measure import OURS, Contest, Scale, say
from benchmarks.processes import PROGRAM, seconds
from ftdojo.config import runs_dir
from ftdojo.errors import UsageError
from ftdojo.records import Spend
from ftdojo.store import Ledger, RunFolder, run_ids

NAME = "overhead"


def run(scale: Scale) -> list[Contest]:
    """Read the run that was named; else the newest finished one with this model; else one made here.

    Raises:
        UnknownName: there is no such run.
        UsageError: nothing was spent in it yet.
    """
    if scale.run:
        return [_contest(RunFolder.open(scale.run, runs_dir()).path)]
    found = _newest(scale.model)
    if found:
        return [_contest(found)]
    with tempfile.TemporaryDirectory() as root:
        return [_contest(_made(scale, Path(root)))]


def _newest(model: str) -> Path | None:
    folders = [RunFolder.open(run, runs_dir()) for run in run_ids(runs_dir())]
    ended = [each for each in folders if each.config.spec.model == model and each.result()]
    return max(ended, key=lambda each: each.config.created).path if ended else None


def _made(scale: Scale, root: Path) -> Path:
    say(f"overhead: no finished run of {scale.model} in {runs_dir()}; making one")
    limit = scale.max_experiments
    most = ("--max-experiments", str(limit)) if limit else ()
    place = ("--runs", str(root), "--name", NAME, "--quiet")
    seconds(
        *(PROGRAM, "run", setting.TASK, "--model", scale.model, "--budget", scale.budget),
        *(*most, *place),
    )
    return root / NAME


def _contest(folder: Path) -> Contest:
    config = RunFolder(folder).config
    spent = Ledger(folder).spend()
    if not spent.wall_s:
        raise UsageError(f"The run {config.id} has spent no time yet; name one that has ended.")
    return Contest(
        name="share of a run outside training and generation",
        unit="% of wall time",
        higher_is_better=False,
        n=f"one run: {config.spec.task}, {config.spec.model}, {config.spec.agent}, budget {config.spec.budget.wall_s:.0f} s",
        readings={OURS: [100 * outside(spent)]},
        aims={OURS: "<= 10 %"},
        notes=(
            _parts(spent),
            "A worker's start is booked to the stage that waits for it: the first evaluation or check.",
        ),
    )


def outside(spent: Spend) -> float:
    """Return the share of wall time in neither a training nor an evaluation stage."""
    return 1 - (spent.train_s + spent.eval_s) / spent.wall_s


def _parts(spent: Spend) -> str:
    booked = spent.check_s + spent.data_s + spent.train_s + spent.eval_s + spent.export_s
    return (
        f"Of {spent.wall_s:.0f} s: training {spent.train_s:.0f}, evaluation {spent.eval_s:.0f}, "
        f"checks {spent.check_s:.0f} (they train and generate a little too), data {spent.data_s:.0f}, "
        f"export {spent.export_s:.0f}, booked to no stage {spent.wall_s - booked:.0f}."
    )
