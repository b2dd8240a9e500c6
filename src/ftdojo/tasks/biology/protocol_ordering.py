"""biology/protocol-ordering: put the steps of a protocol in order (BioProBench ORD).

Of the published test part 200 records are the test, 100 each validation and confirmation. The published evaluator leaves
out answers it cannot read; ours counts them as the worst order there is. A random order scores 0.5.

``reference`` repeats the published evaluator: a Python literal between the last tags, Kendall's tau over the pairs of
all rows together, rows that cannot be read left out. ``grade`` is ours: any list that names each place once is read,
each row weighs the same, and the score is the share of pairs of steps in the right order, which is (tau + 1) / 2. An
unreadable row scores 0 there, the worst there is: a tau of -1.
"""

import ast
import random
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

from ftdojo.records import Direction, Grade, Item, Message, Replication, Split, Task
from ftdojo.tasks.biology.protocols import (
    BIOPROBENCH,
    Protocols,
    Row,
    last_answer,
    sometimes,
    wrapped,
)

MOST_CHARS = 10_000
"""What is read of an answer; the longest list of the data set has less than 200."""
_LIST = re.compile(r"""[\d\s,\[\]()'"]*""", re.ASCII)
Order = tuple[int, ...]
MAX_NEW_TOKENS = 128
OVERLAP_WORDS = 14
_RULES = (
    "- Give me the correct order of the steps as a list of their original indices (start from 0), no other words.\n"
    "- Output your answer *wrapped exactly* between the tags [ANSWER_START] and [ANSWER_END].\n"
    "- The format of your response must be:\n[ANSWER_START]a list of the original indices[ANSWER_END]"
)


@dataclass(frozen=True, kw_only=True)
class OrderingMark:
    """What was read of one output: ``given`` is None where nothing was, ``valid`` whether it names the steps.

    ``in_order`` of ``pairs`` pairs of steps stand in the right order.
    """

    given: Order | None
    valid: bool = False
    exact: bool = False
    in_order: int = 0
    pairs: int = 0


def gold_order(wrong_steps: Sequence[str], correct_steps: Sequence[str]) -> Order:
    """Return the places in ``wrong_steps`` in the right order; equal steps keep the order they are shown in.

    Example:
        >>> gold_order(["b", "a", "c"], ["a", "b", "c"])
        (1, 0, 2)
    """
    places = sorted(range(len(wrong_steps)), key=lambda at: (wrong_steps[at], at))
    ranks = sorted(range(len(correct_steps)), key=lambda at: (correct_steps[at], at))
    return tuple(place for _, place in sorted(zip(ranks, places, strict=True)))


def reference(output: str, steps: Sequence[str], gold: Sequence[str]) -> OrderingMark:
    """Read one output as the published evaluator does.

    ``steps`` are the steps as shown, ``gold`` the same ones in the right order; equal ones are one step to it.
    """
    given = _literal(last_answer(output))
    if given is None or set(given) != set(range(len(gold))):
        return OrderingMark(given=given)
    ordered = [steps[at] for at in given]
    rank, right = ({step: at for at, step in enumerate(each)} for each in (ordered, gold))
    pairs = [(rank[a] - rank[b]) * (right[a] - right[b]) > 0 for a, b in combinations(right, 2)]
    return OrderingMark(
        given=given,
        valid=True,
        exact=ordered == list(gold),
        in_order=sum(pairs),
        pairs=len(pairs),
    )


def strict(output: str, steps: Sequence[str], gold: Sequence[str]) -> OrderingMark:
    """Read one output: each place once, in any brackets; equal steps may stand for each other."""
    given = _places(last_answer(output))
    pairs = len(gold) * (len(gold) - 1) // 2
    if given is None or sorted(given) != list(range(len(gold))):
        return OrderingMark(given=given, pairs=pairs)
    waiting = {step: [at for at, each in enumerate(gold) if each == step] for step in set(gold)}
    ranks = [waiting[steps[at]].pop(0) for at in given]
    return OrderingMark(
        given=given,
        valid=True,
        exact=ranks == sorted(ranks),
        in_order=sum(one < other for one, other in combinations(ranks, 2)),
        pairs=pairs,
    )


