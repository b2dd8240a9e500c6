"""``ftdojo tasks new``: a folder made from a file of rows, and what was seen in them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.cli.tables import one_line

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.tasks.own.new import Made

MOST_SHOWN = 12
DATA = typer.Option(
    ..., help="Rows: CSV, TSV, JSONL, JSON or Parquet; or a folder with train, validation, test."
)
QUESTION = typer.Option(
    [],
    help="A column that asks (may be repeated), or text with {column} in it; found out if left out.",
)
METRIC = typer.Option(
    "",
    help="accuracy, macro_f1, exact_match, contains, choice, number, json_fields, rouge_l or chrf; proposed if left "
    "out.",
)
SCORER = typer.Option(
    None, help="A Python file with grade(output, gold), for a metric of your own."
)
SHARES = typer.Option(
    "", help="train/validation/confirm/test, as in 70/12/6/12; fitted if left out."
)


def new_task(
    name: str = typer.Argument(help="The new task's name; its folder is made here."),
    data: Path = DATA,
    test: Path = typer.Option(None, help="A file whose rows stay the test."),
    validation: Path = typer.Option(None, help="A file whose rows stay the validation."),
    question: list[str] = QUESTION,
    answer: str = typer.Option("", help="The column of the right answers; found out if left out."),
    metric: str = METRIC,
    scorer: Path = SCORER,
    system: str = typer.Option("", help="A system text before every question."),
    shares: str = SHARES,
    licence: str = typer.Option("my own data", help="What the rows are under."),
    to: Path = typer.Option(Path(), help="The folder to make it in."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead."),
) -> None:
    """Make a task of your own from a file of rows."""
    from ftdojo.tasks.own.new import NewTask, make_folder

    wanted = NewTask(
        name=name,
        data=data,
        test=test,
        validation=validation,
        question=tuple(question),
        answer=answer,
        metric=metric,
        scorer=scorer,
        system=system,
        shares=shares,
        licence=licence,
        to=to,
    )
    made = make_folder(wanted)
    if as_json:
        print(json.dumps({**asdict(made), "folder": str(made.folder)}, ensure_ascii=False))
        return
    _show(made)


def _show(made: "Made") -> None:
    """Say on stderr what the rows are like and where they went; the folder goes to stdout."""
    for key, value in made.facts.items():
        _talk(f"{key}: {_listed(value) if isinstance(value, dict) else value}")
    for each in (*made.notes, made.account):
        _talk(each)
    print(made.folder)
    here = made.folder if made.folder.is_absolute() else f"./{made.folder}"
    _talk(f"Next: `ftdojo tasks check {here}`, then `ftdojo run {here}`.")


def _listed(counts: Mapping[str, Any]) -> str:
    shown = ", ".join(f"{name} {many}" for name, many in list(counts.items())[:MOST_SHOWN])
    more = len(counts) - MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _talk(text: str) -> None:
    typer.echo(one_line(text), err=True)
