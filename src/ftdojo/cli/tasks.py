"""``ftdojo tasks``: listing, showing, proving and making tasks."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.cli import new_task, scoring
from ftdojo.errors import FtdojoError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.records import Task
    from ftdojo.tasks.finding import Finding

JSON = typer.Option(False, "--json", help="Print JSON instead of a table.")
TASK = typer.Argument(help="A task's name, or the folder of a task of your own.")
COLUMNS = (
    "name",
    "domain",
    "metric",
    "direction",
    "validation",
    "confirm",
    "test",
    "licence",
    "published_base",
)
LABEL = 18
MOST_SHOWN = 12

tasks_app = typer.Typer(no_args_is_help=True, help="List, show, prove, score and make tasks.")
tasks_app.command("score")(scoring.score_cases)
tasks_app.command("new")(new_task.new_task)


@tasks_app.command("list")
def list_tasks(
    as_json: bool = JSON,
    as_markdown: bool = typer.Option(False, "--markdown", help="Print a table in Markdown."),
) -> None:
    """List every task.

    The counts of data sets that are not here are left open.
    """
    from ftdojo import tasks
    from ftdojo.cli.tables import table
    from ftdojo.cli.task_facts import markdown, row

    rows = [row(tasks.get(name)) for name in tasks.tasks]
    if as_json:
        print(json.dumps(rows))
        return
    if as_markdown:
        print(markdown(rows))
        return
    table([{key: _open(each[key]) for key in COLUMNS} for each in rows], COLUMNS)
    for family in tasks.FAMILIES:
        print(f"{family}/<name>: any data set of the package {family}")
    if any(each["note"] for each in rows):
        print(
            "-: the data set is not here; it comes with the first `ftdojo tasks check` or `run`, or from a folder that "
            "FTDOJO_MIRROR names.",
            file=sys.stderr,
        )


@tasks_app.command("show")
def show_task(name: str = TASK, as_json: bool = JSON) -> None:
    """Show everything a task's declaration holds."""
    from ftdojo import tasks
    from ftdojo.cli.task_facts import full

    facts = full(tasks.get(name))
    if as_json:
        print(json.dumps(facts))
        return
    for key, value in facts.items():
        print("\n".join(_lines(key, value)))


@tasks_app.command("check")
def check_task(
    name: str = TASK,
    model: str = typer.Option("", help="A base model whose context the prompts must fit."),
    as_json: bool = JSON,
) -> None:
    """Prove a task without a model.

    Gold answers score full marks, empty ones nothing, garbage is unreadable, splits and sources are disjoint.
    """
    from ftdojo import tasks
    from ftdojo.cli.downloads import shown_downloads
    from ftdojo.cli.tables import table

    with shown_downloads():
        rows = [asdict(finding) for finding in _findings(tasks.get(name), model)]
    said = [row for row in rows if row["severity"] != "note"]
    broken = [row for row in said if row["severity"] == "error"]
    if as_json:
        print(json.dumps(rows))
    else:
        if said:
            table(said, tuple(said[0]))
        if not broken:
            print(f"{name} keeps every promise.")
        for row in rows:
            if row["severity"] == "note":
                print(f"{row['about']}: {row['message']}")
    if broken:
        raise FtdojoError(f"{name} breaks {len(broken)} promise(s); see above.")


def _findings(task: "Task", model: str) -> "list[Finding]":
    """Return all that is to be said of a task: what its proof says, the gate, and a model's context."""
    from ftdojo.evaluation import leaks
    from ftdojo.tasks.check import prove
    from ftdojo.tasks.finding import error

    found = prove(task)
    if any(each.about == "items" for each in found):
        return found
    for source, rows in leaks(task):
        named = ", ".join(map(str, rows[:MOST_SHOWN])) + (", ..." if len(rows) > MOST_SHOWN else "")
        found.append(
            error(
                f"source {source}",
                f"The contamination gate refuses {len(rows)} of its rows ({named}, from 0); leave them out.",
            )
        )
    return found + (_context(task, model) if model else [])


def _context(task: "Task", model: str) -> "list[Finding]":
    from typing import get_args

    from ftdojo.config import cache_dir
    from ftdojo.models import pull
    from ftdojo.records import Split
    from ftdojo.tasks.check_splits import longest_prompt
    from ftdojo.tasks.finding import error

    context = pull(model, cache=cache_dir(), on_progress=_talk).context
    items = {split: task.items(split) for split in get_args(Split)}
    needed = longest_prompt(items)[1] + task.max_new_tokens
    if needed <= context:
        return []
    return [
        error(
            "prompts",
            f"The longest needs about {needed:,} tokens with its answer, and {model} has a context of {context:,}; "
            "choose another model.",
        )
    ]


def _talk(text: str) -> None:
    typer.echo(text, err=True)


def _open(value: Any) -> Any:
    return "-" if value is None else value


def _lines(key: str, value: Any) -> list[str]:
    """Return a fact as lines: a list one entry a line, an object one key a line, the rest beside its name."""
    label = f"{key + ':':<{LABEL}}"
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [label, *(f"  - {_inline(each)}" for each in value)]
    if isinstance(value, Mapping) and value:
        return [label, *(f"  {name}: {said}" for name, said in value.items())]
    if isinstance(value, list):
        value = ", ".join(map(repr, value)) if key == "stop" else ", ".join(map(str, value))
    return [f"{label}{_open(value)}".rstrip()]


def _inline(entry: Mapping[str, Any]) -> str:
    shown = {
        key: _inline(each) if isinstance(each, Mapping) else each for key, each in entry.items()
    }
    return "; ".join(f"{key}: {_open(each)}" for key, each in shown.items() if each != "")
