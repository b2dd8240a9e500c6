"""One pass over held-out items: generate, grade, and stop early where a race is lost."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from statistics import fmean

from ftdojo.errors import UsageError
from ftdojo.evaluation.reports import scores
from ftdojo.records import Completion, Direction, Graded, Item, Message, Task
from ftdojo.stats import Scores, lot, surely_worse

Generate = Callable[[Sequence[tuple[Message, ...]]], Sequence[Completion]]
"""Answers a batch of prompts, as many completions each as the task's decoding says, in their order."""


@dataclass(frozen=True, kw_only=True)
class Race:
    """A pass ends early when the candidate is surely worse than ``rival`` (score by item id).

    The items are cut into ``chunks`` parts of about equal size, each a fair sample; the race looks after every part but
    the last.
    """

    rival: Mapping[str, float]
    direction: Direction
    chunks: int = 5

    def __post_init__(self) -> None:
        if self.chunks < 1:
            raise UsageError(
                f"chunks={self.chunks} must be at least 1: a race has one part or more."
            )


def evaluate(
    items: Sequence[Item],
    task: Task,
    *,
    generate: Generate,
    chunk: int,
    race: Race | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Graded], bool]:
    """Put ``items`` to a model and grade what it writes.

    Every batch holds prompts of similar length, the longest first, so that little of it is padding and memory runs
    out at once or not at all. In a race that holds within each part; which items make up a part depends on their ids
    alone, so that every part is a fair sample and two passes meet the items in the same order.

    Args:
        items: of one split, with ids of their own.
        task: its ``grade`` judges each output.
        generate: answers at most ``chunk`` prompts a call.
        chunk: how many prompts a call of ``generate`` gets, at least 1.
        race: whom the candidate must not be surely worse than; None scores every item.
        on_progress: called with (items done, items in all) after each batch.

    Returns:
        The graded items, in the order of ``items``, and whether the race ended the pass early.

    Raises:
        UsageError: ``chunk`` is below 1, ``generate`` returned another number of completions than it was to make, or the
            task's scorer gave a score that is not a finite number.
    """
    if chunk < 1:
        raise UsageError(
            f"chunk={chunk} must be at least 1: it is how many prompts go in one batch."
        )
    graded: dict[str, Graded] = {}
    parts = _parts(items, race.chunks if race else 1)
    for number, part in enumerate(parts, start=1):
        for batch in _batches(part, chunk):
            graded |= {each.item: each for each in _answered(batch, task, generate)}
            if on_progress:
                on_progress(len(graded), len(items))
        if race and number < len(parts) and _lost(graded, race, looks=len(parts) - 1):
            break
    done = [graded[item.id] for item in items if item.id in graded]
    return done, len(done) < len(items)


def _parts(items: Sequence[Item], count: int) -> list[list[Item]]:
    """Deal the items to ``count`` parts at most, in an order that depends on nothing but their ids."""
    dealt = sorted(items, key=lambda item: lot(item.id))
    parts = [
        dealt[at * len(dealt) // count : (at + 1) * len(dealt) // count] for at in range(count)
    ]
    return [part for part in parts if part]


def _batches(part: Sequence[Item], chunk: int) -> Iterator[list[Item]]:
    by_length = sorted(part, key=_length, reverse=True)
    return (by_length[at : at + chunk] for at in range(0, len(by_length), chunk))


def _length(item: Item) -> int:
    return sum(len(turn["content"]) for turn in item.messages)


def _answered(batch: Sequence[Item], task: Task, generate: Generate) -> Iterator[Graded]:
    made, samples = generate([item.messages for item in batch]), task.decoding.samples
    if len(made) != len(batch) * samples:
        raise UsageError(
            f"generate() returned {len(made)} completions for {len(batch)} prompts; return {samples} each, in order."
        )
    for at, item in enumerate(batch):
        each = [_graded(item, task, one) for one in made[at * samples : (at + 1) * samples]]
        yield each[0] if samples == 1 else _averaged(each)


def _averaged(samples: Sequence[Graded]) -> Graded:
    """Return an item's record from those of its samples: mean scores, and what the first sample says.

    It counts as readable if at least half of them are, and as finished if all are.
    """
    first, n = samples[0], len(samples)
    secondary = {
        name: fmean(each.grade.secondary[name] for each in samples)
        for name in first.grade.secondary
    }
    grade = replace(
        first.grade,
        score=fmean(each.grade.score for each in samples),
        readable=2 * sum(each.grade.readable for each in samples) >= n,
        secondary=secondary,
    )
    return replace(
        first,
        grade=grade,
        tokens=sum(each.tokens for each in samples),
        finished=all(each.finished for each in samples),
        samples=tuple(each.output for each in samples),
    )


def _graded(item: Item, task: Task, output: Completion) -> Graded:
    grade = task.grade(output.text, item)
    if not isfinite(grade.score):
        raise UsageError(
            f"The scorer of {task.name!r} gave {grade.score} to item {item.id!r}; a score must be a finite number, "
            "whatever the output: fix the task's grade."
        )
    return Graded(
        item=item.id,
        output=output.text,
        grade=grade,
        tokens=output.tokens,
        finished=output.finished,
        slices=item.slices,
    )


def _lost(graded: Mapping[str, Graded], race: Race, *, looks: int) -> bool:
    how = race.rival.how if isinstance(race.rival, Scores) else None
    so_far = scores(list(graded.values()), how)
    return surely_worse(so_far, race.rival, direction=race.direction, looks=looks)
