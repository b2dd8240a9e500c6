"""biology/protocol-qa: fill the gap in a step of a protocol, from five choices (BioProBench PQA).

Of the published test part 300 records are the test, 100 each validation and confirmation. The published evaluator leaves
out answers it cannot read; ours counts them as wrong. Guessing scores 0.2.
"""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Reference, Split, Task
from ftdojo.scorers.biology import protocol_qa as scorer
from ftdojo.scorers.biology.tagged import wrapped
from ftdojo.tasks.biology.datasets import BIOPROBENCH
from ftdojo.tasks.biology.protocols import Protocols, Row, sometimes
from ftdojo.texts import Gate

MAX_NEW_TOKENS = 64
OVERLAP_WORDS = 12


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(map(_item, records.clean()[split]))


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slice; the published prompt is ours as well."""
    return tuple(map(_item, records.published(split)))


def grade(output: str, item: Item) -> Grade:
    """Compare the choice with the right one, to the letter."""
    return scorer.grade(output, item.facts["answer"])


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
    return Gate((item.messages[-1]["content"] for split in splits for item in items(split)), task)


def _leaks(row: Row) -> bool:
    """Return whether the gate takes a row, with its choices, for a held-out question: some have equal choices."""
    return _gate().leak(task.prompt(row["asked"])) is not None


def _another_choice(row: Row, quirks: random.Random) -> Row:
    return {**row, "answer": quirks.choice(row["choices"])}


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return vars(scorer.reference(output, item.facts["answer"]))


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return scorer.reference_total([scorer.Mark(**mark) for mark in marks])


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
    reference=Reference(
        mark=_mark,
        total=_total,
        origin="BioProBench's PQA metric, as in RD-Agent's OpenCompass fork",
    ),
    reference_items=reference_items,
)
