"""A second reference score, where the published evaluator has a language model look again at what its rule calls wrong.

The model's word stands beside the rule's and touches neither the task's own score nor any verdict.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ftdojo.records import EvaluationReport, Graded, Item, Message, Task
from ftdojo.stats import resampled

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
