"""What a pass says: scores with intervals, slices, unreadable and unfinished shares, and a few wrong items.

A second reference score stands beside it where the published evaluator has a language model look again at what its rule
calls wrong. The model's word touches neither the task's own score nor any verdict.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ftdojo.records import (
    Aggregate,
    Direction,
    Estimate,
    EvaluationReport,
    Graded,
    Item,
    Message,
    Split,
    Task,
    WrongItem,
)
from ftdojo.stats import Scores, estimate, lot, open_items, quantiles, resampled, total

WRONG_SHOWN = 5
TEXT_SHOWN = 800
"""Characters of a prompt, output or gold that a wrong item shows."""


def scores(graded: Sequence[Graded], how: Aggregate | None = None) -> Mapping[str, float]:
    """Return the score of each item by its id, and with it what ``how`` needs to make up a split's score."""
    by_item = {each.item: each.grade.score for each in graded}
    if how is None or how.kind == "mean":
        return by_item
    return Scores(
        by_item=by_item,
        how=how,
        groups={each.item: each.slices.get(how.over, "") for each in graded},
        given={each.item: each.grade.extracted if each.grade.readable else "" for each in graded},
    )


def report(
    graded: Sequence[Graded],
    task: Task,
    *,
    split: Split,
    items: Sequence[Item],
    seconds: float,
    raced_out: bool = False,
) -> EvaluationReport:
    """Sum up one pass.

    The score is the task's aggregate; every mean is over all graded items; an unreadable output counts as wrong, and a secondary metric is over
    the items that have it (``tasks.check`` proves that no output can shed one, so silence never pays). Slices are keyed ``name=value``.

    Args:
        graded: what ``evaluate`` returned.
        task: says how much of a wrong item may be shown.
        split: only items of ``validation`` are ever shown, and of those the open ones (``open_items``).
        items: all items of the split, graded or not.
        seconds: wall time of the pass.
        raced_out: whether a race ended the pass early.

    Raises:
        ValueError: nothing was graded.
    """
    return EvaluationReport(
        metric=task.metric,
        unit=task.unit,
        direction=task.direction,
        split=split,
        score=total(scores(graded, task.aggregate)),
        planned=len(items),
        raced_out=raced_out,
        unreadable_share=sum(not each.grade.readable for each in graded) / len(graded),
        unfinished_share=sum(not each.finished for each in graded) / len(graded),
        secondary=_secondary(graded, task),
        slices=_slices(graded),
        output_tokens=quantiles([each.tokens for each in graded]),
        seconds=seconds,
        wrong=_wrong(graded, task, items) if split == "validation" else (),
        reference=_reference(graded, task, items),
    )


def _reference(
    graded: Sequence[Graded], task: Task, items: Sequence[Item]
) -> Mapping[str, Estimate]:
    """Return what the published evaluator makes of the outputs, where the task has one."""
    if task.replication is None:
        return {}
    asked = {item.id: item for item in items}
    marks = [task.replication.mark(each.output, asked[each.item]) for each in graded]
    return resampled(marks, task.replication.total)


def _secondary(graded: Sequence[Graded], task: Task) -> Mapping[str, Estimate]:
    names = sorted({name for each in graded for name in each.grade.secondary})
    by_item = {
        name: estimate(
            [each.grade.secondary[name] for each in graded if name in each.grade.secondary]
        )
        for name in names
    }
    return by_item | {name: total(scores(graded, how)) for name, how in task.also.items()}


def _slices(graded: Sequence[Graded]) -> Mapping[str, Estimate]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for each in graded:
        for name, value in each.slices.items():
            found[f"{name}={value}"].append(each.grade.score)
    return {name: estimate(found[name]) for name in sorted(found)}


def is_wrong(graded: Graded, task: Task) -> bool:
    """Return whether an output has less than the best score that an item can have."""
    higher = task.direction is Direction.HIGHER
    return graded.grade.score < 1.0 if higher else graded.grade.score > 0.0


def _wrong(graded: Sequence[Graded], task: Task, items: Sequence[Item]) -> tuple[WrongItem, ...]:
    """Return the worst open items, equals in an order that depends on their ids alone.

    Experiments that fail on the same items are thus shown the same ones, so that they compare.
    """
    asked = {item.id: item for item in items}
    seen = open_items(task, asked)
    sign = 1.0 if task.direction is Direction.HIGHER else -1.0
    wrong = [each for each in graded if each.item in seen and is_wrong(each, task)]
    wrong.sort(key=lambda each: (sign * each.grade.score, lot(each.item)))
    return tuple(_shown(each, task, asked[each.item]) for each in wrong[:WRONG_SHOWN])


def _shown(each: Graded, task: Task, item: Item) -> WrongItem:
    if task.shown == "output":
        return WrongItem(item=each.item, prompt="", output=_cut(each.output), gold="")
    return WrongItem(
        item=each.item,
        prompt=_cut(item.messages[-1]["content"]),
        output=_cut(each.output),
        gold=_cut(item.gold),
    )


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"


Ask = Callable[[tuple[Message, ...]], str]
"""Puts a question to the run's judge and returns what it said, "" for nothing."""
BY_JUDGE = "{}, with judge"


def judged(
    report: EvaluationReport, graded: Sequence[Graded], task: Task, items: Sequence[Item], ask: Ask
) -> EvaluationReport:
    """Return ``report`` with the published metrics as they are when the judge's word counts; as it is for other tasks.

    Args:
        report: of the same pass.
        graded: the outputs.
        task: its ``replication.judge`` says how to ask; its marks then have ``correct``.
        items: all items of the split.
        ask: asks the judge; an equal question should cost nothing.
    """
    published = task.replication
    if published is None or published.judge is None:
        return report
    judge, asked = published.judge, {item.id: item for item in items}

    def mark(each: Graded) -> Mapping[str, object]:
        by_rule, item = published.mark(each.output, asked[each.item]), asked[each.item]
        right = by_rule["correct"] or judge.accepts(ask(judge.asks(each.output, item)))
        return {**by_rule, "correct": right}

    told = resampled([mark(each) for each in graded], published.total)
    named = {BY_JUDGE.format(name): found for name, found in told.items()}
    return replace(report, reference={**report.reference, **named})
