"""``ftdojo runs``, ``report`` and ``export``: reading what was recorded, and taking the model away."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import typer

from ftdojo.cli.tables import one_line, verdict
from ftdojo.errors import StoreError, UnknownName, UsageError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.dojo.exporting import Form
    from ftdojo.records import Graded
    from ftdojo.store import RunFolder

RUN = typer.Argument(help="A run's id or folder; `ftdojo runs list` shows them.")
ROOT = typer.Option(None, "--runs", help="Folder of the runs (default: FTDOJO_HOME, else ./runs).")
JSON = typer.Option(False, "--json", help="Print JSON instead of a table.")

runs_app = typer.Typer(no_args_is_help=True, help="List, show and compare runs.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to ``app``."""
    app.add_typer(runs_app, name="runs")
    app.command("report")(report)
    app.command("export")(export)


@runs_app.command("list")
def list_runs(runs: Path | None = ROOT, as_json: bool = JSON) -> None:
    """List the runs with their scores, oldest first."""
    from ftdojo.cli.tables import table
    from ftdojo.config import runs_dir
    from ftdojo.store import run_ids

    root = runs or runs_dir()
    rows = [_row_or_fault(run, root) for run in run_ids(root)]
    if as_json:
        print(json.dumps(rows))
        return
    if not rows:
        typer.echo(f"There are no runs in {root}; `ftdojo run TASK` makes one.", err=True)
    table(rows, ("run", "status", "base", "test", "chosen", "seconds"))


@runs_app.command("show")
def show_run(run: str = RUN, runs: Path | None = ROOT, as_json: bool = JSON) -> None:
    """Show a run's experiments, one a line."""
    from ftdojo.cli.tables import table

    folder = _open(run, runs)
    run_row, rows = _row(folder), [_experiment(each) for each in folder.experiments()]
    if as_json:
        print(json.dumps(run_row | {"tree": rows}))
        return
    if not rows:
        typer.echo(f"The run {folder.config.id} has no experiments.", err=True)
    table(
        rows, ("id", "parent", "status", "score", "low", "high", "n", "verdict", "seconds", "note")
    )


@runs_app.command("compare")
def compare_runs(
    one: str = RUN, other: str = RUN, runs: Path | None = ROOT, as_json: bool = JSON
) -> None:
    """Compare two runs on one task by their test items."""
    from dataclasses import asdict

    from ftdojo import tasks
    from ftdojo.evaluation import scores
    from ftdojo.stats import compare

    folders = [_open(each, runs) for each in (one, other)]
    names = {tasks.same_items(folder.config.spec.task) for folder in folders}
    if len(names) > 1:
        raise UsageError(
            f"Runs on {' and '.join(sorted(names))} cannot be compared; choose one task."
        )
    graded = [_tested(folder) for folder in folders]
    task = tasks.get(names.pop())
    ours, theirs = (scores(each, task.aggregate) for each in graded)
    if not ours.keys() & theirs.keys():
        raise StoreError(
            f"{one} and {other} have no test items in common, so they cannot be compared: one was made with another "
            f"version of {task.name}, or its predictions are gone. Compare runs of one version."
        )
    found = compare(ours, theirs, against=other, direction=task.direction)
    if as_json:
        print(json.dumps({"run": one} | asdict(found)))
        return
    difference = found.difference
    print(
        f"{one} minus {other}: {difference.score:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}] on "
        f"{difference.n} test items, p = {found.p_value:.2g}: {found.verdict}"
    )


def _tested(folder: "RunFolder") -> "list[Graded]":
    """Return the graded test items of the model that a run chose."""
    result, run = folder.result(), folder.config.id
    if result is None:
        raise StoreError(
            f"The run {run} has no result yet, so it cannot be compared; `ftdojo resume {run}` goes on with it."
        )
    return folder.predictions(result.chosen, "test")


def report(
    run: str = RUN,
    story: bool = typer.Option(
        False, "--story", help="Tell the run as Markdown instead, on stdout and in story.md."
    ),
    runs: Path | None = ROOT,
) -> None:
    """Write the report page of a run and print its path."""
    from ftdojo.report import write, write_story

    folder = _open(run, runs)
    print(write_story(folder) if story else write(folder))


