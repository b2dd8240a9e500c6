"""`ftdojo play`: verbs by which any coding agent plays a run from a shell. A process of its own holds the run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import typer

from ftdojo.cli.run_options import checked, fetch, takes_a_run
from ftdojo.errors import FtdojoError, UnknownName, UsageError

if TYPE_CHECKING:
    from ftdojo.records import Budget, RunSpec
    from ftdojo.serve import CheckRequest, FinishRequest, MergeRequest, TrainRequest
    from ftdojo.store import RunFolder


def take_up(folder: "RunFolder", budget: "Budget", *, as_json: bool) -> None:
    """Go on with a run whose process is gone, within ``budget``; the agent outside plays on. An ended one is shown.

    Raises:
        FtdojoError: it cannot be opened; another process holds it.
    """
    from ftdojo.cli.summary import close
    from ftdojo.serve import Resume, go_on

    if folder.result():
        close(folder, as_json=as_json)
        return
    go_on(folder, Resume(folder=folder.path.absolute(), budget=budget), say=say)
    show(folder, standing(folder, seconds=0.0), as_json=as_json)


def handed_in(
    folder: "RunFolder",
    request: "CheckRequest | TrainRequest | MergeRequest | FinishRequest",
    *,
    wait: float,
) -> dict[str, Any]:
    """Ask for an action, and return how the run stands then, or once it is quiet again within ``wait`` seconds."""
    from ftdojo.serve import hand_in

    found = hand_in(folder, request, say=say)
    asked = found["asked"]
    if wait and found["state"] == "busy":
        found = standing(folder, seconds=wait)
    if found["state"] == "busy":
        say(f"{asked} ({request.verb}) goes on; `ftdojo play status --wait 60` waits for it.")
    return {"asked": asked} | found


def standing(folder: "RunFolder", *, seconds: float) -> dict[str, Any]:
    """Return how a run stands once it is quiet, or after ``seconds``."""
    from ftdojo.serve import await_quiet

    return await_quiet(folder, seconds=seconds, say=say, tell=say)


def is_ending(folder: "RunFolder") -> bool:
    """Return whether the final evaluation is under way."""
    job = standing(folder, seconds=0.0)["job"]
    return bool(job) and job["verb"] in {"finish", "end"}


def show(folder: "RunFolder", found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print how a run stands; one that has ended as ``ftdojo run`` would print it, as JSON under ``result``.

    Raises:
        FtdojoError: the process that held it went away with this error.
    """
    from ftdojo.cli.summary import close, facts, show_standing

    result = folder.result() if found["state"] == "ended" else None
    if as_json:
        told = facts(folder, result) if result else None
        print(json.dumps({**found, "result": told}, ensure_ascii=False))
    elif result:
        if result.stopped_by:
            say(f"The limit on {result.stopped_by} was reached, so the dojo finished the run.")
        close(folder, as_json=False)
    elif found["state"] == "stopped":
        raise FtdojoError(found["error"])
    else:
        show_standing(found)
    if found["state"] == "stopped":
        raise typer.Exit(1)


def found_run(run: str, runs: Path | None) -> "RunFolder":
    """Return the run that is meant by the options ``--run`` and ``--runs``.

    Raises:
        UsageError: there is no such run, or none is named and there are none or several.
    """
    from ftdojo.config import runs_dir
    from ftdojo.serve import played_run

    return played_run(run, runs or runs_dir())


def say(text: str) -> None:
    """Talk, on stderr."""
    typer.echo(text, err=True)


play_app = typer.Typer(
    no_args_is_help=True,
    help="Play a run from a shell, verb by verb: for coding agents. `ftdojo play guide` comes first.",
)
RUN = typer.Option(
    "", "--run", "-r", help="The run's id or folder (default: the one that is being played)."
)
RUNS = typer.Option(None, "--runs", help="Folder of the runs (default: FTDOJO_HOME, else ./runs).")
JSON = typer.Option(False, "--json", help="Print one JSON object instead.")
WAIT = typer.Option(
    0.0, min=0.0, help="Answer once no job runs, or after so many seconds (0: at once)."
)
FOLDER = typer.Argument(metavar="DIR", help="A folder with plan.md, data.py and train.yaml.")


