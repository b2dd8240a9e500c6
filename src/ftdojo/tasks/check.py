"""Proving a task without a model: that its scorer, its splits and its sources keep what they promise.

A scorer is an instrument and is calibrated: gold scores full marks, empty answers nothing, and garbage is counted as
unreadable. The tests run this over every registered task.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, zip_longest
from typing import Literal, get_args

from ftdojo.records import Item, Source, Split, Task

Severity = Literal["error", "warning"]
FULL_MARKS = 1.0
FEWEST_ITEMS = 100
"""Fewer items cannot tell a difference of 14 points from luck."""
GARBAGE = (
    "?!",
    "lorem ipsum " * 20,
    "\x00\ud800\u202e",
    "{{{{[[[[\\boxed",
    "<|im_start|>" * 50,
    "\n" * 500,
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One promise that a task breaks; ``about`` names the part, ``message`` says what and what to do."""

    severity: Severity
    about: str
    message: str


def prove(task: Task) -> list[Finding]:
    """Return every promise ``task`` breaks; an empty list proves it. Takes seconds, reads every source once or twice."""
    findings = [*_scorer(task), *_counts(task), *_splits(task)]
    held_out = {
        _plain(item.messages[-1]["content"])
        for split in get_args(Split)
        for item in task.items(split)
    }
    for source in task.sources:
        findings += _source(task, source, held_out)
    return findings


def _scorer(task: Task) -> Iterator[Finding]:
    for split in get_args(Split):
        for item in task.items(split):
            yield from _graded(task, item)


def _graded(task: Task, item: Item) -> Iterator[Finding]:
    gold, empty = task.grade(item.gold, item), task.grade("", item)
    if gold.score != FULL_MARKS or not gold.readable:
        yield _error(
            item.id,
            f"The scorer gives the gold answer {item.gold[:80]!r} {gold.score} of {FULL_MARKS}; "
            "mend the scorer or drop the item.",
        )
    if empty.score or empty.readable:
        yield _error(
            item.id, f"An empty answer scores {empty.score}; it must be unreadable and score 0."
        )
    for text in GARBAGE:
        grade = task.grade(text, item)
        if grade.readable or grade.score:
            yield _error(
                item.id, f"The garbage {text[:20]!r} is taken for an answer; it must be unreadable."
            )


def _counts(task: Task) -> Iterator[Finding]:
    for split in get_args(Split):
        items = task.items(split)
        if len(items) < FEWEST_ITEMS:
            yield Finding(
                severity="warning",
                about=split,
                message=f"{len(items)} items are few; {FEWEST_ITEMS} or more tell a real gain from luck.",
            )
        if len({item.id for item in items}) < len(items):
            yield _error(split, "Two items have one id; give each its own.")
        if tuple(items) != tuple(task.items(split)):
            yield _error(split, "The items change from call to call; draw them from a fixed seed.")


def _splits(task: Task) -> Iterator[Finding]:
    asked = {
        split: [_plain(item.messages[-1]["content"]) for item in task.items(split)]
        for split in get_args(Split)
    }
    for split, questions in asked.items():
        if len(set(questions)) < len(questions):
            yield _error(split, "A question occurs twice, apart from case and spacing; drop one.")
    for one, other in combinations(asked, 2):
        if shared := set(asked[one]) & set(asked[other]):
            yield _error(
                f"{one}, {other}",
                f"{len(shared)} questions are in both; split by the question itself.",
            )


def _source(task: Task, source: Source, held_out: set[str]) -> Iterator[Finding]:
    about, count = f"source {source.name}", 0
    if not source.licence:
        yield _error(about, "It names no licence; say which one its rows are under.")
    for number, (row, again) in enumerate(zip_longest(source.rows(), source.rows())):
        count += 1
        if row != again:
            yield _error(
                about, f"Row {number} differs between two readings; draw rows from a fixed seed."
            )
            return
        if set(row) != set(source.fields):
            yield _error(
                about,
                f"Row {number} has the fields {sorted(row)}, declared are {sorted(source.fields)}.",
            )
            return
        asked = _plain(str(row[source.prompt_field]))
        if asked in held_out or _plain(task.prompt(asked)[-1]["content"]) in held_out:
            yield _error(
                about, f"Row {number} asks a held-out question; draw from the training share only."
            )
    if not count:
        yield _error(about, "It has no rows; a source on offer must have some.")


def _error(about: str, message: str) -> Finding:
    return Finding(severity="error", about=about, message=message)


def _plain(text: str) -> str:
    """Return ``text`` without what does not make it another question: case, spacing, closing marks."""
    return re.sub(r"\s+", " ", text.casefold()).strip(" .?!")
