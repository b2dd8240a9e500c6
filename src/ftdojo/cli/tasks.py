"""`ftdojo tasks`: what there is to fine-tune for, its cards and checks."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import typer

from ftdojo.cli import new_task
from ftdojo.errors import FtdojoError, MissingExtra, UsageError
from ftdojo.records import Dataset, Published, Source, Split, Task

if TYPE_CHECKING:
    from ftdojo.records import Task
    from ftdojo.tasks.check_splits import Finding

DECODING = "greedy"


def row(task: Task) -> dict[str, Any]:
    """Return what a table of tasks says of one; a count is None where it cannot be made here, and ``note`` says why.

    ``missing`` is the same where a package has to be installed for the task.
    """
    from ftdojo.sources import local_only

    with local_only():
        counts, note, missing = _counts(task)
    return {
        "name": task.name,
        "domain": task.domain,
        "metric": task.metric,
        "direction": str(task.direction),
        **counts,
        "licence": ", ".join(licences(task)),
        "published_base": published_base(task),
        "sources": [source.name for source in task.sources],
        "note": note,
        "missing": missing,
    }


LEAK = (
    "a training row with {} consecutive words of a held-out question, the whole of a shorter one, or most of the words "
    "that identify one, in any order, encoded or not; its wording with other numbers counts as well"
)


def full(task: Task) -> dict[str, Any]:
    """Return everything the declaration of ``task`` holds."""
    replication = task.replication
    return row(task) | {
        "version": task.version,
        "summary": task.summary,
        "answer_format": task.answer_format,
        "system": task.system,
        "template": task.template,
        "unit": task.unit,
        "aggregate": task.aggregate.words,
        "secondary": dict(task.secondary),
        "slices": dict(task.slices),
        "max_new_tokens": task.max_new_tokens,
        "stop": list(task.stop),
        "decoding": DECODING,
        "shown": task.shown,
        "overlap_words": task.overlap_words,
        "leak": LEAK.format(task.overlap_words),
        "reference": replication.origin if replication else None,
        "reference_splits": f"{task.name}@reference" if replication and replication.items else None,
        "published": [asdict(each) for each in replication.published] if replication else [],
        "datasets": [_dataset(each) for each in task.datasets],
        "sources": [_source(each) for each in task.sources],
    }


def licences(task: Task) -> list[str]:
    """Return the licences of the held-out data; of the sources, where the questions are made on the spot."""
    held_out = {each.licence for each in task.datasets}
    return sorted(held_out or {source.licence for source in task.sources})


def published_base(task: Task) -> str:
    """Return the paper's score of the untuned model, or nothing; the first metric, the first model."""
    published = task.replication.published if task.replication else ()
    found = next((each for each in published if each.who == "base"), None)
    return f"{found.score:g} ({_words(found)})" if found else ""


