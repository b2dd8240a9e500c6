"""``ftdojo run`` and ``ftdojo resume``: an agent plays, the numbers come out."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ftdojo.cli import llm_options as llms
from ftdojo.cli.agent_options import AGENT, OPTION, POLICY, WITHOUT, agent_options
from ftdojo.errors import Interrupted, SourceError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.dojo import Dojo
    from ftdojo.records import Agent, Budget, Source, Task

TASK = typer.Argument(
    help="A task's name; `ftdojo tasks list` shows them. NAME@without=SOURCE leaves a raw source out."
)
RUN = typer.Argument(help="A run's id or folder; `ftdojo runs list` shows them.")
JSON = typer.Option(False, "--json", help="Print one JSON object instead of a table.")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress on stderr.")
BUDGET = typer.Option(
    "10m", help="Wall time of the whole run, final test included: 90s, 10m, 1h30m."
)
EXPERIMENTS = typer.Option(None, min=1, help="At most this many experiments.")
TRAIN = typer.Option(None, min=1.0, help="At most this many seconds of training in all.")
DATA_CAP = typer.Option(None, min=1, help="At most this many training rows an experiment.")
CHAT_TEMPLATE = typer.Option(
    "",
    metavar="chatml|FILE",
    help="Put this chat template on the model, in place of its own; FILE is Jinja. A model without one gets chatml.",
)
DISK = typer.Option(None, help="At most this much disk for the run folder, such as 2G.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to ``app``."""
    app.command("run")(run)
    app.command("resume")(resume)


def run(
    task: str = TASK,
    agent: str = AGENT,
    policy: str = POLICY,
    without: str = WITHOUT,
    option: list[str] = OPTION,
    model: str = typer.Option(
        "smollm2-135m",
        help="The base model: a known name, a folder, or a hub id org/name[@revision].",
    ),
    budget: str = BUDGET,
    max_experiments: int | None = EXPERIMENTS,
    max_train_seconds: float | None = TRAIN,
    max_disk: str | None = DISK,
    data_cap: int | None = DATA_CAP,
    llm: str = llms.LLM,
    llm_strong: str = llms.STRONG,
    llm_weak: str = llms.WEAK,
    llm_judge: str = llms.JUDGE,
    judge: bool = llms.JUDGES,
    base_url: str = llms.BASE_URL,
    prices: Path | None = llms.PRICES,
    max_llm_calls: int | None = llms.CALLS,
    max_llm_tokens: int | None = llms.TOKENS,
    max_usd: float | None = llms.USD,
    replay: str = llms.REPLAY,
    seed: int = typer.Option(0, min=0, help="Decides the agent's choices, never the questions."),
    sandbox: str = typer.Option("auto", help="auto (bubblewrap) or unsafe (no protection)."),
    trainer: str = typer.Option("loop", help="loop, or trl: the slower reference, for comparison."),
    chat_template: str = CHAT_TEMPLATE,
    name: str = typer.Option("", help="The run's id; made up if left out."),
    runs: Path | None = typer.Option(
        None, help="Folder of the runs (default: FTDOJO_HOME, else ./runs)."
    ),
    as_json: bool = JSON,
    quiet: bool = QUIET,
) -> None:
    """Let an agent fine-tune a model on a task, within a budget.

    Ends with a model that was tested once, on questions that nothing else has seen.

    Example: ftdojo run math/mini --budget 8m
    """
    from dataclasses import replace

    from ftdojo.agents import enlist
    from ftdojo.cli.progress import progress
    from ftdojo.cli.summary import close
    from ftdojo.dojo import Choices, make

    options = agent_options(policy=policy, without=without, more=option)
    player = enlist(agent, seed=seed, options=options)
    limits = budget_of(budget, max_experiments, max_train_seconds, max_disk)
    limits = replace(limits, max_rows=data_cap)
    limits = llms.capped(limits, calls=max_llm_calls, tokens=max_llm_tokens, usd=max_usd)
    chosen = llms.llm_choice(
        {"planner": llm, "strong": llm_strong, "weak": llm_weak, "judge": llm_judge},
        base_url=base_url,
        prices=prices,
        replay=replay,
        runs=runs,
    )
    player.require(llm=chosen is not None)
    llms.require_use(chosen, limits, judge=judge)
    choices = Choices(
        agent=agent,
        agent_options=options,
        sandbox=sandbox,
        trainer=trainer,
        chat_template=chat_template,
        llm=chosen,
        judge=judge,
        run=name,
        root=runs,
    )
    fetch(task)
    with progress(limits.wall_s, quiet=quiet or as_json) as tell:
        dojo = make(task, model=model, budget=limits, seed=seed, choices=choices, tell=tell)
        with dojo:
            tell("progress", {"text": f"recorded in {dojo.folder.path}"})
            _play(dojo, player.enter(dojo))
    close(dojo.folder, as_json=as_json)


def fetch(name: str) -> None:
    """Get what a task reads before the clock is shown, so that a long download is seen for what it is."""
    from ftdojo import tasks
    from ftdojo.cli.downloads import shown_downloads

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
    max_llm_calls: int | None = llms.CALLS,
    max_llm_tokens: int | None = llms.TOKENS,
    max_usd: float | None = llms.USD,
    runs: Path | None = typer.Option(
        None, help="Folder of the runs (default: FTDOJO_HOME, else ./runs)."
    ),
    as_json: bool = JSON,
    quiet: bool = QUIET,
) -> None:
    """Go on with a run after its last finished stage.

    Example: ftdojo resume math-mini-explorer-s0-20260101-120000
    """
    from dataclasses import replace

    from ftdojo.agents import enlist
    from ftdojo.cli.outside import take_up
    from ftdojo.cli.progress import progress
    from ftdojo.cli.summary import close
    from ftdojo.config import runs_dir, seconds
    from ftdojo.dojo import resume as reopen
    from ftdojo.serve import OUTSIDE
    from ftdojo.store import RunFolder

    root = runs or runs_dir()
    folder = RunFolder.open(run, root)
    config, limits = folder.config, folder.budget
    if budget:
        limits = replace(limits, wall_s=seconds(budget))
    limits = llms.capped(limits, calls=max_llm_calls, tokens=max_llm_tokens, usd=max_usd)
    if config.agent == OUTSIDE:
        take_up(folder, limits, as_json=as_json)
        return
    player = enlist(config.agent, seed=config.seed, options=config.agent_options)
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


def budget_of(
    wall: str, experiments: int | None, train: float | None, disk: str | None
) -> "Budget":
    """Return the limits that a call's options set."""
    from ftdojo.config import seconds, size_bytes
    from ftdojo.records import Budget

    return Budget(
        wall_s=seconds(wall),
        max_experiments=experiments,
        max_train_s=train,
        max_disk_bytes=size_bytes(disk) if disk else None,
    )
