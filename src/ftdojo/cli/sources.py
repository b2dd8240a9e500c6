"""`ftdojo sources`: raw data, its cards, and getting it."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ftdojo.cli.streams import unguarded_stderr
from ftdojo.cli.tables import one_line
from ftdojo.errors import FtdojoError, UnknownName, UsageError
from ftdojo.sources import Download, on_download

if TYPE_CHECKING:
    from ftdojo.records import Dataset, Source, Task
    from ftdojo.sources import Tokens


_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(bar_width=28),
    DownloadColumn(),
    TransferSpeedColumn(),
    TimeRemainingColumn(),
)


@contextmanager
def shown_downloads() -> Iterator[None]:
    """Show every download of data inside the block."""
    console = Console(file=unguarded_stderr())
    plain = console.no_color or console.is_dumb_terminal or os.environ.get("CI")
    if not console.is_terminal or plain:
        with on_download(_say):
            yield
        return
    with Progress(*_COLUMNS, console=console, transient=True) as shown:
        bars = {}

        def move(download: Download) -> None:
            name = download.dataset
            if name not in bars:
                bars[name] = shown.add_task(one_line(name), total=download.total)
            shown.update(bars[name], completed=download.done, total=download.total)

        with on_download(move):
            yield


def _say(download: Download) -> None:
    if not download.done:
        told = f"{download.dataset}: downloading {download.total / 1e6:,.1f} MB from"
        print(f"{told} {download.place} ...", file=sys.stderr, flush=True)


_PLAIN = ("name", "summary", "notes", "licence", "warning", "hub_id", "revision", "here", "path")
_WIDTH = 18


def lines(card: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a card; one whose rows are not here has no figures."""
    for key in _PLAIN:
        if card.get(key):
            yield _line(key.replace("_", " "), one_line(str(card[key])))
    for name, meaning in card["fields"].items():
        role = {card["prompt_field"]: " (question)", card["response_field"]: " (answer)"}
        yield _line("field", f"{name}: {meaning}{role.get(name, '')}")
    if "rows" in card:
        yield from _figures(card)


def _figures(card: Mapping[str, Any]) -> Iterator[str]:
    yield _line(
        "rows", f"{card['rows']:,}, {card['bytes'] / 1e6:,.1f} MB, SHA-256 {card['digest']}"
    )
    for name in ("words", "characters", "tokens"):
        if card[name]:
            yield _line(name, _spread(card[name]))
    yield _line("tokens in all", f"{card['total_tokens']:,} ({card['tokens_by']})")
    yield _line("duplicates", f"{card['duplicate_share']:.1%}")
    if card["near_duplicate_share"] is not None:
        yield _line("near-duplicates", f"{card['near_duplicate_share']:.1%} of different rows")
    yield _line("missing answers", f"{card['missing_answers']:.1%}")
    shares = (f"{name} {share:.1%}" for name, share in card["scripts"].items())
    yield _line("scripts", ", ".join(shares))
    yield _line("measured on", card["measured_on"])
    for sample in card["samples"]:
        yield _line("sample", json.dumps(sample, ensure_ascii=False))


def _spread(found: Mapping[str, float]) -> str:
    return (
        f"median {found['p50']:,.0f}, mean {found['mean']:,.1f}, 95 % up to {found['p95']:,.0f}, "
        f"from {found['low']:,.0f} to {found['high']:,.0f}"
    )


def _line(name: str, value: str) -> str:
    return f"{name + ':':<{_WIDTH}}{value}"


JSON = typer.Option(False, "--json", help="Print JSON instead of a table.")
MADE_HERE, IN_PART, NO = "made here", "in part", "no"
_OVERVIEW = ("task", "name", "licence", "here", "hub_id")
_FIGURES = ("name", "rows", "bytes", "duplicate_share", "licence", "here", "summary")

sources_app = typer.Typer(no_args_is_help=True, help="List, show and get raw sources.")


