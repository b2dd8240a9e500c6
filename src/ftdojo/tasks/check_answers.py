"""Proving that the loop is closed: what a source's rows teach, the task's own scorer can read and reward."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ftdojo.errors import FtdojoError, ScorerError
from ftdojo.records import Direction, Item, Source, Task
from ftdojo.tasks.finding import Finding, error, note

ROWS, ITEMS = 200, 4
"""This many rows of a source are read, each as the answer to a few of the validation items."""
READ_S = 10.0
"""Reading a source stops after this long: some scorers run what they read."""
WELL = 0.95
"""Of rows whose right answer is known, at least this share must score full marks."""
CHARACTERS_A_TOKEN = 16
"""More than an answer has on average; what lies beyond the output cap could not be written by the model."""


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What reading a source gave: shares of ``rows`` that were read, and rewarded; None where gold is not known."""

    rows: int
    readable: float
    rewarded: float | None
    failing: str = ""


def answer_findings(task: Task, items: Sequence[Item]) -> Iterator[Finding]:
    """Yield, source by source, how many of its answers the scorer reads; an error if it reads none of any source."""
    best: float | None = None
    for source in task.sources:
        try:
            found = _read(task, source, items)
        except ScorerError as failed:
            yield error(f"source {source.name}", str(failed))
            return
        except FtdojoError:
            continue  # rows that cannot be obtained are reported elsewhere
        if found is None:
            continue
        best = max(best or 0.0, found.readable)
        yield from _reading(source, found)
    if best == 0.0:
        yield error(
            "sources",
            "The scorer can read no answer of any raw source as its card renders it, so whatever is trained scores 0: "
            "give a source a response_template in the task's format, or a metric that reads these answers.",
        )


def _reading(source: Source, found: _Read) -> Iterator[Finding]:
    about = f"source {source.name}"
    if found.rewarded is None:
        share = f"{found.readable:.0%} of {found.rows} answers are read by the scorer"
        if found.readable == 0.0:
            yield note(about, f"{share}: rows made of it as it stands teach nothing that scores.")
        else:
            yield note(about, f"{share}.")
        return
    share = f"{found.rewarded:.0%} of {found.rows} rows score full marks as they are rendered"
    if found.rewarded < WELL:
        yield error(about, f"{share}, the first that does not answers {found.failing!r}; fix it.")
    else:
        yield note(about, f"Its rows are read by the scorer: {share}.")


def _read(task: Task, source: Source, items: Sequence[Item]) -> _Read | None:
    ends = time.monotonic() + READ_S
    some = items[:: max(1, len(items) // ITEMS)][:ITEMS]
    read, rewarded, failing = [], [], ""
    for row in islice(source.rows(), ROWS):
        if time.monotonic() > ends:
            break
        answer = source.example(row)[1][: CHARACTERS_A_TOKEN * task.max_new_tokens]
        known = source.item(row) if source.item else None
        grades = [task.grade(answer, item) for item in ([known] if known else some)]
        read.append(any(grade.readable for grade in grades))
        if known:
            best = 1.0 if task.direction is Direction.HIGHER else 0.0
            rewarded.append(grades[0].readable and grades[0].score == best)
            failing = failing or ("" if rewarded[-1] else answer[:80])
    if not read:
        return None
    return _Read(
        rows=len(read),
        readable=sum(read) / len(read),
        rewarded=sum(rewarded) / len(rewarded) if rewarded else None,
        failing=failing,
    )
