"""BioProBench ERR: whether a step of a protocol is right (True) or has an error (False).

``reference`` repeats the published evaluator: True is looked for before False, anywhere in the tags or in the last
line, and rows that name neither are left out of all figures. ``strict`` is ours: the answer is the word alone, and a row
that is not readable is wrong, and a miss of its label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ftdojo.records import Grade
from ftdojo.scorers.biology.tagged import answers, behind, last_answer, thought_out
from ftdojo.scorers.labels import plain

LABELS = {"true": True, "false": False}
MOST_CHARS = 200
"""What is read of an answer that should be one word."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What was read of one output, None where nothing was, beside what is right."""

    given: bool | None
    gold: bool

    @property
    def right(self) -> bool:
        """Whether the answer is the right one."""
        return self.given is self.gold


def reference(output: str, gold: bool) -> Mark:
    """Read one output as the published evaluator does."""
    text = behind(thought_out(output), "[/INST]")
    answer = next(iter(answers(text)), None)
    said = _last_line(text) if answer is None else answer
    for label, value in LABELS.items():
        if label in said or label.capitalize() in said:
            return Mark(given=value, gold=gold)
    return Mark(given=None, gold=gold)


def strict(output: str, gold: bool) -> Mark:
    """Read one output: the last tags, or without any the last line, must hold one of the two words and nothing else."""
    answer = last_answer(output)
    said = _last_line(thought_out(output)) if answer is None else answer
    return Mark(given=LABELS.get(plain(said)) if len(said) <= MOST_CHARS else None, gold=gold)


def grade(output: str, gold: bool) -> Grade:
    """Compare the answer with ``gold``."""
    mark = strict(output, gold)
    readable = mark.given is not None
    return Grade(
        score=float(mark.right), readable=readable, extracted=str(mark.given) if readable else ""
    )


def reference_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up as published: over the rows that could be read; an error is what F1 looks for."""
    read = [mark for mark in marks if mark.given is not None]
    return _figures(read) | {"failed": float(len(marks) - len(read)), "total": float(len(marks))}


def strict_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up over all rows; an unreadable one is wrong, and misses the error if there is one."""
    failed = sum(mark.given is None for mark in marks)
    return _figures(marks) | {"failed": float(failed), "total": float(len(marks))}


def _figures(marks: Sequence[Mark]) -> dict[str, float]:
    found = sum(mark.given is False and mark.gold is False for mark in marks)
    precision = 100 * found / max(1, sum(mark.given is False for mark in marks))
    recall = 100 * found / max(1, sum(mark.gold is False for mark in marks))
    return {
        "accuracy": 100 * sum(mark.right for mark in marks) / max(1, len(marks)),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if found else 0.0,
    }


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()
