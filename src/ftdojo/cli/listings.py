"""``ftdojo sources`` and ``models``: what there is."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from ftdojo.errors import UnknownName

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.records import SourceCard

JSON = typer.Option(False, "--json", help="Print JSON instead of a table.")
TASK = typer.Argument(help="A task's name.")

sources_app = typer.Typer(no_args_is_help=True, help="List and show the raw sources of a task.")
models_app = typer.Typer(no_args_is_help=True, help="List base models and get them.")


@sources_app.command("list")
def list_sources(task: str = TASK, as_json: bool = JSON) -> None:
    """List the raw sources on offer for a task."""
    from ftdojo.cli.tables import table

    rows = [asdict(card) for card in _cards(task)]
    if as_json:
        print(json.dumps(rows))
        return
    table(rows, ("name", "rows", "bytes", "duplicate_share", "licence", "summary"))


@sources_app.command("show")
def show_source(
    task: str = TASK, name: str = typer.Argument(help="A source's name."), as_json: bool = JSON
) -> None:
    """Show a raw source's card with samples."""
    cards = {card.name: asdict(card) for card in _cards(task)}
    if name not in cards:
        raise UnknownName("source", name, cards, f"`ftdojo sources list {task}` shows them.")
    print(json.dumps(cards[name], indent=None if as_json else 2, ensure_ascii=False))


@models_app.command("list")
def list_models(as_json: bool = JSON) -> None:
    """List the base models that are known here.

    Any model of the hub (org/name) and any folder works, too.
    """
    from ftdojo.cli.tables import table
    from ftdojo.config import cache_dir
    from ftdojo.models import known

    rows = [asdict(each) for each in known(cache=cache_dir())]
    if as_json:
        print(json.dumps(rows, default=str))
        return
    table(rows, tuple(rows[0]))


@models_app.command("pull")
def pull_model(
    name: str = typer.Argument(help="A known name, a folder, or a hub id org/name[@revision]."),
    as_json: bool = JSON,
) -> None:
    """Get a base model and print its identity."""
    from ftdojo.config import cache_dir
    from ftdojo.models import pull

    model = pull(name, cache=cache_dir(), on_progress=lambda text: typer.echo(text, err=True))
    row = asdict(model) | {"path": str(model.path)}
    print(json.dumps(row) if as_json else "\n".join(f"{key + ':':<16}{row[key]}" for key in row))


def _cards(task: str) -> "list[SourceCard]":
    from ftdojo import tasks
    from ftdojo.config import cache_dir
    from ftdojo.sources import card, materialise

    cache = cache_dir()
    return [
        card(source, materialise(source, cache=cache), path=f"/data/{source.name}.jsonl")
        for source in tasks.get(task).sources
    ]
