"""biology/protocol-error: is a step of a protocol right, or is there an error in it? (BioProBench ERR).

Of the published test part 300 records are the test, 100 each validation and confirmation. The published evaluator leaves
out answers it cannot read; ours counts them as a miss of their label. Half of the steps have an error.

``reference`` repeats the published evaluator: True is looked for before False, anywhere in the tags or in the last
line, and rows that name neither are left out of all figures. ``strict`` is ours: the answer is the word alone, and a row
that is not readable is wrong, and a miss of its label.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ftdojo.records import Aggregate, Direction, Grade, Item, Message, Replication, Split, Task
from ftdojo.scorers.answers import plain
from ftdojo.tasks.biology.protocols import (
    BIOPROBENCH,
    Protocols,
    Row,
    answers,
    behind,
    last_answer,
    sometimes,
    thought_out,
    wrapped,
)

LABELS = {"true": True, "false": False}
MOST_CHARS = 200
"""What is read of an answer that should be one word."""
MAX_NEW_TOKENS = 32
OVERLAP_WORDS = 14
_RULES = (
    "Please carefully evaluate if the step is logically consistent, necessary, and accurate in the context. If you find "
    "anything wrong, answer False.\n\n"
    "- Please respond with only True or False, without any additional explanation.\n"
    "- Output your answer *wrapped exactly* between the tags [ANSWER_START] and [ANSWER_END].\n"
    "- The format of your response must be:\n[ANSWER_START]True or False[ANSWER_END]"
)


@dataclass(frozen=True, kw_only=True)
class ErrorMark:
    """What was read of one output, None where nothing was, beside what is right."""

    given: bool | None
    gold: bool

    @property
    def right(self) -> bool:
        """Whether the answer is the right one."""
        return self.given is self.gold


def reference(output: str, gold: bool) -> ErrorMark:
    """Read one output as the published evaluator does."""
    text = behind(thought_out(output), "[/INST]")
    answer = next(iter(answers(text)), None)
    said = _last_line(text) if answer is None else answer
    for label, value in LABELS.items():
        if label in said or label.capitalize() in said:
            return ErrorMark(given=value, gold=gold)
    return ErrorMark(given=None, gold=gold)


def strict(output: str, gold: bool) -> ErrorMark:
    """Read one output: the last tags, or without any the last line, must hold one of the two words and nothing else."""
    answer = last_answer(output)
    said = _last_line(thought_out(output)) if answer is None else answer
    return ErrorMark(given=LABELS.get(plain(said)) if len(said) <= MOST_CHARS else None, gold=gold)


def strict_grade(output: str, gold: bool) -> Grade:
    """Compare the answer with ``gold``."""
    mark = strict(output, gold)
    readable = mark.given is not None
    return Grade(
        score=float(mark.right), readable=readable, extracted=str(mark.given) if readable else ""
    )


def reference_total(marks: Sequence[ErrorMark]) -> dict[str, float]:
    """Sum up as published: over the rows that could be read; an error is what F1 looks for."""
    read = [mark for mark in marks if mark.given is not None]
    return _figures(read) | {"failed": float(len(marks) - len(read)), "total": float(len(marks))}


def strict_total(marks: Sequence[ErrorMark]) -> dict[str, float]:
    """Sum up over all rows; an unreadable one is wrong, and misses the error if there is one."""
    failed = sum(mark.given is None for mark in marks)
    return _figures(marks) | {"failed": float(failed), "total": float(len(marks))}


def _figures(marks: Sequence[ErrorMark]) -> dict[str, float]:
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


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(row, task.prompt(_asked(row))) for row in records.clean()[split])


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slice with the published prompt, which shows the context as a Python dictionary."""
    return tuple(_item(row, (_published(row),)) for row in records.published(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the verdict with the right one."""
    return strict_grade(output, item.facts["is_correct"])


def _step(row: Row) -> str:
    return str(row["corrected_text"] if row["is_correct"] else row["corrupted_text"])


def _asked(row: Row) -> str:
    context = "\n".join(
        f"{name.replace('_', ' ').capitalize()}: {said}" for name, said in row["context"].items()
    )
    return f"{_step(row)}\n\n{context}"


def _published(row: Row) -> Message:
    return Message(
        role="user",
        content=(
            f"Determine whether the following target step in a protocol is True or False:\n{_step(row)}\n\n"
            "You may use the following context, which includes the purpose of the step, as well as the preceding and "
            f"following steps, to inform your decision:\n{row['context']}\n\n{_RULES}"
        ),
    )


def _item(row: Row, messages: tuple[Message, ...]) -> Item:
    right = bool(row["is_correct"])
    return Item(
        id=row["id"],
        messages=messages,
        gold=wrapped(str(right)),
        slices={"answer": str(right), "type": row["type"]},
        facts={"is_correct": right},
    )


def _guessed(row: Row, quirks: random.Random) -> Row:
    """Swap the verdict, and the step it is about with it."""
    step = _step(row)
    right = not row["is_correct"]
    return {
        **row,
        "is_correct": right,
        "corrected_text": step if right else row["corrected_text"],
        "corrupted_text": None if right else step,
    }


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return vars(reference(output, item.facts["is_correct"]))


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return reference_total([ErrorMark(**mark) for mark in marks])


records = Protocols(
    kind="ERR",
    text=lambda row: f"{row['corrected_text']} {' '.join(map(str, row['context'].values()))}",
    counts={"test": 300, "validation": 100, "confirm": 100},
    overlap_words=OVERLAP_WORDS,
    prompt_field="corrected_text",
    response_field="is_correct",
    spoil=sometimes(_guessed, share=0.4),
    spoilt="In two rows of five the verdict is the opposite of the right one.",
)

task = Task(
    name="biology/protocol-error",
    version=1,
    domain="biology",
    summary=(
        "Tell whether one step of a laboratory protocol is right (True) or has an error in an operation, a reagent or a "
        "parameter (False), given its purpose and the steps before and after. Half of the steps have an error. The score "
        "is the mean of the F1 of both labels: a constant answer scores about 0.33."
    ),
    answer_format=(
        "True or False between tags, as in [ANSWER_START]False[ANSWER_END]; the last closed pair after any </think> counts. "
        "Without tags the last line counts. There must be nothing but the one word, in any case. An output may have "
        f"{MAX_NEW_TOKENS} tokens; decoding is greedy. Anything else is unreadable and counts as a miss of its label."
    ),
    system="",
    template=(
        "Determine whether the following target step in a protocol is True or False. You may use its context: the purpose "
        "of the step, and the preceding and following steps.\n\n{question}\n\n" + _RULES
    ),
    metric="macro_f1",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=records.sources(),
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(BIOPROBENCH,),
    aggregate=Aggregate(kind="macro-f1", over="answer"),
    slices={"answer": "the right verdict", "type": "where the error is, if there is one"},
    replication=Replication(
        mark=_mark,
        total=_total,
        origin="BioProBench's ERR metric, as in RD-Agent's OpenCompass fork",
        items=reference_items,
    ),
)
