"""Proving the raw sources of a task: licensed, loadable, as declared, always the same, and free of held-out questions."""

from collections.abc import Iterator
from itertools import islice, zip_longest

from ftdojo.errors import FtdojoError, SourceError
from ftdojo.records import Source, Task, columns_of
from ftdojo.tasks.check_splits import Questions, plain
from ftdojo.tasks.finding import Finding, error, warning

MOST_ROWS = 20_000
"""This many rows of a source are compared with every held-out question; larger sources are proven by their first ones."""


def source_findings(task: Task, source: Source, questions: Questions) -> Iterator[Finding]:
    """Yield the findings about one source."""
    about = f"source {source.name}"
    if not source.licence:
        yield error(about, "It has no licence; name the one its rows are under.")
    if source.dataset and not source.dataset.commercial:
        yield warning(
            about,
            f"Its licence, {source.licence}, does not allow commercial use of what it trains.",
        )
    try:
        yield from _rows(task, source, questions)
    except SourceError as failed:
        yield warning(about, f"Its rows cannot be obtained here: {failed}")
    except FtdojoError as failed:
        yield error(about, f"Its rows cannot be read: {failed}")


def _rows(task: Task, source: Source, questions: Questions) -> Iterator[Finding]:
    about, asked = f"source {source.name}", []
    for number, (row, again) in enumerate(
        islice(zip_longest(source.rows(), source.rows()), MOST_ROWS)
    ):
        if row != again:
            yield error(
                about, f"Row {number} differs between two readings; draw rows from a fixed seed."
            )
            return
        asking = {source.prompt_field, source.response_field}
        asking |= {name for text in source.templates for name in columns_of(text, source.fields)}
        if not asking <= set(row) <= set(source.fields):
            yield error(
                about,
                f"Row {number} has the fields {sorted(row)}, declared are {sorted(source.fields)}.",
            )
            return
        asked.append(source.example(row)[0])
    if not asked:
        yield error(about, "It has no rows; a source on offer must have some.")
    yield from _held_out(task, about, asked, questions)


def _held_out(task: Task, about: str, asked: list[str], questions: Questions) -> Iterator[Finding]:
    bare = [questions.bare(text) for text in asked]
    same = {
        at
        for at, text in enumerate(asked)
        if plain(text) in questions.plain
        or plain(task.prompt(text)[-1]["content"]) in questions.plain
    }
    if same:
        yield error(
            about,
            f"Row {min(same)} asks a held-out question; draw from the training share only{_more(same, 'do')}.",
        )
    if close := questions.near(bare, questions.all) - same:
        yield error(
            about,
            f"Row {min(close)} is a near-duplicate of a held-out question; leave it out{_more(close, 'are')}.",
        )


def _more(rows: set[int], verb: str) -> str:
    return f" ({len(rows)} rows {verb})" if len(rows) > 1 else ""
