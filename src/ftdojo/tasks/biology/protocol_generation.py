"""biology/protocol-generation: write the steps of a protocol (BioProBench GEN).

Of the published test part 200 records are the test, 100 each validation and confirmation. The score is ROUGE-L with the
published steps, the one figure of the published evaluator that needs no corpora or embedding models. It leaves out answers
without tags; ours counts them as 0.

ROUGE-1, -2 and -L (F1, with Porter's stemmer) are those of the package rouge-score, as in the published evaluator, which
leaves out answers without tags; ``strict`` gives these 0 and reads the last pair of tags, not the first. BLEU, METEOR and
the keyword and step metrics of the paper are not offered: they need corpora and embedding models from the network.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ftdojo.errors import MissingExtra
from ftdojo.records import Direction, Grade, Item, Message, Replication, Split, Task
from ftdojo.tasks.biology.protocols import (
    BIOPROBENCH,
    Protocols,
    Row,
    answers,
    behind,
    last_answer,
    thought_out,
    wrapped,
)

MOST_CHARS = 12_000
"""What is read of an answer, more than the longest protocol has: ROUGE-L takes time that grows with both lengths."""
FIGURES = ("rouge1", "rouge2", "rougeL")
MAX_NEW_TOKENS = 512
OVERLAP_WORDS = 14
_FORMAT = (
    "Format requirements for the final output steps (which must be placed *between* the [ANSWER_START] and [ANSWER_END] "
    "tags):\n- Each step must be on a separate line."
)


@dataclass(frozen=True, kw_only=True)
class GenerationMark:
    """What was read of one output, None where nothing was; ``rouge`` holds shares in the order of ``FIGURES``."""

    given: str | None
    rouge: tuple[float, ...] = (0.0,) * len(FIGURES)


def reference(output: str, gold: Sequence[str] | str) -> GenerationMark:
    """Read one output as the published evaluator does: the first pair of tags."""
    text = behind(thought_out(output), "</Structure>")
    return _compared(next(iter(answers(text)), None), gold)


def strict(output: str, gold: Sequence[str] | str) -> GenerationMark:
    """Read one output: the last pair of tags."""
    return _compared(last_answer(output), gold)


def strict_grade(output: str, gold: Sequence[str] | str) -> Grade:
    """Grade one output by ROUGE-L.

    Raises:
        MissingExtra: rouge-score is not installed.
    """
    mark = strict(output, gold)
    return Grade(
        score=mark.rouge[2],
        readable=bool(mark.given),
        extracted=(mark.given or "")[:200],
        secondary=dict(zip(FIGURES[:2], mark.rouge[:2], strict=True)),
    )


def reference_total(marks: Sequence[GenerationMark]) -> dict[str, float]:
    """Sum up as published: over the rows with tags; without one there are no figures."""
    read = [mark for mark in marks if mark.given is not None]
    counts = {"failed": float(len(marks) - len(read)), "total": float(len(marks))}
    return (_means(read) if read else {}) | counts


def strict_total(marks: Sequence[GenerationMark]) -> dict[str, float]:
    """Sum up over all rows."""
    failed = sum(not mark.given for mark in marks)
    return _means(marks) | {"failed": float(failed), "total": float(len(marks))}


def _means(marks: Sequence[GenerationMark]) -> dict[str, float]:
    columns = zip(*(mark.rouge for mark in marks), strict=True)
    return {
        name: 100 * sum(column) / len(marks) for name, column in zip(FIGURES, columns, strict=False)
    }


def _compared(given: str | None, gold: Sequence[str] | str) -> GenerationMark:
    if given is None:
        return GenerationMark(given=None)
    right = gold if isinstance(gold, str) else " ".join(gold)
    scores = _rouge().score(right[:MOST_CHARS], given[:MOST_CHARS])
    return GenerationMark(
        given=given, rouge=tuple(float(scores[name].fmeasure) for name in FIGURES)
    )


@cache
def _rouge() -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingExtra(
            "Scoring protocol generation needs the package rouge-score: pip install 'ftdojo[text]'."
        ) from error
    return RougeScorer(list(FIGURES), use_stemmer=True)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(row, task.prompt(row["input"])) for row in records.clean()[split])


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slice with the published prompt, whose first lines differ from item to item."""
    return tuple(_item(row, (_published(row),)) for row in records.published(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the steps with the published ones by ROUGE-L."""
    return strict_grade(output, item.facts["steps"])


def _published(row: Row) -> Message:
    asked = f"{row['system_prompt']}\n{row['instruction']}\n{_FORMAT}\n\n{row['input']}"
    return Message(role="user", content=asked)


def _item(row: Row, messages: tuple[Message, ...]) -> Item:
    return Item(
        id=row["id"],
        messages=messages,
        gold=wrapped("\n".join(row["output"])),
        slices={"type": row["type"]},
        facts={"steps": tuple(row["output"])},
    )


def _first_steps(row: Row, quirks: random.Random) -> Row:
    return {**row, "output": row["output"][: quirks.randint(1, 2)]}


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return vars(reference(output, item.facts["steps"]))


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return reference_total([GenerationMark(**mark) for mark in marks])


records = Protocols(
    kind="GEN",
    text=lambda row: str(row["input"]),
    counts={"test": 200, "validation": 100, "confirm": 100},
    overlap_words=OVERLAP_WORDS,
    prompt_field="input",
    response_field="output",
    spoil=_first_steps,
    spoilt="Only the first step or two of each protocol were copied.",
    response_template=wrapped("{output}"),
)

task = Task(
    name="biology/protocol-generation",
    version=1,
    domain="biology",
    summary=(
        "Write the steps of a laboratory protocol for a purpose given in a sentence or two, as a flat numbered list. Scored "
        "by ROUGE-L F1 with stemming against the published steps, so the words and their order count, also how many. BLEU, "
        "METEOR and the keyword and step metrics of the paper are not offered: they need corpora and embedding models."
    ),
    answer_format=(
        "The steps, numbered and one a line, between [ANSWER_START] and [ANSWER_END]; the last closed pair after any </think> "
        f"counts. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without a closed pair of tags, also when the "
        "output is cut before the second, it is unreadable and scores 0."
    ),
    system="",
    template=(
        "{question}\n\nDescribe the protocol as a flat list of steps (using only 1., 2., 3. numbers), without rationale or "
        f"materials. {_FORMAT}"
    ),
    metric="rougeL",
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
        "rouge1": "F1 of the words, in [0, 1]; higher is better",
        "rouge2": "F1 of the pairs of words, in [0, 1]; higher is better",
    },
    slices={"type": "how hard: easy, standard or difficulty"},
    replication=Replication(
        mark=_mark,
        total=_total,
        origin="the ROUGE part of BioProBench's GEN metrics, as in RD-Agent's OpenCompass fork",
        items=reference_items,
    ),
)
