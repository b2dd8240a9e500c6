"""`ftdojo run` and `ftdojo resume`: an agent plays, the numbers come out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.cli.run_options import checked, fetch, run_option, takes_a_run
from ftdojo.errors import Interrupted

if TYPE_CHECKING:
    from ftdojo.dojo import Dojo
    from ftdojo.records import Agent, Budget, RunSpec


RUN = typer.Argument(help="A run's id or folder; `ftdojo runs list` shows them.")
BUDGET = typer.Option(None, help="A new budget for the whole run, from now on, such as 20m.")
JSON = typer.Option(False, "--json", help="Print one JSON object instead of a table.")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress on stderr.")
RUNS = typer.Option(None, help="Folder of the runs (default: FTDOJO_HOME, else ./runs).")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to ``app``."""
    app.command("run")(run)
    app.command("resume")(resume)
    app.command("say")(say)


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
    from ftdojo.records import Announced

    player = enlist(spec.agent, seed=spec.seed, options=spec.agent_options)
    player.require(llm=spec.llm is not None)
    spec = checked(spec, runs)
    fetch(spec.task)
    with progress(spec.budget.wall_s, quiet=quiet or as_json) as show:
        dojo = start(spec, name=name, root=runs, listeners=(show,))
        with dojo:
            show(Announced(text=f"recorded in {dojo.folder.path}"))
            _play(dojo, player.enter(dojo))
    close(dojo.folder, as_json=as_json)


def resume(
    run: str = RUN,
    budget: str | None = BUDGET,
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
    limits = _changed(
        folder.budget,
        wall_s=seconds(budget) if budget else None,
        max_llm_calls=max_llm_calls,
        max_llm_tokens=max_llm_tokens,
        max_llm_usd=max_llm_usd,
    )
    if spec.agent == OUTSIDE:
        take_up(folder, limits, as_json=as_json)
        return
    player = enlist(spec.agent, seed=spec.seed, options=spec.agent_options)
    with (
        progress(limits.wall_s, quiet=quiet or as_json) as show,
        reopen(run, budget=limits, root=root, listeners=(show,)) as dojo,
    ):
        if dojo.result is None:
            _play(dojo, player.enter(dojo))
    close(dojo.folder, as_json=as_json)


def _changed(budget: "Budget", **caps: Any) -> "Budget":
    """Return ``budget`` with those of ``caps`` that were given; 0 is one."""
    from dataclasses import replace

    return replace(budget, **{name: value for name, value in caps.items() if value is not None})


def _play(dojo: "Dojo", agent: "Agent") -> None:
    from ftdojo.agents import play
    from ftdojo.cli.summary import address

    try:
        play(agent, dojo)
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; `ftdojo resume {address(dojo.folder)}` goes on.") from None


def say(
    run: str = RUN,
    text: str = typer.Argument("", help="What the agent is to take up, in your words."),
    require: list[str] = typer.Option(
        [],
        "--require",
        help="A condition on the model, such as 'output_tokens.p95 <= 8'; one that breaks it on validation is not chosen.",
    ),
    runs: Path | None = RUNS,
) -> None:
    """Say something to a run that goes on.

    Its agent sees it with its next step.

    Example: ftdojo say math-mini-explorer-s0-20260101-120000 "at most 8 tokens an answer" --require "output_tokens.p95 <= 8"
    """
    from ftdojo.config import runs_dir
    from ftdojo.errors import UsageError
    from ftdojo.records import Guidance
    from ftdojo.store import RunFolder
    from ftdojo.store.said import say as put

    given = [Guidance(text=text)] if text else []
    given += [Guidance(require=each) for each in require]
    if not given:
        raise UsageError("Nothing was said; give a text, or --require with a condition.")
    folder = RunFolder.open(run, runs or runs_dir())
    put(folder, *given)
    typer.echo(f"said to {folder.config.id}; its agent sees it with its next step", err=True)
