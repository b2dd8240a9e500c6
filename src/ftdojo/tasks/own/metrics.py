"""The metrics that a task of your own can name: how an answer is read, and what it scores against the right ones.

A right answer is read as an output is, so that an output which is the right answer as it stands in the rows scores full
marks; what cannot be read that way is refused by ``gold_fault``. No marker is needed. Where a task sets one, the answer is
what stands behind the last of them, and an output without it is unreadable; JSON needs none even then.
"""

import importlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdojo.errors import MissingExtra
from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import AnswerText, behind, shown
from ftdojo.tasks.own.labels import label_fault, label_grade
from ftdojo.tasks.own.numbers import Sign, decimal_sign, number, number_fault, number_text
from ftdojo.tasks.own.texts import (
    choice,
    choice_fault,
    chrf,
    contains,
    exact_match,
    json_fault,
    json_fields,
    rouge_fault,
    rouge_l,
    text_fault,
)

__all__ = [
    "METRICS",
    "Metric",
    "Reading",
    "as_output",
    "decimal_sign",
    "gold_fault",
    "golds_of",
    "grade",
    "need",
]
MOST_CHARS = 100_000
"""A longer right answer is refused; of an output the first and the last so many characters are read."""
_SQUAD = {"text", "answer_start", "answer_end"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a task reads answers."""

    metric: str
    after: str = ""
    """A marker that answers must follow; none where empty."""
    labels: tuple[str, ...] = ()
    """The labels of a task of labels."""
    decimal: Sign = "."
    """The decimal sign of its numbers."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One way of reading and scoring answers."""

    name: str
    says: str
    """One sentence for the task card."""
    read: Callable[[Reading, AnswerText, str], Grade]
    """Grades an answer against one right answer."""
    fault: Callable[[Reading, str], str]
    """Says why a right answer cannot be scored; "" where it can."""
    extra: str = ""
    """The extra of ftdojo that it needs."""
    package: str = ""
    """The module that must be there to import."""


_LABELS = (
    "The answer is one of the task's labels: the whole output, the end or the first line of it, or what stands behind "
    "the last 'Answer:'; case, and '_' or '-' for a blank, do not count"
)
METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="exact_match",
            says="The output, or what stands behind its last 'Answer:', must be the right answer word for word; case, "
            "spacing, quotes around it and closing marks do not count.",
            read=lambda reading, said, gold: exact_match(said, gold),
            fault=lambda reading, gold: text_fault(gold),
        ),
        Metric(
            name="contains",
            says="The right answer must stand in the output as whole words; case and spacing do not count.",
            read=lambda reading, said, gold: contains(said, gold),
            fault=lambda reading, gold: text_fault(gold),
        ),
        Metric(
            name="accuracy",
            says=f"{_LABELS}; the score is the share of right ones.",
            read=lambda reading, said, gold: label_grade(said, gold, reading.labels),
            fault=lambda reading, gold: label_fault(gold, reading.labels),
        ),
        Metric(
            name="macro_f1",
            says=f"{_LABELS}; the score is the mean F1 of the labels, each counting alike.",
            read=lambda reading, said, gold: label_grade(said, gold, reading.labels),
            fault=lambda reading, gold: label_fault(gold, reading.labels),
        ),
        Metric(
            name="choice",
            says="The letter of the right choice must stand behind the last 'Answer:' or 'answer is', alone on the "
            "first or last line, or at the beginning, as in 'B', '(B)' or 'B) Paris'.",
            read=lambda reading, said, gold: choice(said, gold),
            fault=lambda reading, gold: choice_fault(gold),
        ),
        Metric(
            name="number",
            says="The number behind the last '####', 'Answer:', 'answer is' or in the last \\boxed{}, or else the last "
            "number of the output, must be the right one to a millionth of its size, in whatever notation.",
            read=lambda reading, said, gold: number(said, gold, reading.decimal),
            fault=lambda reading, gold: number_fault(gold, reading.decimal),
        ),
        Metric(
            name="json_fields",
            says="The last JSON object of the output counts: the score is the share of its fields that are right.",
            read=lambda reading, said, gold: json_fields(said, gold),
            fault=lambda reading, gold: json_fault(gold),
        ),
        Metric(
            name="rouge_l",
            says="The output is compared with the right answer by ROUGE-L, the F-measure of their longest common "
            "sequence of words, 0 to 1.",
            read=lambda reading, said, gold: rouge_l(said, gold),
            fault=lambda reading, gold: rouge_fault(gold),
            extra="text",
            package="rouge_score",
        ),
        Metric(
            name="chrf",
            says="The output is compared with the right answer by chrF2, the F-measure of their character n-grams, "
            "0 to 1.",
            read=lambda reading, said, gold: chrf(said, gold),
            fault=lambda reading, gold: text_fault(gold),
            extra="text",
            package="sacrebleu",
        ),
    )
}
_WHOLE = frozenset({"accuracy", "macro_f1", "json_fields"})
"""Metrics whose right answers hold no marker of the task."""