def strict_grade(output: str, steps: Sequence[str], gold: Sequence[str]) -> Grade:
    """Grade one output by the share of pairs of steps in the right order."""
    mark = strict(output, steps, gold)
    return Grade(
        score=_share(mark),
        readable=mark.valid,
        extracted="" if mark.given is None else str(list(mark.given))[:200],
        secondary={"exact_match": float(mark.exact)},
    )


def reference_total(marks: Sequence[OrderingMark]) -> dict[str, float]:
    """Sum up as published: over the rows that could be read, tau over all their pairs together."""
    valid = [mark for mark in marks if mark.valid]
    pairs, in_order = sum(mark.pairs for mark in valid), sum(mark.in_order for mark in valid)
    return {
        "exact_match": 100 * sum(mark.exact for mark in valid) / max(1, len(valid)),
        "kendall_tau": (2 * in_order - pairs) / pairs if pairs else 0.0,
        "failed": float(len(marks) - len(valid)),
        "total": float(len(marks)),
    }


def strict_total(marks: Sequence[OrderingMark]) -> dict[str, float]:
    """Sum up over all rows, each with the same weight; an unreadable one has a tau of -1."""
    count = max(1, len(marks))
    return {
        "exact_match": 100 * sum(mark.exact for mark in marks) / count,
        "kendall_tau": sum(2 * _share(mark) - 1 for mark in marks) / count,
        "failed": float(sum(not mark.valid for mark in marks)),
        "total": float(len(marks)),
    }


def _share(mark: OrderingMark) -> float:
    return mark.in_order / mark.pairs if mark.pairs else float(mark.exact)


def _places(content: str | None) -> Order | None:
    if content is None or len(content) > MOST_CHARS or not _LIST.fullmatch(content):
        return None
    places = re.findall(r"[0-9]+", content)
    return tuple(int(place[:9]) for place in places) if places else None


def _literal(content: str | None) -> Order | None:
    """Return the numbers of a Python list or tuple; whatever ``int`` takes is a number."""
    if content is None or len(content) > MOST_CHARS:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(content)
        return tuple(map(int, value)) if isinstance(value, list | tuple) else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, OverflowError):
        return None


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(row, task.prompt(_asked(row))) for row in records.clean()[split])


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slice with the published prompt, which shows the steps as a list without numbers."""
    return tuple(_item(row, (_published(row),)) for row in records.published(split))


def grade(output: str, item: Item) -> Grade:
    """Grade the order by the share of pairs of steps that it has right."""
    return strict_grade(output, item.facts["steps"], item.facts["gold"])


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
        gold=wrapped(str(list(gold_order(steps, gold)))),
        slices={"type": row["type"], "steps": "up to 4" if len(steps) <= 4 else "5 and more"},
        facts={"steps": steps, "gold": gold},
    )


def _derived(row: Row) -> Row:
    order = gold_order(tuple(row["wrong_steps"]), tuple(row["correct_steps"]))
    return {"asked": _asked(row), "order": str(list(order))}


def _two_swapped(row: Row, quirks: random.Random) -> Row:
    steps = list(row["correct_steps"])
    one, other = quirks.sample(range(len(steps)), 2)
    steps[one], steps[other] = steps[other], steps[one]
    return {**row, "correct_steps": steps}


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return vars(reference(output, item.facts["steps"], item.facts["gold"]))


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return reference_total([OrderingMark(**mark) for mark in marks])


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
    replication=Replication(
        mark=_mark,
        total=_total,
        origin="BioProBench's ORD metric, as in RD-Agent's OpenCompass fork",
        items=reference_items,
    ),
)
