"""Pages of what an agent may know: entries of plain data, bounded, with where to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, assert_never

from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import EvaluationReport, Experiment, Observation
from ftdojo.serve.words import Job, LookRequest
from ftdojo.store import codec

MOST_CHARS = 60_000
"""A page with more text than this ends early; its last entry may be longer by itself."""
TEXT = 4000
CURVE = 40
"""Steps of a loss curve that are shown; the first and last are among them."""


def entries(asked: LookRequest, seen: Observation, last: Job | None) -> list[Mapping[str, Any]]:
    """Return all entries that the observation holds.

    Raises:
        UsageError: there is no such thing.
    """
    match asked.what:
        case "task":
            return [asdict(seen.task)]
        case "sources":
            return [asdict(each) for each in seen.sources]
        case "setting":
            return [_setting(seen)]
        case "base":
            return [*_evaluation(seen.base)]
        case "feedback":
            return [*_feedback(_experiment(seen, asked.name))]
        case "rows":
            return _rows(seen, asked.name, last)
        case "source" | "experiment" | "predictions" | "ledger":
            return list(seen.found)
        case _:
            assert_never(asked.what)


def page(
    asked: LookRequest, found: Sequence[Mapping[str, Any]], *, total: int | None
) -> dict[str, Any]:
    """Return one page. ``total`` is None where ``found`` is the page that was asked for, of an unknown whole."""
    rest = found if total is None else found[asked.offset :]
    shown: list[Any] = []
    size = 0
    for each in rest[: asked.limit]:
        entry = each if asked.what == "experiment" else _cut(each)
        size += len(codec.dump_object({"entry": entry}))
        if shown and size > MOST_CHARS:
            break
        shown.append(entry)
    after = asked.offset + len(shown)
    more = after < total if total is not None else len(shown) < len(rest) or _is_full(asked, rest)
    return {
        "what": asked.what,
        "name": asked.name,
        "offset": asked.offset,
        "total": total,
        "next": after if more else None,
        "entries": shown,
    }


def _is_full(asked: LookRequest, rest: Sequence[Mapping[str, Any]]) -> bool:
    return asked.what in {"source", "predictions"} and len(rest) == asked.limit


def _setting(seen: Observation) -> Mapping[str, Any]:
    return {
        "model": asdict(seen.model),
        "machine": asdict(seen.machine),
        "budget": asdict(seen.budget),
        "outlook": asdict(seen.outlook),
        "seed": seen.seed,
    }


def _experiment(seen: Observation, name: str) -> Experiment:
    found = seen.experiment(name)
    if found is None:
        raise UnknownName("experiment", name, [each.id for each in seen.experiments])
    return found


def _rows(seen: Observation, name: str, last: Job | None) -> list[Mapping[str, Any]]:
    """Return rows as the model sees them: of an experiment, or of the last check or training."""
    if name:
        feedback = _experiment(seen, name).feedback
        checked = feedback.check if feedback else None
    else:
        checked = last.checked if last else None
    if checked is None or checked.data is None:
        raise UsageError(
            "No training rows were built by the last action; name an experiment, or check a submission first."
        )
    return [{"row": text} for text in checked.data.samples]


def _evaluation(report: EvaluationReport) -> list[Mapping[str, Any]]:
    plain = asdict(report)
    wrong = plain.pop("wrong")
    return [plain, *({"wrong": each} for each in wrong)]


def _feedback(experiment: Experiment) -> list[Mapping[str, Any]]:
    """Return everything that came back from an experiment; the wrong items follow as entries of their own."""
    head: dict[str, Any] = {
        "id": experiment.id,
        "parent": experiment.parent,
        "status": experiment.status,
        "seconds": experiment.seconds,
        "failure": asdict(experiment.failure) if experiment.failure else None,
    }
    if experiment.feedback is None:
        return [head]
    plain = asdict(experiment.feedback)
    wrong: list[Mapping[str, Any]] = []
    if experiment.evaluation:
        plain["evaluation"], *wrong = _evaluation(experiment.evaluation)
    if plain["check"]["data"]:
        plain["check"]["data"].pop("samples")
    if plain["training"]:
        plain["training"]["curve"] = _thinned(plain["training"]["curve"])
    return [head | plain, *wrong]


def _thinned(curve: Sequence[Any]) -> list[Any]:
    """Return up to ``CURVE`` points of ``curve``, evenly, the last one always."""
    every = -(-len(curve) // (CURVE - 1)) or 1
    return [*curve[:-1][::every], *curve[-1:]]


def _cut(value: Any) -> Any:
    """Return ``value`` with every long text cut."""
    if isinstance(value, str) and len(value) > TEXT:
        return f"{value[:TEXT]}... ({len(value) - TEXT} characters more)"
    if isinstance(value, Mapping):
        return {key: _cut(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(each) for each in value]
    return value
