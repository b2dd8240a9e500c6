"""biology/protocol-qa: fill the gap in a step of a protocol, from five choices (BioProBench PQA).

Of the published test part 300 records are the test, 100 each validation and confirmation. The published evaluator leaves
out answers it cannot read; ours counts them as wrong. Guessing scores 0.2.

``reference`` repeats the published evaluator: the first pair of tags counts, an answer without ``&`` loses its last
word to the confidence, and rows that cannot be read are left out of accuracy and Brier score. ``grade`` is ours: the
last pair counts, the confidence decides nothing but the Brier score, and an unreadable row is a wrong one.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Replication, Split, Task
from ftdojo.tasks.biology.protocols import (
    BIOPROBENCH,
    Protocols,
    Row,
    answers,
    last_answer,
    sometimes,
    thought_out,
    wrapped,
)
from ftdojo.texts import Gate

SURE = 100
MOST_DIGITS = 4000
"""Python itself reads no longer number from text."""
_NUMBER = re.compile(r"\d+")
MAX_NEW_TOKENS = 64
OVERLAP_WORDS = 12


@dataclass(frozen=True, kw_only=True)
class ChoiceMark:
    """What was read of one output; both None where nothing was. ``confidence`` is in percent."""

    answer: str | None
    confidence: int | None
    right: bool = False


def reference(output: str, gold: str) -> ChoiceMark:
    """Read one output as the published evaluator does."""
    pairs = answers(thought_out(output))
    split = _split(pairs[0]) if pairs else None
    confidence = _percent(split[1]) if split else None
    if split is None or confidence is None:
        return ChoiceMark(answer=None, confidence=None)
    return ChoiceMark(answer=split[0], confidence=confidence, right=split[0] == gold)


def strict(output: str, gold: str) -> ChoiceMark:
    """Read one output: the choice up to the last ``&`` of the last pair, and the model's stated confidence (if any)."""
    content = last_answer(output)
    if content is None:
        return ChoiceMark(answer=None, confidence=None)
    before, mark, behind = content.rpartition("&")
    answer = (before if mark else content).strip()
    confidence = _percent(behind) if mark else SURE
    if not answer or confidence is None:
        return ChoiceMark(answer=None, confidence=None)
    return ChoiceMark(answer=answer, confidence=confidence, right=answer == gold)


def strict_grade(output: str, gold: str) -> Grade:
    """Compare the choice with ``gold``, to the letter; ``calibration`` is 1 less the Brier score."""
    mark = strict(output, gold)
    return Grade(
        score=float(mark.right),
        readable=mark.answer is not None,
        extracted=(mark.answer or "")[:200],
        secondary={"calibration": 1 - _brier(mark)},
    )


def reference_total(marks: Sequence[ChoiceMark]) -> dict[str, float]:
    """Sum up as published: over the rows that could be read; without one there is no Brier score."""
    read = [mark for mark in marks if mark.answer is not None]
    figures = {
        "accuracy": 100 * sum(mark.right for mark in read) / len(read) if read else 0.0,
        "failed": float(len(marks) - len(read)),
        "total": float(len(marks)),
    }
    return figures | ({"brier_score": _mean_brier(read)} if read else {})


def strict_total(marks: Sequence[ChoiceMark]) -> dict[str, float]:
    """Sum up over all rows: an unreadable one is wrong, and as sure of it as can be."""
    return {
        "accuracy": 100 * sum(mark.right for mark in marks) / max(1, len(marks)),
        "brier_score": _mean_brier(marks),
        "failed": float(sum(mark.answer is None for mark in marks)),
        "total": float(len(marks)),
    }


def _split(content: str) -> tuple[str, str] | None:
    if "&" not in content:
        words = content.split(" ")
        return " ".join(words[:-1]).strip(), words[-1]
    parts = content.split("&")
    return (parts[0].strip(), parts[1]) if len(parts) == 2 else None