@play_app.command("guide")
def guide(as_json: bool = JSON) -> None:
    """Print the page that a coding agent reads first."""
    from ftdojo.serve import guide as written

    print(json.dumps({"guide": written()}) if as_json else written())


@play_app.command("start")
@takes_a_run(without=("agent", "agent_options"))
def start(
    spec: "RunSpec",
    name: str = typer.Option("", help="The run's id; made up if left out."),
    runs: Path | None = RUNS,
    wait: float = WAIT,
    as_json: bool = JSON,
) -> None:
    """Make a run; its clock starts, and the base is validated.

    Example: ftdojo play start math/mini --budget 30m --wait 60
    """
    from dataclasses import replace

    from ftdojo.config import runs_dir
    from ftdojo.records import OUTSIDE
    from ftdojo.serve import Start, begin

    spec = checked(replace(spec, agent=OUTSIDE), runs)
    fetch(spec.task)
    folder = begin(Start(spec=spec, name=name, root=(runs or runs_dir()).absolute()), say=say)
    show(folder, standing(folder, seconds=wait), as_json=as_json)


@play_app.command("look")
def look(
    what: str = typer.Argument(
        metavar="WHAT",
        help="task, sources, setting (model, machine, budget), base (its validation), source NAME (raw rows), "
        "experiment NAME (its files), feedback NAME, rows [NAME] (as the model sees them), predictions NAME, ledger, "
        "tokens FILE (training rows or any text, counted by the model's tokenizer; - for stdin); measured: "
        "losses SOURCE[@EXPERIMENT][:ROWS], likelihood NAME, agreement [NAME], fits ROWSxTOKENS or SOURCE[:ROWS] or "
        "EXPERIMENT[:ROWS].",
    ),
    name: str = typer.Argument("", help="A source's name, an experiment's id, base, or a file."),
    offset: int = typer.Option(0, min=0, help="Entries to pass over."),
    limit: int = typer.Option(20, min=1, max=100, help="Entries on the page."),
    wrong: bool = typer.Option(False, "--wrong", help="Of predictions, the wrong ones only."),
    train: Path | None = typer.Option(None, help="For fits: the planned train.yaml."),
    run: str = RUN,
    runs: Path | None = RUNS,
    as_json: bool = JSON,
) -> None:
    """Look something up, or have it measured.

    Free of charge but for the time.

    Example: ftdojo play look source worked --limit 5
    """
    from ftdojo.cli.summary import show_page
    from ftdojo.serve import LookRequest, Whats, ask, read_text

    if what not in get_args(Whats):
        raise UnknownName("view", what, get_args(Whats))
    text = read_text(name) if what == "tokens" else ""
    plan = "" if train is None else read_text(str(train))
    asked = {"name": name, "offset": offset, "limit": limit, "text": text, "train": plan}
    asked |= {"only": "wrong"} if wrong else {}
    request = LookRequest.model_validate({"what": what} | asked)
    found = ask(found_run(run, runs), request, say=say)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        show_page(found)


@play_app.command("check")
def check(
    folder: Path = FOLDER,
    run: str = RUN,
    runs: Path | None = RUNS,
    wait: float = WAIT,
    as_json: bool = JSON,
) -> None:
    """Run the check only, stage by stage.

    Costs time, no experiment.

    Example: ftdojo play check try1 --wait 60
    """
    from ftdojo.serve import CheckRequest, read_submission

    texts = read_submission(folder)
    request = CheckRequest(plan=texts.plan, data=texts.data, train=texts.train)
    found = found_run(run, runs)
    show(found, handed_in(found, request, wait=wait), as_json=as_json)


