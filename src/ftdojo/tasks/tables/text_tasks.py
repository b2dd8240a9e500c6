"""What the two TableBench tasks with short answers share: their items, their grade and their published figures."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Message, Published, Reference, Split
from ftdojo.scorers.tables import answers
from ftdojo.scorers.tables.published import average, text_mark
from ftdojo.tasks.tables import records
from ftdojo.tasks.tables.prompts import ANSWER_TEMPLATE, asked

MAX_NEW_TOKENS = 512
ANSWER_FORMAT = (
    "The rest of the line after the last 'Final Answer:' is the answer, as in 'Final Answer: 1062' or 'Final Answer: "
    "Tonga, 81.53%'; reasoning before it is welcome. Items are separated by commas, and all of them have to be right. "
    "Numbers compare as numbers, with their sign and in their order: 1,062 is 1062, 10.60 is 10.6, and a number with "
    "more decimals than the right one is rounded to as many, if that one has any. A percent sign may be left out. Other "
    "items compare without case, articles and punctuation, and in any order unless a ranking is asked for. An output "
    f"may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without 'Final Answer:' it is unreadable and scores 0."
)
SECONDARY = {"items_right": "share of the answer's items that are right; higher is better"}
SLICES = {"subtype": "kind of question"}


@cache
def items(part: str, split: Split) -> tuple[Item, ...]:
    """Return our ``split`` of ``part``."""
    return tuple(map(_item, records.clean(part)[split]))


@cache
def reference_items(part: str, split: Split) -> tuple[Item, ...]:
    """Return the published slice of ``part``."""
    return tuple(map(_item, records.published(records.rows(part), split)))


def grade(output: str, item: Item) -> Grade:
    """Compare the final answer item by item; without one the output is unreadable."""
    answer, in_order = item.facts["answer"], item.facts["in_order"]
    return answers.grade(output, answer, rule="exact", in_order=in_order)


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return text_mark(output, item.facts["answer"], "EM")


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return {"accuracy": average(marks, "rdagent"), "EM": average(marks, "official")}


REFERENCE = Reference(
    mark=_mark,
    total=_total,
    origin=(
        "accuracy: TableBenchEvaluator (exact_match_with_final_answer) of RD-Agent's OpenCompass fork; EM: TableBench's "
        "own compute_em"
    ),
)


def published(base: float, tuned: float) -> tuple[Published, ...]:
    """Return the paper's figures for Qwen2.5-7B-Instruct, accuracy 0-100."""
    return tuple(
        Published(
            metric="accuracy",
            model="Qwen2.5-7B-Instruct",
            who=who,
            score=score,
            direction=Direction.HIGHER,
        )
        for who, score in (("base", base), ("FT-Agent", tuned))
    )


def _item(row: Mapping[str, Any]) -> Item:
    content = ANSWER_TEMPLATE.replace("{question}", asked(row["instruction"]))
    return Item(
        id=row["id"],
        messages=(Message(role="user", content=content),),
        gold=f"Final Answer: {row['answer']}",
        slices={"subtype": row["qsubtype"]},
        facts={"answer": row["answer"], "in_order": answers.is_ranking(row["question"])},
    )