def golds_of(value: Any) -> tuple[str, ...]:
    """Return the right answers that a cell holds, any one of which is right; none where it is empty.

    Text is one answer, and so is the JSON text of a number or of an object. A list of texts is as many, and
    ``{"text": [...]}``, the form of SQuAD, is its texts.

    Example:
        >>> golds_of(12), golds_of(["Rome", "Roma"]), golds_of({"text": ["in 1066"], "answer_start": [9]})
        (('12',), ('Rome', 'Roma'), ('in 1066',))
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ()
    if isinstance(value, str):
        return (value,) if value.strip() else ()
    if isinstance(value, dict) and isinstance(value.get("text"), list) and value.keys() <= _SQUAD:
        return golds_of(value["text"])
    if isinstance(value, list | tuple) and all(isinstance(each, str | None) for each in value):
        return tuple(dict.fromkeys(each for each in value if each and each.strip()))
    return (json.dumps(value, ensure_ascii=False, default=str),)


def gold_fault(reading: Reading, gold: str) -> str:
    """Return why ``gold`` cannot be scored, as one clause that quotes it; "" where it can.

    Example:
        >>> gold_fault(Reading(metric="number"), "10:45")
        "'10:45' is not a number"
    """
    if len(gold) > MOST_CHARS:
        return (
            f"{shown(gold)} has {len(gold):,} characters, and at most {MOST_CHARS:,} are compared"
        )
    if reading.metric in _WHOLE and reading.metric != "json_fields" and _is_marked(reading, gold):
        return f"{shown(gold)} holds the marker {reading.after!r}, which is not part of a label"
    return METRICS[reading.metric].fault(reading, _answer(reading, gold))


def grade(reading: Reading, output: str, golds: Sequence[str]) -> Grade:
    """Return the best grade of ``output`` over the right answers ``golds``; never raises, whatever the texts.

    ``extracted`` is what was read; of labels it is the label as ``reading.labels`` has it. ``need`` says beforehand
    whether the metric's package is there.
    """
    read = METRICS[reading.metric].read
    if len(output) > 2 * MOST_CHARS:
        output = f"{output[:MOST_CHARS]}\n{output[-MOST_CHARS:]}"
    grades = [Grade(score=0.0, readable=False)]
    if (said := _said(reading, output)) is not None:
        comparable = (gold for gold in golds if len(gold) <= MOST_CHARS)
        grades += [read(reading, said, _answer(reading, gold)) for gold in comparable]
    return max(grades, key=lambda each: (each.score, each.readable))


def as_output(reading: Reading, gold: str) -> str:
    """Return an output that gives the answer ``gold`` in the task's format, with its marker where one is set."""
    if not reading.after or reading.metric == "json_fields":
        return gold
    answer = _answer(reading, gold)
    if reading.metric == "number":
        answer = number_text(answer, reading.decimal)
    return f"{reading.after} {answer}"


def need(metric: str) -> None:
    """Make sure that ``metric`` can be counted.

    Raises:
        MissingExtra: its package is not installed.
    """
    wanted = METRICS[metric]
    if not wanted.package:
        return
    try:
        importlib.import_module(wanted.package)
    except ImportError as error:
        raise MissingExtra(
            f"The metric {metric} needs the package {wanted.package.replace('_', '-')}: pip install "
            f"'ftdojo[{wanted.extra}]'."
        ) from error


def _is_marked(reading: Reading, text: str) -> bool:
    return bool(reading.after) and reading.after in text


def _said(reading: Reading, output: str) -> AnswerText | None:
    """Return what of ``output`` is its answer; None where the marker is missing."""
    if not reading.after or reading.metric == "json_fields":
        return AnswerText(text=output)
    at = output.rfind(reading.after)
    if at < 0:
        return None
    return AnswerText(text=behind(output, at, at + len(reading.after)), marked=True)


def _answer(reading: Reading, gold: str) -> str:
    """Return what of a right answer is compared: what stands behind the task's marker, if it holds one."""
    if reading.metric in _WHOLE or not _is_marked(reading, gold):
        return gold
    at = gold.rfind(reading.after)
    return behind(gold, at, at + len(reading.after))
