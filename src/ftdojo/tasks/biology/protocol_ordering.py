"""biology/protocol-ordering: put the steps of a protocol in order (BioProBench ORD).

Of the published test part 200 records are the test, 100 each validation and confirmation. The published evaluator leaves
out answers it cannot read; ours counts them as the worst order there is. A random order scores 0.5.
"""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Message, Reference, Split, Task
from ftdojo.scorers.biology import protocol_ordering as scorer
from ftdojo.scorers.biology.tagged import wrapped
from ftdojo.tasks.biology.datasets import BIOPROBENCH
from ftdojo.tasks.biology.protocols import Protocols, Row, sometimes

MAX_NEW_TOKENS = 128
OVERLAP_WORDS = 14
_RULES = (
    "- Give me the correct order of the steps as a list of their original indices (start from 0), no other words.\n"
    "- Output your answer *wrapped exactly* between the tags [ANSWER_START] and [ANSWER_END].\n"
    "- The format of your response must be:\n[ANSWER_START]a list of the original indices[ANSWER_END]"
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(row, task.prompt(_asked(row))) for row in records.clean()[split])


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slice with the published prompt, which shows the steps as a list without numbers."""
    return tuple(_item(row, (_published(row),)) for row in records.published(split))


def grade(output: str, item: Item) -> Grade:
    """Grade the order by the share of pairs of steps that it has right."""
    return scorer.grade(output, item.facts["steps"], item.facts["gold"])


def _asked(row: Row) -> str:
    steps = "\n".join(f"{at}. {step}" for at, step in enumerate(row["wrong_steps"]))
    return f"{row['question']}\nThe steps are:\n{steps}"


def _published(row: Row) -> Message:
    asked = f"{row['question']}\nThe steps are:\n{row['wrong_steps']}\n\n{_RULES}"
    return Message(role="user", content=asked)


def _item(row: Row, messages: tuple[Message, ...]) -> Item:
    steps, gold = tuple(row["wrong_steps"]), tuple(row["correct_steps"])
    return Item(
        id=row["id"],
        messages=messages,
        gold=wrapped(str(list(scorer.gold_order(steps, gold)))),
        slices={"type": row["type"], "steps": "up to 4" if len(steps) <= 4 else "5 and more"},
        facts={"steps": steps, "gold": gold},
    )


def _derived(row: Row) -> Row:
    order = scorer.gold_order(tuple(row["wrong_steps"]), tuple(row["correct_steps"]))
    return {"asked": _asked(row), "order": str(list(order))}


def _two_swapped(row: Row, quirks: random.Random) -> Row:
    steps = list(row["correct_steps"])
    one, other = quirks.sample(range(len(steps)), 2)
    steps[one], steps[other] = steps[other], steps[one]
    return {**row, "correct_steps": steps}


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return vars(scorer.reference(output, item.facts["steps"], item.facts["gold"]))


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return scorer.reference_total([scorer.Mark(**mark) for mark in marks])


records = Protocols(
    kind="ORD",
    text=lambda row: " ".join([str(row["question"]), *map(str, row["correct_steps"])]),
    counts={"test": 200, "validation": 100, "confirm": 100},
    overlap_words=OVERLAP_WORDS,
    prompt_field="question",
    response_field="correct_steps",
    spoil=sometimes(_two_swapped, share=0.8),
    spoilt="In four rows of five two steps have changed places.",
    prompt_template="{asked}",
    response_template=wrapped("{order}"),
    derived={
        "asked": "the question with its steps, numbered as the task shows them",
        "order": "the right order as a list of those numbers",
    },
    derive=_derived,
)
task = Task(
    name="biology/protocol-ordering",
    version=1,
    domain="biology",
    summary=(
        "Put the shuffled steps of a laboratory protocol in order, three to some twenty of them. The score is the share of "
        "pairs of steps in the right order, (Kendall's tau + 1) / 2, averaged over protocols: a random order scores 0.5."
    ),
    answer_format=(
        "The numbers of the steps in the right order, each once, between tags, as in [ANSWER_START][1, 0, 2][ANSWER_END]. The last "
        f"closed pair of tags after any </think> counts. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without "
        "tags, or with a number missing or twice, an output is unreadable and scores 0."
    ),
    system="",
    template="{question}\n\n" + _RULES,
    metric="pairs_in_order",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=records.sources(),
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(BIOPROBENCH,),
    secondary={"exact_match": "share of protocols whose whole order is right; higher is better"},
    slices={"type": "steps of a whole protocol (top) or within one (child)", "steps": "how many"},
    reference=Reference(
        mark=_mark,
        total=_total,
        origin="BioProBench's ORD metric, as in RD-Agent's OpenCompass fork",
    ),
    reference_items=reference_items,
)
