"""Proving a task without a model: that its scorer, its splits and its sources keep what they promise.

A scorer is an instrument and is calibrated: gold scores full marks, empty answers nothing, garbage is counted as
unreadable and a wrong answer is not. The tests run this over every registered task.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

from ftdojo.errors import FtdojoError, ScorerError
from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.tasks.check_answers import answer_findings
from ftdojo.tasks.check_sources import source_findings
from ftdojo.tasks.check_splits import Questions, split_findings
from ftdojo.tasks.finding import Finding, error

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