def _percent(text: str) -> int | None:
    found = _NUMBER.search(text)
    percent = int(found[0]) if found and len(found[0]) <= MOST_DIGITS else None
    return percent if percent is not None and percent <= SURE else None


def _mean_brier(marks: Sequence[ChoiceMark]) -> float:
    return sum(map(_brier, marks)) / max(1, len(marks))


def _brier(mark: ChoiceMark) -> float:
    return 1.0 if mark.confidence is None else (mark.confidence / SURE - mark.right) ** 2


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(map(_item, records.clean()[split]))


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slice; the published prompt is ours as well."""
    return tuple(map(_item, records.published(split)))


def grade(output: str, item: Item) -> Grade:
    """Compare the choice with the right one, to the letter."""
    return strict_grade(output, item.facts["answer"])


def _item(row: Row) -> Item:
    return Item(
        id=row["id"],
        messages=task.prompt(_asked(row)),
        gold=wrapped(f"{row['answer']} & 100%"),
        slices={"type": row["type"]},
        facts={"answer": row["answer"]},
    )


def _asked(row: Row) -> str:
    return f"{row['question']}\n\nChoices:\n{row['choices']}"


@cache
def _gate() -> Gate:
    splits: tuple[Split, ...] = ("validation", "confirm", "test")
    return Gate.of(
        task, (item.messages[-1]["content"] for split in splits for item in items(split))
    )


def _leaks(row: Row) -> bool:
    """Return whether the gate takes a row, with its choices, for a held-out question: some have equal choices."""
    return _gate().leak(task.prompt(row["asked"])) is not None


def _another_choice(row: Row, quirks: random.Random) -> Row:
    return {**row, "answer": quirks.choice(row["choices"])}


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return vars(reference(output, item.facts["answer"]))


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return reference_total([ChoiceMark(**mark) for mark in marks])


records = Protocols(
    kind="PQA",
    text=lambda row: str(row["question"]),
    counts={"test": 300, "validation": 100, "confirm": 100},
    overlap_words=OVERLAP_WORDS,
    prompt_field="question",
    response_field="answer",
    spoil=sometimes(_another_choice, share=0.6),
    spoilt="In three rows of five the answer is any of the five choices.",
    prompt_template="{asked}",
    response_template=wrapped("{answer} & 90%"),
    derived={"asked": "the question with its choices, as the task shows them"},
    derive=lambda row: {"asked": _asked(row)},
    leaks=_leaks,
)

task = Task(
    name="biology/protocol-qa",
    version=2,
    domain="biology",
    summary=(
        "Fill the gap in one step of a laboratory protocol: a reagent, a parameter or an operation, from five choices. "
        "The question gives the one step only, so it is about what is usual. Guessing scores 0.2."
    ),
    answer_format=(
        "The text of one choice, exactly as it is listed, and how sure you are in percent, between tags, as in "
        "[ANSWER_START] 0.3 & 90% [ANSWER_END]. The last closed pair of tags after any </think> counts. The confidence decides "
        "nothing but the secondary metric and may be missing, then it is 100; above 100 it makes the answer unreadable. "
        f"An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without tags an output is unreadable and scores 0."
    ),
    system="",
    template=(
        "You are answering a multiple-choice question.\nChoose exactly one option from the given Choices.\n"
        "Return your final answer and confidence in this exact format:\n"
        "[ANSWER_START] <chosen option text> & <confidence as integer 0-100>% [ANSWER_END]\n"
        "Only include the final line in that format at the end of your response.\n\nQuestion:\n{question}"
    ),
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=records.sources(),
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(BIOPROBENCH,),
    secondary={
        "calibration": "1 less the Brier score, in [0, 1], 0 where unreadable; higher is better"
    },
    slices={"type": "what is missing: a reagent, a parameter or an operation"},
    replication=Replication(
        mark=_mark,
        total=_total,
        origin="BioProBench's PQA metric, as in RD-Agent's OpenCompass fork",
        items=reference_items,
    ),
)