@sources_app.command("list")
def list_sources(
    task: str = typer.Argument("", help="A task's name; without one, the sources of all tasks."),
    as_json: bool = JSON,
) -> None:
    """List raw sources, their licences and where they are.

    With a task, also the figures of those that are here. Nothing is downloaded. The column "here" says made here,
    mirror, cache, in part, or no.
    """
    from ftdojo import tasks
    from ftdojo.cli.tables import table

    if task:
        rows = [_card(source) for source in tasks.get(task).sources]
    else:
        rows = [
            {"task": each.name, **_declared(source)} for each in _tasks() for source in each.sources
        ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    table(rows, _FIGURES if task else _OVERVIEW)
    for warning in dict.fromkeys(row["warning"] for row in rows if row.get("warning")):
        typer.echo(warning, err=True)


@sources_app.command("show")
def show_source(
    name: str = typer.Argument(help="A source, or the task that offers it."),
    source: str = typer.Argument("", help="The source, where a task is named before it."),
    model: str = typer.Option("", "--model", help="Count tokens as this base model does."),
    as_json: bool = JSON,
) -> None:
    """Show a raw source's card, figures and samples.

    Nothing is downloaded. Without --model tokens are estimated.
    """
    from ftdojo.cli.sources import lines

    found = _source(source, name) if source else _source(name, "")
    shown = _card(found, _tokens(model) if model else None)
    print(json.dumps(shown, ensure_ascii=False) if as_json else "\n".join(lines(shown)))


@sources_app.command("pull")
def pull_source(
    name: str = typer.Argument("", help="A data set, or a source that is made from one."),
    task: str = typer.Option("", "--task", help="Everything that this task needs."),
    part: str = typer.Option("", "--part", help="Only this part of it."),
    accept_licence: bool = typer.Option(
        False, "--accept-licence", help="Agree to licences without commercial use, once for all."
    ),
    again: bool = typer.Option(False, "--again", help="Fetch files anew although they are here."),
    as_json: bool = JSON,
) -> None:
    """Get the published data sets behind sources.

    A mirror (FTDOJO_MIRROR) is asked first, then the hub. Digests are checked, and every row is read once.
    """
    from ftdojo.cli.sources import shown_downloads
    from ftdojo.cli.tables import table
    from ftdojo.config import cache_dir
    from ftdojo.sources import licences

    wanted = _wanted(name, task)
    if part and not any(part in dataset.parts for dataset in wanted):
        known = sorted({each for dataset in wanted for each in dataset.parts})
        raise UnknownName("part", part, known)
    if accept_licence:
        for dataset in wanted:
            licences.accept(dataset, cache=cache_dir())
    with shown_downloads():
        rows = [row for dataset in wanted for row in _pulled(dataset, part, again=again)]
    if as_json:
        print(json.dumps(rows))
    elif rows:
        table(rows, tuple(rows[0]))
    else:
        typer.echo(f"{task or name} needs no published data; there is nothing to get.", err=True)


def _pulled(dataset: "Dataset", part: str, *, again: bool) -> Iterator[dict[str, Any]]:
    from ftdojo.sources import dataset_rows, licences, pull

    for each in [part] if part else dataset.parts:
        if each not in dataset.parts:
            continue
        place = pull(dataset, each, again=again)
        yield {
            "dataset": dataset.name,
            "part": each,
            "from": place.origin,
            "files": len(place.files),
            "bytes": sum(file.stat().st_size for file in place.files),
            "rows": sum(1 for _ in dataset_rows(dataset, each)),
            "commit": place.commit,
            "warning": licences.warning(dataset),
        }


def _wanted(name: str, task: str) -> "list[Dataset]":
    """Return the data sets that were asked for."""
    from ftdojo import tasks

    if bool(name) == bool(task):
        raise UsageError("Name a data set, or a task with --task, and not both.")
    if task:
        return list(_datasets(tasks.get(task)).values())
    named: dict[str, Dataset] = {}
    behind: dict[str, Dataset] = {}
    for each in _tasks():
        named |= _datasets(each)
        behind |= {source.name: source.dataset for source in each.sources if source.dataset}
    found = named.get(name) or behind.get(name)
    if found is None:
        raise UnknownName("data set", name, {*named, *behind}, "`ftdojo sources list` shows them.")
    return [found]


def _datasets(task: "Task") -> "dict[str, Dataset]":
    behind = [source.dataset for source in task.sources if source.dataset]
    return {dataset.name: dataset for dataset in [*task.datasets, *behind]}


def _tasks() -> "Iterator[Task]":
    """Yield every registered task; one whose declaration cannot be had is named on stderr."""
    from ftdojo import tasks

    for name in tasks.tasks:
        try:
            yield tasks.get(name)
        except FtdojoError as error:
            typer.echo(f"{name} is left out: {error}", err=True)


def _source(name: str, task: str) -> "Source":
    from ftdojo import tasks

    offered = [tasks.get(task)] if task else list(_tasks())
    found = {
        each.name: source for each in offered for source in each.sources if source.name == name
    }
    if not found:
        known = {source.name for each in offered for source in each.sources}
        where = f" {task}" if task else ""
        raise UnknownName("source", name, known, f"`ftdojo sources list{where}` shows them.")
    if len(found) > 1 and len({id(source) for source in found.values()}) > 1:
        raise UsageError(
            f"Several tasks offer a source {name!r}; name one of them before it: {', '.join(found)}."
        )
    return next(iter(found.values()))


def _declared(source: "Source") -> dict[str, Any]:
    """Return what is known of ``source`` without a look at its rows."""
    from ftdojo.sources import provenance

    known = ("name", "summary", "licence", "notes", "prompt_field", "response_field")
    declared = {key: getattr(source, key) for key in known} | {"fields": dict(source.fields)}
    return declared | {"here": _here(source)} | provenance(source.dataset)


def _card(source: "Source", tokens: "Tokens | None" = None) -> dict[str, Any]:
    """Return the card of ``source``, with figures if its rows can be had without a download."""
    from ftdojo.config import cache_dir
    from ftdojo.sources import ESTIMATED, card, local_only, materialise

    declared = _declared(source)
    try:
        with local_only():
            stored = materialise(source, cache=cache_dir())
            made = card(
                source, stored, path=f"/data/{source.name}.jsonl", tokens=tokens or ESTIMATED
            )
    except FtdojoError as error:
        if source.dataset is None or declared["here"] != NO:
            raise
        typer.echo(f"{source.name}: {error}", err=True)
        return declared
    return declared | asdict(made)


def _here(source: "Source") -> str:
    from ftdojo.sources import where

    if source.dataset is None:
        return MADE_HERE
    places = {where(source.dataset, part) for part in source.dataset.parts}
    if "" in places:
        return IN_PART if len(places) > 1 else NO
    return min(places)


def _tokens(model: str) -> "Tokens":
    """Return what counts tokens as ``model`` does."""
    from tokenizers import Tokenizer

    from ftdojo.config import cache_dir
    from ftdojo.models import pull
    from ftdojo.sources import Tokens

    local = pull(model, cache=cache_dir(), on_progress=lambda text: typer.echo(text, err=True))
    file = local.path / "tokenizer.json"
    if not file.is_file():
        raise UsageError(f"{model} has no tokenizer.json to count tokens with; leave --model out.")
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()

    def count(texts: Any) -> list[int]:
        clean = [text.encode("utf8", "replace").decode("utf8") for text in texts]
        return [len(each.ids) for each in tokenizer.encode_batch(clean, add_special_tokens=False)]

    return Tokens(name=local.name, count=count)
