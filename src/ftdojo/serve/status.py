"""How a run stands, as one object of plain data: from its folder, and from the process that holds it if one does."""

from dataclasses import asdict
from typing import Any

from ftdojo.records import BASE, Comparison, Estimate, Experiment, Failure, Outlook, Status
from ftdojo.serve.jobs import Live
from ftdojo.serve.words import Job
from ftdojo.store import Ledger, RunFolder

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
