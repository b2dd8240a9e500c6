"""A task's declaration as plain data, for tables, JSON and the page that lists them all."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, get_args

from ftdojo.errors import FtdojoError
from ftdojo.records import Dataset, Published, Source, Split, Task

DECODING = "greedy"


def row(task: Task) -> dict[str, Any]:
    """Return what a table of tasks says of one; a count is None where the data set is not here, and ``note`` says why."""
    from ftdojo.sources import local_only

    with local_only():
        counts, note = _counts(task)
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
    }


def full(task: Task) -> dict[str, Any]:
    """Return everything the declaration of ``task`` holds."""
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
        "reference": task.reference.origin if task.reference else None,
        "reference_splits": f"{task.name}@reference" if task.reference_items else None,
        "published": [asdict(each) for each in task.published],
        "datasets": [_dataset(each) for each in task.datasets],
        "sources": [_source(each) for each in task.sources],
    }


def licences(task: Task) -> list[str]:
    """Return the licences of the held-out data; of the sources, where the questions are made on the spot."""
    held_out = {each.licence for each in task.datasets}
    return sorted(held_out or {source.licence for source in task.sources})


def published_base(task: Task) -> str:
    """Return the paper's score of the untuned model, or nothing; the first metric, the first model."""
    found = next((each for each in task.published if each.who == "base"), None)
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


def _counts(task: Task) -> tuple[dict[str, int | None], str]:
    counts: dict[str, int | None] = dict.fromkeys(get_args(Split))
    try:
        for split in get_args(Split):
            counts[split] = len(task.items(split))
    except FtdojoError as error:
        return dict.fromkeys(counts), str(error)
    return counts, ""


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
