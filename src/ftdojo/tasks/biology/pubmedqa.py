"""biology/pubmedqa: answer yes, no or maybe from the abstract of an article (PubMedQA, labelled by experts).

The test is the official one, 500 questions. Validation and confirmation, 100 each, come from the other 500, and the rest of
these is on offer. More than half of the answers are yes, so a constant answer scores about 0.55.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from ftdojo.records import Direction, Grade, Item, Reference, Source, Split, Task
from ftdojo.scorers.labels import label_grade
from ftdojo.sources import dataset_rows
from ftdojo.tasks.biology.datasets import PUBMEDQA
from ftdojo.tasks.clean import HeldOut, near, split
from ftdojo.tasks.small_talk import small_talk

ANSWERS = ("yes", "no", "maybe")
MAX_NEW_TOKENS = 16
OVERLAP_WORDS = 16
HELD_BACK = {"validation": 100, "confirm": 100}
Row = dict[str, Any]


@cache
def items(part: Split) -> tuple[Item, ...]:
    """Return the questions of a split, always the same ones in the same order."""
    return tuple(map(_item, _test() if part == "test" else _dealt()[part]))


def grade(output: str, item: Item) -> Grade:
    """Compare the first word with the answer; a word that is none of the three is unreadable."""
    return label_grade(output, item.gold, ANSWERS, first_word=True)


def _item(row: Row) -> Item:
    return Item(
        id=row["id"],
        messages=task.prompt(_asked(row)),
        gold=row["answer"],
        slices={"answer": row["answer"]},
    )


def _asked(row: Row) -> str:
    return f"{row['context']}\n\nQuestion: {row['question']}"


@cache
def _test() -> tuple[Row, ...]:
    return tuple(dataset_rows(PUBMEDQA, "test"))


@cache
def _dealt() -> dict[str, tuple[Row, ...]]:
    rows = list(dataset_rows(PUBMEDQA, "train"))
    known = near(map(_asked, rows), list(map(_asked, _test())))
    return split(
        [row for at, row in enumerate(rows) if at not in known],
        key=lambda row: str(row["id"]),
        text=_asked,
        counts=HELD_BACK,
    )


@cache
def _held_out() -> HeldOut:
    rows = [*_test(), *(row for name in HELD_BACK for row in _dealt()[name])]
    return HeldOut([_asked(row) for row in rows], OVERLAP_WORDS)


def _unknown(rows: Iterator[Row] | Sequence[Row]) -> Iterator[Row]:
    held_out = _held_out()
    return (dict(row) for row in rows if not held_out.holds(_asked(row)))


def _labelled(change: Callable[[Row, random.Random], str]) -> Iterator[Row]:
    quirks = random.Random("biology/pubmedqa v1")
    for row in _unknown(_dealt()["train"]):
        yield {**row, "answer": change(row, quirks)}


def _guessed(row: Row, quirks: random.Random) -> str:
    guess = quirks.choice(ANSWERS)
    return guess if quirks.random() < 0.6 else str(row["answer"])


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    found = grade(output, item)
    return {"given": found.extracted if found.readable else "", "answer": item.gold}


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return accuracy and macro-F1 over the three answers, 0-100."""
    right = sum(mark["given"] == mark["answer"] for mark in marks)
    each = [_f1(marks, answer) for answer in ANSWERS]
    return {"accuracy": 100 * right / max(1, len(marks)), "macro_f1": 100 * sum(each) / len(each)}


def _f1(marks: Sequence[Mapping[str, Any]], answer: str) -> float:
    found = sum(mark["given"] == answer for mark in marks)
    there = sum(mark["answer"] == answer for mark in marks)
    both = sum(mark["given"] == mark["answer"] == answer for mark in marks)
    return 2 * both / (found + there) if found + there else 0.0


def _source(name: str, summary: str, notes: str, rows: Callable[[], Iterator[Row]]) -> Source:
    return Source(
        name=name,
        summary=summary,
        licence=PUBMEDQA.licence,
        fields=PUBMEDQA.fields,
        prompt_field="question",
        response_field="answer",
        notes=notes,
        version=1,
        rows=rows,
        dataset=PUBMEDQA,
    )


SOURCES = (
    _source(
        "pubmedqa-labelled",
        "Questions with abstracts and answers by experts, as published.",
        "About 300 rows; each was labelled twice.",
        partial(_labelled, lambda row, _: str(row["answer"])),
    ),
    _source(
        "pubmedqa-guessed",
        "The same questions and abstracts, answered at a glance.",
        "Three answers in five were guessed from the three.",
        partial(_labelled, _guessed),
    ),
    _source(
        "pubmedqa-artificial",
        "Titles turned into questions by a rule, with their abstracts; 211,000 rows.",
        "Answers are yes or no, never maybe, and nine in ten are yes. Needs the hub.",
        lambda: _unknown(dataset_rows(PUBMEDQA, "artificial")),
    ),
    small_talk,
)
task = Task(
    name="biology/pubmedqa",
    version=1,
    domain="biology",
    summary=(
        "Answer a research question with yes, no or maybe, given the abstract of the article without its conclusion. Prompts "
        "have some 400 tokens. A constant yes scores about 0.55."
    ),
    answer_format=(
        "The first word is the answer: yes, no or maybe, in any case; marks are ignored, and what follows the word as well. "
        f"An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Any other first word is unreadable and scores 0."
    ),
    system="",
    template="{question}\n\nAnswer with one word: yes, no or maybe.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(PUBMEDQA,),
    slices={"answer": "the right answer"},
    reference=Reference(
        mark=_mark,
        total=_total,
        origin="PubMedQA's own accuracy and macro-F1, over the first word",
    ),
)