def markdown(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    columns = {
        "name": "task",
        "metric": "metric",
        "direction": "better",
        "validation": "validation",
        "confirm": "confirm",
        "test": "test",
        "published_base": "published base score",
        "licence": "licence of the held-out data",
    }
    lines = [list(columns.values()), ["---"] * len(columns)]
    lines += [[_cell(each[column]) for column in columns] for each in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    return "-" if value in (None, "") else str(value).replace("|", "\\|")


def _words(found: Published) -> str:
    return f"{found.model}, {found.metric}"


def _counts(task: Task) -> tuple[dict[str, int | None], str, str]:
    counts: dict[str, int | None] = dict.fromkeys(get_args(Split))
    try:
        for split in get_args(Split):
            counts[split] = len(task.items(split))
    except MissingExtra as error:
        return dict.fromkeys(counts), str(error), str(error)
    except FtdojoError as error:
        return dict.fromkeys(counts), str(error), ""
    return counts, "", ""


def _dataset(found: Dataset) -> dict[str, Any]:
    return {
        "name": found.name,
        "hub_id": found.hub_id,
        "revision": found.revision,
        "licence": found.licence,
        "commercial": found.commercial,
        "gated": found.gated,
        "parts": sorted(found.parts),
    }


def _source(found: Source) -> dict[str, Any]:
    return {
        "name": found.name,
        "summary": found.summary,
        "licence": found.licence,
        "notes": found.notes,
        "fields": dict(found.fields),
        "dataset": found.dataset.hub_id if found.dataset else None,
    }


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

tasks_app = typer.Typer(no_args_is_help=True, help="List, show, prove, make and score tasks.")


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
    from ftdojo.cli.tasks import markdown, row

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
    for each in rows:
        if each["missing"]:
            print(f"{each['name']} cannot be played yet: {each['missing']}", file=sys.stderr)
    if any(each["note"] and not each["missing"] for each in rows):
        print(
            "-: the data set is not here; it comes with the first `ftdojo tasks check` or `run`, or from a folder that "
            "FTDOJO_MIRROR names.",
            file=sys.stderr,
        )


@tasks_app.command("show")
def show_task(name: str = TASK, as_json: bool = JSON) -> None:
    """Show everything a task's declaration holds."""
    from ftdojo import tasks
    from ftdojo.cli.tasks import full

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
    from ftdojo.cli.sources import shown_downloads
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
    from ftdojo.tasks.check_splits import error

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
    from ftdojo.tasks.check_splits import error, longest_prompt, warning

    context = pull(model, cache=cache_dir(), on_progress=_talk).context
    items = {split: task.items(split) for split in get_args(Split)}
    longest = longest_prompt(items)[1]
    needed = longest + task.max_new_tokens
    if needed <= context:
        return []
    has = f"and {model} has a context of {context:,}"
    if longest >= context:
        return [
            error(
                "prompts",
                f"The longest needs about {longest:,} tokens, {has}; choose another model.",
            )
        ]
    said = f"The longest needs about {needed:,} tokens with an answer of {task.max_new_tokens:,}, {has}: longer answers are cut."
    return [warning("prompts", said)]


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


tasks_app.command("new")(new_task.new_task)


@tasks_app.command("score")
def score_cases(
    name: str = typer.Argument("", help="A task's name, or the name of a data set."),
    cases: Path | None = typer.Option(None, "--cases", help="A JSONL file of cases."),
    all_cases: Path | None = typer.Option(
        None, "--all-cases", help="A folder; every golden*.jsonl below it is scored."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
) -> None:
    """Score a file of cases, or all expected scores in a folder.

    A line of --cases is {"case": ..., "input": {...}}; a line of the answer holds what the published
    evaluator says (reference) and what ours says (strict). A case that lacks something is named, the others are scored.
    """
    if cases and name and not all_cases:
        _each(name, cases)
    elif all_cases and not cases and not name:
        _agreement(all_cases, as_json=as_json)
    else:
        raise UsageError(
            "Give either a name with --cases FILE, or --all-cases DIR: "
            "`ftdojo tasks score gsm8k --cases golden.jsonl`."
        )


def _each(name: str, path: Path) -> None:
    from ftdojo.cli.tables import one_line
    from ftdojo.tasks.cases import cases, lines, score

    cases.get(name)
    scored = lacking = 0
    for line in lines(path):
        try:
            found = score(name, line, path)
        except UsageError as error:
            lacking += 1
            print(one_line(str(error)), file=sys.stderr)
            continue
        scored += 1
        said = {"case": line.case.name, "reference": found.reference, "strict": found.strict}
        print(json.dumps(said))
    if lacking:
        raise UsageError(
            f"{lacking} of {lacking + scored} cases could not be scored; fix the lines above."
        )


def _agreement(folder: Path, *, as_json: bool) -> None:
    from ftdojo.cli.tables import one_line, table
    from ftdojo.tasks.cases import agreement, golden_files

    found = [agreement(name, path) for name, path in golden_files(folder)]
    if as_json:
        print(json.dumps([asdict(each) for each in found]))
    else:
        table([asdict(each) for each in found], ("name", "cases", "agreed"))
    for each in found:
        for said in each.wrong:
            print(one_line(f"{each.name}: {said}"), file=sys.stderr)
    total = sum(each.cases for each in found)
    if wrong := total - sum(each.agreed for each in found):
        raise FtdojoError(f"{wrong} of {total} cases disagree; see above.")
