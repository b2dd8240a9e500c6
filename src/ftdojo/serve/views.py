"""What an agent outside may look at: views, how a run stands, and the guide."""

import math
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import (
    BASE,
    Comparison,
    Estimate,
    EvaluationReport,
    Experiment,
    Failure,
    Observation,
    Outlook,
    Status,
)
from ftdojo.serve.jobs import Live
from ftdojo.serve.protocol import FILES, Job, LookRequest
from ftdojo.store import Ledger, RunFolder, codec
from ftdojo.store.said import said

PAGE = Path(__file__).with_name("guide.md")


def guide() -> str:
    """Return the guide as Markdown.

    Example:
        >>> guide().startswith("# Playing ftdojo")
        True
    """
    text = PAGE.read_text(encoding="utf8")
    marks = {
        "FTDOJO": command(),
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "CORES": str(os.cpu_count() or 1),
        "FILES": ", ".join(f"`{name}`" for name in FILES),
    }
    for name, value in marks.items():
        text = text.replace(f"<<{name}>>", value)
    return text


def command() -> str:
    """Return how this program is called in a shell here: by its name if that leads to this installation."""
    script = Path(sys.executable).with_name("ftdojo")
    found = shutil.which("ftdojo")
    if found and Path(found).resolve() == script.resolve():
        return "ftdojo"
    if script.exists():
        return shlex.quote(str(script))
    return f"{shlex.quote(sys.executable)} -m ftdojo.cli.main"


MOST_CHARS = 60_000
"""A page with more text than this ends early; its last entry may be longer by itself."""
TEXT = 4000
CURVE = 12
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
            return [_rounded(each) for each in _evaluation(seen.base)]
        case "feedback":
            return [*_feedback(_experiment(seen, asked.name))]
        case "rows":
            return _rows(seen, asked.name, last)
        case _:
            raise AssertionError(f"{asked.what} is for the dojo to look up")


def page(
    asked: LookRequest, found: Sequence[Mapping[str, Any]], *, total: int | None
) -> dict[str, Any]:
    """Return one page. ``total`` is None where ``found`` is the page that was asked for, of an unknown whole."""
    rest = found if total is None else found[asked.offset :]
    shown: list[Any] = []
    size = 0
    for each in rest[: asked.limit]:
        entry = each if asked.what == "experiment" else cut(each)
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
    paged = {"source", "predictions", "losses", "agreement"}
    return asked.what in paged and len(rest) == asked.limit


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
        "start_from": experiment.start_from,
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
    plain["comparisons"] = _compared(experiment.feedback.comparisons)
    for name in ("spent", "outlook"):  # as it was then; status and ledger say what is now
        plain.pop(name)
    return [_rounded(head | plain), *wrong]


def _compared(comparisons: Mapping[str, Comparison]) -> list[Mapping[str, Any]]:
    """Return each rival's comparison once; ``rivals`` says what it is: ``base``, ``parent``, ``best``."""
    found = {each.against: each for each in comparisons.values()}
    roles = {
        name: [role for role, each in comparisons.items() if each.against == name] for name in found
    }
    return [{"rivals": roles[name]} | asdict(each) for name, each in found.items()]


DIGITS = 4


def _rounded(value: Any) -> Any:
    """Return ``value`` with every fraction at ``DIGITS`` digits that say something, and whole from a thousand on."""
    if isinstance(value, float) and math.isfinite(value):
        return float(round(value)) if abs(value) >= 10**3 else float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value


def running(folder: RunFolder, job: Job) -> list[Mapping[str, Any]]:
    """Return what is known of the experiment that is under way."""
    plain = asdict(job)
    known = ("stage", "step", "of", "loss", "left_s", "forecast_s", "most_s", "seconds")
    curve = _thinned([asdict(each) for each in folder.losses(job.experiment)])
    head = {"id": job.experiment, "status": str(Status.RUNNING)}
    return [_rounded(head | {name: plain[name] for name in known} | {"curve": curve})]


def _thinned(curve: Sequence[Any]) -> list[Any]:
    """Return up to ``CURVE`` points of ``curve``, evenly, the last one always."""
    every = -(-len(curve) // (CURVE - 1)) or 1
    return [*curve[:-1][::every], *curve[-1:]]


def cut(value: Any) -> Any:
    """Return ``value`` with every long text in it cut."""
    if isinstance(value, str) and len(value) > TEXT:
        return f"{value[:TEXT]}... ({len(value) - TEXT} characters more)"
    if isinstance(value, Mapping):
        return {key: cut(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [cut(each) for each in value]
    return value


STORY = 600
"""Characters of a message that are shown; ``look feedback`` has it whole."""


def status(folder: RunFolder, live: Live | None, *, ended: str = "") -> dict[str, Any]:
    """Return how a run stands.

    ``state`` is ``ended`` (it has its result), ``busy``, ``waiting`` (for its agent), or ``stopped`` (no process holds
    it; ``error`` says why). ``job`` is what is under way, ``last`` what ended last.
    """
    config, result, base = folder.config, folder.result(), folder.base()
    job, last = (live.job, live.last) if live else (None, None)
    state = "ended" if result else _state(live)
    return {
        "run": config.id,
        "folder": str(folder.path),
        "task": config.spec.task,
        "model": config.spec.model,
        "seed": config.spec.seed,
        "state": state,
        "error": ended,
        "job": asdict(job) if job else None,
        "last": _told(last),
        "budget": asdict(folder.budget) | _left(live.outlook if live else None),
        "spent": asdict(result.spent if result else Ledger(folder.path).spend()),
        "base": _score(base.score) if base else None,
        "best": result.chosen if result else live.best if live else "",
        "experiments": [_row(each) for each in folder.experiments()],
        "failure": _failure(last.failure) if last else None,
        "guidance": [asdict(each) for each in said(folder)],
    }


def _state(live: Live | None) -> str:
    if live is None:
        return "stopped"
    return "waiting" if live.ready and live.job is None else "busy"


def _told(last: Job | None) -> dict[str, Any] | None:
    """Return a job that ended; the rows it built are shown by ``look rows``."""
    if last is None:
        return None
    plain = asdict(last)
    if plain["checked"] and plain["checked"]["data"]:
        plain["checked"]["data"].pop("samples")
    return plain | {"failure": _failure(last.failure)}


def _left(outlook: Outlook | None) -> dict[str, Any]:
    return asdict(outlook) if outlook else {}


def _row(each: Experiment) -> dict[str, Any]:
    """Return an experiment in a line; ``verdict`` is against ``against``, the best when it was made."""
    compared = each.feedback.comparisons if each.feedback else {}
    plain: dict[str, Any] = {
        "id": each.id,
        "parent": each.parent if each.status is not Status.RUNNING else None,
        "status": str(each.status),
        "score": _score(each.evaluation.score) if each.evaluation else None,
        "verdict": _verdict(compared.get("best")),
        "against": compared["best"].against if "best" in compared else None,
        "gain": _gain(compared.get(BASE)),
        "seconds": round(each.seconds, 1),
        "failure": _failure(each.failure),
    }
    return plain


def _verdict(compared: Comparison | None) -> str | None:
    return str(compared.verdict) if compared else None


def _gain(compared: Comparison | None) -> dict[str, Any] | None:
    """Return the difference to the base, with its interval."""
    return _score(compared.difference) if compared else None


def _score(found: Estimate) -> dict[str, Any]:
    return {"score": found.score, "low": found.low, "high": found.high, "n": found.n}


def _failure(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    tail = failure.log_tail[-STORY:]
    return asdict(failure) | {"message": failure.message[:STORY], "log_tail": tail}