def export(
    run: str = RUN,
    to: Path | None = typer.Option(None, help="A folder that is not there yet, for the model."),
    merge: bool = typer.Option(
        False, "--merge", help="A whole model that plain transformers loads."
    ),
    gguf: bool = typer.Option(False, "--gguf", help="One GGUF file, checked by reading it back."),
    experiment: str = typer.Option("", help="Another experiment than the chosen one."),
    rows: Path | None = typer.Option(
        None,
        "--trajectory",
        metavar="FILE",
        help="Write the run's steps instead, as JSONL with rewards from validation.",
    ),
    form: str = typer.Option(
        "steps",
        "--trajectory-form",
        help="steps, or chat: what the agent's language model was asked and replied.",
    ),
    runs: Path | None = ROOT,
) -> None:
    """Take the trained model of a run away, or its trajectory.

    The model as a PEFT adapter, as a whole model (--merge), or as a GGUF file (--gguf).
    """
    if (to is None) == (rows is None):
        raise UsageError("Give either --to FOLDER, for the model, or --trajectory FILE.")
    if rows and (merge or gguf or experiment):
        raise UsageError("--merge, --gguf and --experiment are about the model; leave them out.")
    if to and form != "steps":
        raise UsageError("--trajectory-form is about a trajectory; give --trajectory FILE.")
    folder = _open(run, runs)
    if rows:
        _export_rows(folder, rows, form)
    elif to:
        _export_model(folder, to, merge=merge, gguf=gguf, experiment=experiment)


def _export_rows(folder: "RunFolder", to: Path, form: str) -> None:
    from ftdojo.report.trajectories import Rows, write_rows

    if form not in get_args(Rows):
        raise UnknownName("form of a trajectory", form, get_args(Rows))
    count = write_rows(folder, to, cast("Rows", form))
    typer.echo(f"{count} rows", err=True)
    print(to)


def _export_model(
    folder: "RunFolder", to: Path, *, merge: bool, gguf: bool, experiment: str
) -> None:
    from ftdojo.dojo import export as take

    if merge and gguf:
        raise UsageError("--merge and --gguf make two different things; export twice.")
    form: Form = "gguf" if gguf else "merged" if merge else "adapter"
    print(take(folder, to=to, form=form, experiment=experiment))


def _open(run: str, root: Path | None) -> "RunFolder":
    from ftdojo.config import runs_dir
    from ftdojo.store import RunFolder

    return RunFolder.open(run, root or runs_dir())


def _row_or_fault(run: str, root: Path) -> dict[str, Any]:
    """Return a run's row; a damaged run is told of and hides no other."""
    try:
        return _row(_open(run, root))
    except StoreError as error:
        typer.echo(f"{run}: {one_line(str(error))}", err=True)
        return {"run": run, "status": "damaged"}


def _row(folder: "RunFolder") -> dict[str, Any]:
    from ftdojo.cli.summary import facts

    result, config = folder.result(), folder.config
    if result:
        made = facts(folder, result)
        return made | {"base": made["base_test"]["score"], "test": made["test"]["score"]}
    return {
        "run": config.id,
        "task": config.spec.task,
        "agent": config.spec.agent,
        "seed": config.spec.seed,
        "status": "unfinished",
        "experiments": len(folder.experiments()),
    }


def _experiment(each: Any) -> dict[str, Any]:
    score = each.evaluation.score if each.evaluation else None
    against = each.feedback.comparisons.get("best") if each.feedback else None
    return {
        "id": each.id,
        "parent": each.parent,
        "start_from": each.start_from,
        "status": str(each.status),
        "score": score.score if score else None,
        "low": score.low if score else None,
        "high": score.high if score else None,
        "n": score.n if score else None,
        "verdict": verdict(against.verdict, against.against) if against else "",
        "seconds": round(each.seconds, 1),
        "note": each.failure.message if each.failure else "",
    }
