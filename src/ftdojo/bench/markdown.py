"""The comparison as a page of Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ftdojo.bench.plain import failures, notes, overall_table, row_table
from ftdojo.bench.words import Bench, State


def page(bench: Bench) -> str:
    """Return the page."""
    return "\n".join(_lines(bench)) + "\n"


def _lines(bench: Bench) -> Iterator[str]:
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
