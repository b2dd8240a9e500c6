"""Proving a task without a model: that its scorer, its splits and its sources keep what they promise.

A scorer is an instrument and is calibrated: gold scores full marks, empty answers nothing, garbage is counted as
unreadable and a wrong answer is not. The tests run this over every registered task.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import get_args

from ftdojo.errors import FtdojoError, ScorerError, SourceError
from ftdojo.records import Direction, Grade, Item, Source, Split, Task, columns_of
from ftdojo.tasks.check_splits import (
    Finding,
    Questions,
    error,
    note,
    plain,
    split_findings,
    warning,
)

FULL_MARKS = 1.0
MOST_SHOWN = 3
LEAST_WRONG = 5
"""Fewer wrong answers than this do not show what a scorer calls readable."""
MOST_GRADED = 40
"""Garbage and the neighbour's answer are tried on this many items of a split, spread evenly."""
GARBAGE = (
    "?!",
    "lorem ipsum " * 20,
    "\x00\ud800\u202e",
    "{{{{[[[[\\boxed",
    "<|im_start|>" * 50,
    "\n" * 500,
)


def prove(task: Task) -> list[Finding]:
    """Return the findings about ``task``; without an error among them, the task keeps its promises.

    Held-out items that cannot be obtained are an error, and nothing else is checked then. Sources that cannot be
    obtained are a warning. Reads every source once or twice.
    """
    try:
        if task.ready:
            task.ready()
        items = {split: tuple(task.items(split)) for split in get_args(Split)}
    except FtdojoError as failed:
        return [error("items", f"The held-out items cannot be obtained or scored: {failed}")]
    findings = [each for split in items for each in _few(split, _scorer(task, items[split]))]
    findings += [*_reference(task, items), *split_findings(task, items)]
    questions = Questions(task, items)
    for source in task.sources:
        findings += source_findings(task, source, questions)
    findings += answer_findings(task, items["validation"])
    return findings


def _few(split: Split, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the first findings of each kind on the items of a split, and how many more there are."""
    counts = Counter[str]()
    for each in found:
        kind = " ".join(each.message.split()[:2])
        counts[kind] += 1
        if counts[kind] <= MOST_SHOWN:
            yield each
    if more := sum(max(0, many - MOST_SHOWN) for many in counts.values()):
        yield error(split, f"{more} more findings like these on its items.")


def _scorer(task: Task, items: Sequence[Item]) -> Iterator[Finding]:
    """Calibrate the scorer on every item; like faults of many items are reported once a split."""
    some = items[:: max(1, len(items) // MOST_GRADED)]
    for item in items:
        try:
            yield from _graded(task, item)
        except Exception as raised:
            yield error(item.id, _raised(raised))
            return
    for item, other in zip(some, (*some[1:], *some[:1]), strict=True):
        try:
            yield from _tried(task, item, other)
        except Exception as raised:
            yield error(item.id, f"At garbage: {_raised(raised)}")
            return
    yield from _telling(task, some)


def _raised(raised: Exception) -> str:
    if isinstance(raised, ScorerError):
        return f"{raised} A scorer must take any output."
    return f"The scorer raised {raised!r}; it must never raise."


def _graded(task: Task, item: Item) -> Iterator[Finding]:
    gold, empty = task.grade(item.gold, item), task.grade("", item)
    higher = task.direction is Direction.HIGHER
    best = FULL_MARKS if higher else 0.0
    if gold.score != best or not gold.readable:
        yield error(
            item.id,
            f"The scorer gives the gold answer {item.gold[:80]!r} {gold.score} of {best}; "
            "fix the scorer or drop the item.",
        )
    if empty.readable or (empty.score != 0 if higher else empty.score <= gold.score):
        yield error(
            item.id, f"An empty answer scores {empty.score}; it must be unreadable and score 0."
        )
    if shed := set(gold.secondary) - set(empty.secondary):
        yield error(
            item.id,
            f"An empty answer has no {', '.join(sorted(shed))}, so silence would pay; give it the worst value.",
        )
    yield from _counted(task, item, gold)


def _counted(task: Task, item: Item, gold: Grade) -> Iterator[Finding]:
    """Check what the aggregate counts an item by."""
    over = task.aggregate.over
    if over and over not in item.slices:
        yield error(item.id, f"It has no slice {over!r}, by which the score is averaged.")
    elif task.aggregate.kind == "macro-f1" and gold.extracted != item.slices[over]:
        yield error(
            item.id,
            f"The gold answer is read as {gold.extracted!r}, its label is {item.slices[over]!r}; F1 counts equal "
            "words only.",
        )


def _tried(task: Task, item: Item, other: Item) -> Iterator[Finding]:
    for text in GARBAGE:
        grade = task.grade(text, item)
        if grade.readable or (grade.score and task.direction is Direction.HIGHER):
            yield error(
                item.id, f"The garbage {text[:20]!r} is taken for an answer; it must be unreadable."
            )
    sign = 1.0 if task.direction is Direction.HIGHER else -1.0
    ours, theirs = task.grade(item.gold, item).score, task.grade(other.gold, item).score
    if sign * theirs > sign * ours:
        yield error(
            item.id,
            f"The answer to {other.id} scores {theirs} here, better than the gold answer with {ours}; is "
            f"{task.direction} really better?",
        )


def _telling(task: Task, items: Sequence[Item]) -> Iterator[Finding]:
    """Find a scorer that calls wrong answers unreadable: checks report what is readable, and so what is right."""
    wrong = [
        grade
        for item, other in zip(items, (*items[1:], *items[:1]), strict=True)
        if (grade := task.grade(other.gold, item)).score != task.grade(item.gold, item).score
    ]
    if len(wrong) >= LEAST_WRONG and not any(grade.readable for grade in wrong):
        yield error(
            "scorer",
            f"Each of {len(wrong)} right answers to other items is unreadable here, not wrong, so a check that reports "
            "what is readable tells which answers are right: call every answer in the task's format readable.",
        )


def _reference(task: Task, items: Mapping[Split, Sequence[Item]]) -> Iterator[Finding]:
    """Try the published evaluator on right, wrong and mixed answers, all of a split and one alone."""
    asked = items["validation"]
    if task.replication is None or not asked:
        return
    try:
        right = [task.replication.mark(item.gold, item) for item in asked[:MOST_GRADED]]
        wrong = [task.replication.mark(text, asked[0]) for text in ("", *GARBAGE)]
        for marks in (right, wrong, right + wrong, right[:1], wrong[:1]):
            task.replication.total(marks)
    except Exception as raised:
        yield error(
            "reference", f"The published evaluator raised {raised!r}; it must take any output."
        )


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