@play_app.command("train")
def train(
    folder: Path = FOLDER,
    validate_items: int | None = typer.Option(
        None, help="Score only so many validation items: cheaper, and a rougher verdict."
    ),
    run: str = RUN,
    runs: Path | None = RUNS,
    wait: float = WAIT,
    as_json: bool = JSON,
) -> None:
    """Run a submission as an experiment: check, training, validation.

    Example: ftdojo play train try1 --wait 60
    """
    from ftdojo.serve import TrainRequest, read_submission

    if validate_items is not None and validate_items < 1:
        raise UsageError(f"--validate-items {validate_items} is too few; give 10 or more.")
    texts = read_submission(folder)
    request = TrainRequest(
        plan=texts.plan, data=texts.data, train=texts.train, validate_items=validate_items
    )
    found = found_run(run, runs)
    show(found, handed_in(found, request, wait=wait), as_json=as_json)


@play_app.command("merge")
def merge(
    parents: list[str] = typer.Argument(help="Experiments to merge, such as e1 e2."),
    method: str = typer.Option("linear", help="linear, ties, dare_ties or slerp."),
    weight: list[float] = typer.Option([], help="Share of each experiment; equal if left out."),
    density: float = typer.Option(
        0.5, help="Share of each one's changes that ties and dare_ties keep."
    ),
    run: str = RUN,
    runs: Path | None = RUNS,
    wait: float = WAIT,
    as_json: bool = JSON,
) -> None:
    """Merge the weights of experiments, and validate the result.

    That is an experiment without training.

    Example: ftdojo play merge e1 e2 --method ties --wait 60
    """
    from ftdojo.records import MergeMethod
    from ftdojo.serve import MergeRequest

    if method not in get_args(MergeMethod):
        raise UnknownName("method of merging", method, get_args(MergeMethod))
    request = MergeRequest(
        parents=parents, method=cast("MergeMethod", method), weights=weight, density=density
    )
    found = found_run(run, runs)
    show(found, handed_in(found, request, wait=wait), as_json=as_json)


@play_app.command("stop")
def stop(
    drop: bool = typer.Option(
        False, "--drop", help="Drop what was trained, instead of validating it."
    ),
    run: str = RUN,
    runs: Path | None = RUNS,
    wait: float = WAIT,
    as_json: bool = JSON,
) -> None:
    """End the training under way after the step it is at.

    What was trained is validated like any experiment, unless --drop is given: then the experiment fails as stopped.

    Example: ftdojo play stop --wait 60
    """
    from ftdojo.serve import StopRequest, ask

    folder = found_run(run, runs)
    found = ask(folder, StopRequest(keep=not drop), say=say)
    show(folder, standing(folder, seconds=wait) if wait else found, as_json=as_json)


@play_app.command("status")
def status(
    run: str = RUN,
    wait: float = WAIT,
    runs: Path | None = RUNS,
    as_json: bool = JSON,
) -> None:
    """Tell how a run stands; at its end, its result.

    Its job, what is left, its experiments, the failure of the last action.

    Example: ftdojo play status --wait 60
    """
    folder = found_run(run, runs)
    show(folder, standing(folder, seconds=wait), as_json=as_json)


@play_app.command("finish")
def finish(
    experiment: str = typer.Argument(
        "", help="An experiment's id, or base (default: the best by the dojo's statistics)."
    ),
    run: str = RUN,
    runs: Path | None = RUNS,
    wait: float = WAIT,
    as_json: bool = JSON,
) -> None:
    """End a run with one experiment.

    It is confirmed, tested once and exported, which takes about what `status` says is set aside; at the end, prints what
    `ftdojo run` prints.

    Example: ftdojo play finish e2 --wait 60
    """
    from ftdojo.serve import FinishRequest

    folder = found_run(run, runs)
    if folder.result():
        say(f"The run {folder.config.id} had ended before.")
        found = standing(folder, seconds=0.0)
    elif is_ending(folder):
        found = standing(folder, seconds=wait)
    else:
        found = handed_in(folder, FinishRequest(experiment=experiment or None), wait=wait)
    show(folder, found, as_json=as_json)
