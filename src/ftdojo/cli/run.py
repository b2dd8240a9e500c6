"""`ftdojo run` and `ftdojo resume`: an agent plays, the numbers come out; and the options that a run has."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.errors import Interrupted, SourceError
from ftdojo.records import OPTIONS, Option, run_spec

if TYPE_CHECKING:
    from ftdojo.dojo import Dojo
    from ftdojo.records import Agent, RunSpec, Source, Task


TASK = typer.Argument(
    help="A task's name; `ftdojo tasks list` shows them. NAME@without=SOURCE leaves a raw source out."
)
_BY_KEY = {each.key: each for each in OPTIONS}


def run_option(key: str) -> Any:
    """Return the option ``key`` of a run for a command that takes a few of them by itself."""
    return _parameter(_BY_KEY[key]).default


def takes_a_run(
    *, without: tuple[str, ...] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the task and the options of a run; it is called with the ``RunSpec`` that they make, then its own.

    Args:
        without: fields of ``RunSpec`` whose options it does not have.
    """
    taken = [each for each in OPTIONS if each.path[0] not in without]

    def taking(command: Callable[..., None]) -> Callable[..., None]:
        def called(**given: Any) -> None:
            values = {each.key: given.pop(each.key) for each in taken}
            command(run_spec({"task": given.pop("task")} | values), **given)

        _, *own = inspect.signature(command).parameters.values()
        task = inspect.Parameter(
            "task", inspect.Parameter.KEYWORD_ONLY, default=TASK, annotation=str
        )
        shown = [task, *map(_parameter, taken)]
        called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads
            [*shown, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own)]
        )
        called.__annotations__ = {each.name: each.annotation for each in (*shown, *own)}
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        return called

    return taking


def _parameter(option: Option) -> inspect.Parameter:
    """Return ``option`` as typer takes it. What is left out is None, so that defaults are declared in one place."""
    annotations: dict[type, Any] = {bool: bool, list: list[str]}
    empty: dict[type, Any] = {bool: False, list: []}
    least = None if option.least is None else option.kind(option.least)
    default = typer.Option(
        empty.get(option.kind),
        option.flag,
        *option.other_flags,
        metavar=option.metavar,
        min=least,
        help=option.help,
        show_default=option.write(option.default) if option.default else False,
    )
    return inspect.Parameter(
        option.key,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=annotations.get(option.kind, option.kind | None),
    )


RUN = typer.Argument(help="A run's id or folder; `ftdojo runs list` shows them.")
JSON = typer.Option(False, "--json", help="Print one JSON object instead of a table.")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress on stderr.")
RUNS = typer.Option(None, help="Folder of the runs (default: FTDOJO_HOME, else ./runs).")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to ``app``."""
    app.command("run")(run)
    app.command("resume")(resume)


@takes_a_run()
def run(
    spec: "RunSpec",
    name: str = typer.Option("", help="The run's id; made up if left out."),
    runs: Path | None = RUNS,
    as_json: bool = JSON,
    quiet: bool = QUIET,
) -> None:
    """Let an agent fine-tune a model on a task, within a budget.

    Ends with a model that was tested once, on questions that nothing else has seen.

    Example: ftdojo run math/mini --budget 8m
    """
    from ftdojo.agents import enlist
    from ftdojo.cli.progress import progress
    from ftdojo.cli.summary import close
    from ftdojo.dojo import start

    player = enlist(spec.agent, seed=spec.seed, options=spec.agent_options)
    player.require(llm=spec.llm is not None)
    spec = checked(spec, runs)
    fetch(spec.task)
    with progress(spec.budget.wall_s, quiet=quiet or as_json) as tell:
        dojo = start(spec, name=name, root=runs, tell=tell)
        with dojo:
            tell("progress", {"text": f"recorded in {dojo.folder.path}"})
            _play(dojo, player.enter(dojo))
    close(dojo.folder, as_json=as_json)


def checked(spec: "RunSpec", runs: Path | None) -> "RunSpec":
    """Return ``spec`` with whole paths, once all is known of its language models that can be without asking them.

    A name or a key that is wrong is told before the first download.

    Raises:
        UsageError: a model cannot be asked as it is named.
        UnknownName: there is no such provider, or no such run to replay.
    """
    from ftdojo.config import runs_dir
    from ftdojo.dojo import resolve
    from ftdojo.llm import open_models

    spec = resolve(spec, root=runs or runs_dir())
    if spec.llm:
        open_models(spec.llm)
    return spec


def fetch(name: str) -> None:
    """Get what a task reads before the clock is shown, so that a long download is seen for what it is."""
    from ftdojo import tasks
    from ftdojo.cli.sources import shown_downloads

    with shown_downloads():
        task = tasks.get(name)
        for split in ("validation", "confirm", "test"):
            task.items(split)
        for source in task.sources:
            _touch(source, hint=_way(name, task, source))


def _touch(source: "Source", *, hint: str) -> None:
    try:
        next(source.rows(), None)
    except SourceError as error:
        raise SourceError(f"{error}{hint}") from error


def _way(name: str, task: "Task", source: "Source") -> str:
    """Return how to do without ``source``, where that can be done."""
    from ftdojo import tasks

    if len(task.sources) == 1 or tasks.folder_of(name):
        return ""
    return f" Or do without it: {name}@{tasks.WITHOUT}{source.name}."


def resume(
    run: str = RUN,
    budget: str | None = typer.Option(
        None, help="A new budget for the whole run, from now on, such as 20m."
    ),
    max_llm_calls: int | None = run_option("max_llm_calls"),
    max_llm_tokens: int | None = run_option("max_llm_tokens"),
    max_llm_usd: float | None = run_option("max_llm_usd"),
    runs: Path | None = RUNS,
    as_json: bool = JSON,
    quiet: bool = QUIET,
) -> None:
    """Go on with a run after its last finished stage.

    Example: ftdojo resume math-mini-explorer-s0-20260101-120000
    """
    from dataclasses import replace

    from ftdojo.agents import enlist
    from ftdojo.cli.play import take_up
    from ftdojo.cli.progress import progress
    from ftdojo.cli.summary import close
    from ftdojo.config import runs_dir
    from ftdojo.dojo import resume as reopen
    from ftdojo.records import OUTSIDE, seconds
    from ftdojo.store import RunFolder

    root = runs or runs_dir()
    folder = RunFolder.open(run, root)
    spec = folder.config.spec
    caps: dict[str, Any] = {
        "wall_s": seconds(budget) if budget else None,
        "max_llm_calls": max_llm_calls,
        "max_llm_tokens": max_llm_tokens,
        "max_llm_usd": max_llm_usd,
    }
    given = {name: value for name, value in caps.items() if value is not None}
    limits = replace(folder.budget, **given)
    if spec.agent == OUTSIDE:
        take_up(folder, limits, as_json=as_json)
        return
    player = enlist(spec.agent, seed=spec.seed, options=spec.agent_options)
    with progress(limits.wall_s, quiet=quiet or as_json) as tell:
        dojo = reopen(run, budget=limits, root=root, tell=tell)
        with dojo:
            if dojo.result is None:
                _play(dojo, player.enter(dojo))
    close(dojo.folder, as_json=as_json)


def _play(dojo: "Dojo", agent: "Agent") -> None:
    from ftdojo.agents import play
    from ftdojo.cli.summary import address

    try:
        play(agent, dojo)
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; `ftdojo resume {address(dojo.folder)}` goes on.") from None
