"""A comparison as tables: for a terminal, as JSON, and as the page bench.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

from ftdojo.bench.types import Against, BenchResult, CellOutcome, Overall, ResultRow, RunCost, State
from ftdojo.records import Estimate

INTERVALS = {
    "over_runs": "95 %, Student's t over seeds; n is the number of finished runs, or of pairs (won + tied + lost)",
    "over_items": "95 %, over test items with the runs as they are; n is the number of items",
}


def facts(bench: BenchResult) -> dict[str, Any]:
    """Return the comparison as one object; what is not known, and what is infinite, is None."""
    made = {
        "name": bench.matrix.name,
        "baseline": bench.matrix.baseline,
        "intervals": INTERVALS,
        "rows": [asdict(each) for each in bench.rows],
        "overall": [asdict(each) for each in bench.overall],
        "unranked": list(bench.unranked),
        "cells": [_cell(each) for each in bench.outcomes],
        "matrix": asdict(bench.matrix),
    }
    finite: dict[str, Any] = _finite(made)
    return finite


def row_table(bench: BenchResult) -> list[dict[str, Any]]:
    """Return the rows of the main table; columns that say nothing are left out."""
    found = [_row(each, bench.matrix.baseline) for each in bench.rows]
    unused = {"model"} if len(bench.matrix.models) == 1 else set[str]()
    return _telling(found, unused | _of_models(bench))


def overall_table(bench: BenchResult) -> list[dict[str, Any]]:
    """Return the rows of the table over all tasks."""
    return _telling([_overall(each) for each in bench.overall], _of_models(bench))


def notes(bench: BenchResult) -> Iterator[str]:
    """Yield what the tables mean, and what could not be compared, a line each."""
    yield (
        "gain: over the base. Gains and differences are turned so that positive is better. won/tied/lost, by test score, "
        f"against {bench.matrix.baseline} on the same task, model and seed."
    )
    yield f"Interval of test, and over runs: {INTERVALS['over_runs']}. Over items: {INTERVALS['over_items']}."
    yield "An interval over runs without width says that the seeds agreed, and nothing of other questions."
    yield (
        "experiments, seconds, tokens, usd: mean of the finished runs; in all: of every run that began. found, kept: mean validation score of the best "
        "model of a run, and of the one it stood by."
    )
    gave_up = [each.cell.id for each in bench.outcomes if each.run and each.reason]
    if gave_up:
        yield (
            f"Counted with what they had when their agent gave up, its language model being unusable: {', '.join(gave_up)}."
        )
    if bench.unranked:
        yield f"Not ranked, as no seed was finished by every agent: {'; '.join(bench.unranked)}."


def failures(bench: BenchResult) -> list[dict[str, Any]]:
    """Return the cells that failed, with the reason."""
    failed = [each for each in bench.outcomes if each.state is State.FAILED]
    return [{"cell": each.cell.id, "failed": each.reason} for each in failed]


def span(estimate: Estimate | None, *, signed: bool = False) -> str:
    """Return an interval as text; one that says nothing is left blank.

    Example:
        >>> span(Estimate(score=0.5, n=3, low=0.4, high=0.6))
        '0.400 to 0.600'
    """
    if estimate is None or estimate.n < 2 or not isfinite(estimate.low + estimate.high):
        return ""
    sign = "+" if signed else ""
    return f"{estimate.low:{sign}.3f} to {estimate.high:{sign}.3f}"


def _row(row: ResultRow, baseline: str) -> dict[str, Any]:
    against, cost = row.against, row.cost
    over_runs = against.over_runs if against else None
    return {
        "task": row.task,
        "model": row.model,
        "agent": row.contender,
        "finished": f"{row.finished} of {row.cells}",
        "failed": row.failed,
        "test": row.test.score if row.test else None,
        "95 %": span(row.test),
        "gain": _signed(row.gain),
        "won/tied/lost": _record(against),
        f"minus {baseline}": _signed(over_runs),
        "over runs": span(over_runs, signed=True),
        "over items": span(against.over_items, signed=True) if against else "",
        "found": row.found,
        "kept": row.kept,
        "experiments": f"{cost.experiments:.1f}" if cost else None,
        "seconds": round(cost.seconds) if cost else None,
        "tokens": round(cost.llm_tokens) if cost else None,
        "usd": _money(cost),
    }


def _overall(each: Overall) -> dict[str, Any]:
    return {
        "agent": each.contender,
        "finished": f"{each.finished} of {each.cells}",
        "failed": each.failed,
        "ranked on": each.ranked,
        "mean rank": each.mean_rank,
        "first": each.wins,
        "shared first": each.shared,
        "experiments": f"{each.cost.experiments:.1f}" if each.cost else None,
        "seconds in all": round(each.spent.seconds) if each.spent else None,
        "usd in all": _money(each.spent),
    }


def _cell(outcome: CellOutcome) -> dict[str, Any]:
    cell, run = outcome.cell, outcome.run
    scores = asdict(run) if run else {}
    scores.pop("items", None)
    return {
        "run": cell.id,
        "task": cell.task,
        "model": cell.model,
        "agent": cell.contender,
        "seed": cell.seed,
        "state": str(outcome.state),
        "reason": outcome.reason,
        **scores,
        "spent": asdict(outcome.spent) if outcome.spent else None,
    }


def _money(cost: RunCost | None) -> float | str | None:
    """Return the money; a price that was unknown is said to be so, and is never 0."""
    if cost is None:
        return None
    return "unknown" if cost.usd is None else cost.usd


def _signed(estimate: Estimate | None) -> str:
    return f"{estimate.score:+.3f}" if estimate else ""


def _record(against: Against | None) -> str:
    return f"{against.wins}/{against.ties}/{against.losses}" if against and against.n else ""


def _telling(rows: list[dict[str, Any]], unused: set[str]) -> list[dict[str, Any]]:
    """Return ``rows`` without the columns that are ``unused``, or blank in each of them."""
    said = {key for row in rows for key, value in row.items() if value not in ("", None)} - unused
    return [{key: value for key, value in row.items() if key in said} for row in rows]


def _of_models(bench: BenchResult) -> set[str]:
    """Return the columns on language models, if none was asked."""
    asked = any(each.spent and each.spent.llm_calls for each in bench.rows)
    return set() if asked else {"tokens", "usd", "usd in all"}


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def page(bench: BenchResult) -> str:
    """Return the page."""
    return "\n".join(_lines(bench)) + "\n"


def _lines(bench: BenchResult) -> Iterator[str]:
    matrix, states = bench.matrix, [each.state for each in bench.outcomes]
    finished, failed = states.count(State.FINISHED), states.count(State.FAILED)
    yield f"# {matrix.name}"
    yield ""
    yield (
        f"{finished} of {len(states)} runs finished, {failed} failed. Budget {matrix.budget_s:.0f} s a run, seeds "
        f"{', '.join(map(str, matrix.seeds))}, models {', '.join(matrix.models)}."
    )
    yield ""
    yield from _table(row_table(bench))
    yield ""
    yield from _table(overall_table(bench))
    yield ""
    for note in notes(bench):
        yield f"- {note}"
    if failed:
        yield ""
        yield from _table(failures(bench))


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    columns = list(rows[0])
    yield _line(columns)
    yield _line(["---:" if _is_number(rows, column) else "---" for column in columns])
    for row in rows:
        yield _line([_text(row[column]) for column in columns])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _is_number(rows: Sequence[Mapping[str, Any]], column: str) -> bool:
    return any(isinstance(row[column], int | float) for row in rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("|", "\\|").replace("<", "&lt;")
