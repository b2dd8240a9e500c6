r"""math/gsm8k: word problems of primary school, an extension beside the paper's thirteen tasks.

Ours: 300 problems of the official test part are the test; validation and confirmation, 150 each, come from the
official training part, and the rest of it is on offer. Published: the whole test part, 1,319 problems.

There are two published readings, shown side by side. OpenCompass takes the last number before "Question:", so that
``#### 1,500`` reads 500. The authors take the number after the first ``####``, commas dropped, and compare digits.
``strict`` reads the number after ``####`` or in a ``\boxed{}``, whichever stands last, commas and all; an answer in
neither place is unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from ftdojo.records import Dataset, Direction, Grade, Item, Part, Replication, Source, Split, Task
from ftdojo.scorers.answers import without_thinking
from ftdojo.scorers.case import Case, Variants, given
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split as split_records
from ftdojo.texts import Gate
from ftdojo.texts.near import near

Row = dict[str, Any]
TAIL_CHARS = 10_000
NULL, INVALID = "NULL", "[invalid]"
_LAST = re.compile(r"-?\d+\.\d+|-?\d+")
_OFFICIAL = re.compile(r"#### (-?[0-9.,]+)")
_NUMBER = r"\$?\s{0,8}([+-]?)\s{0,8}\$?\s{0,8}(\d{1,18}(?:(?:,|\{,\})\d{1,18}){0,8})(\.\d{1,18})?"
_STRICT = re.compile(
    rf"####\s{{0,8}}[*_]{{0,3}}{_NUMBER}|\\boxed\s{{0,8}}\{{\s{{0,8}}\\?{_NUMBER}[^{{}}\d]{{0,40}}\}}",
    re.ASCII,
)
NAME = "math/gsm8k"
MAX_NEW_TOKENS = 320
OVERLAP_WORDS = 10
TEST = {"test": 300}
HELD_BACK = {"validation": 150, "confirm": 150}


def _mawps(row: Row) -> Row:
    """Put the numbers, which the hub keeps apart, back into the question."""
    question = str(row["Question"])
    for at, number in enumerate(str(row.get("Numbers", "")).split()):
        question = question.replace(f"N_{at:02}", number.removesuffix(".0"))
    return {"id": "", "subset": "", "question": question, "answer": str(row["Answer"])}


GSM8K = Dataset(
    name="gsm8k",
    hub_id="openai/gsm8k",
    revision="main",
    licence="MIT",
    parts={
        "train_sample": Part(files=("main/train-*",)),
        "test": Part(files=("main/test-*",)),
    },
    fields={
        "question": "a word problem",
        "answer": "the solution with calculator marks <<3*4=12>>, and '#### ' with the number at the end",
    },
)

MAWPS = Dataset(
    name="mawps",
    hub_id="mwpt5/MAWPS",
    revision="main",
    licence="MIT (research)",
    parts={"all": Part(files=("data/train-*",), read=_mawps)},
    fields={
        "id": "subset and number",
        "subset": "which collection it comes from",
        "question": "a problem of one or two steps",
        "answer": "the number, with one decimal",
    },
)


def gsm8k_grade(output: str, gold: str) -> Grade:
    r"""Compare the number after the last ``####`` or in the last ``\boxed{}`` with ``gold``, by value.

    Example:
        >>> gsm8k_grade("5 * 300 = 1500\n#### $1,500.00", "1500").score
        1.0
    """
    tail = without_thinking(output)[-TAIL_CHARS:].replace("\N{MINUS SIGN}", "-")
    found = list(_STRICT.finditer(tail))
    if not found:
        return Grade(score=0.0, readable=False)
    number = _decimal(found[-1])
    return Grade(
        score=float(number == _gold_value(gold)), readable=True, extracted=format(number, "f")
    )


def gold_number(answer: str) -> str:
    """Return the number of a worked solution, or of a bare answer, without commas."""
    return answer.rpartition("#### ")[2].strip().replace(",", "")


def reference_mark(output: str, gold: str) -> Mapping[str, Any]:
    """Return what both published evaluators read, and whether they call it right."""
    last, official = _last_number(output), _official(output)
    return {
        "opencompass": {"extracted": last, "correct": _close(last, gold)},
        "official": {"extracted": official, "correct": official == gold},
    }


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return both published accuracies, 0-100; ``accuracy`` is OpenCompass'."""
    share = 100 / max(1, len(marks))
    return {
        "accuracy": share * sum(mark["opencompass"]["correct"] for mark in marks),
        "official_accuracy": share * sum(mark["official"]["correct"] for mark in marks),
    }


def score(case: Case) -> Variants:
    """Score one prediction."""
    output, gold = given(case, "prediction", str), gold_number(str(given(case, "reference")))
    grade = gsm8k_grade(output, gold)
    strict = {
        "extracted": grade.extracted if grade.readable else INVALID,
        "correct": grade.score == 1.0,
    }
    return Variants(reference=reference_mark(output, gold), strict=strict)


def _last_number(output: str) -> str:
    found = NULL
    for match in _LAST.finditer(output.partition("Question:")[0]):
        found = match[0]
    return found


def _official(output: str) -> str:
    match = _OFFICIAL.search(output)
    return match[1].strip().replace(",", "") if match else INVALID


def _close(given_number: str, gold: str) -> bool:
    if given_number == gold:
        return True
    try:
        return abs(float(given_number) - int(gold)) < 1e-6
    except (ValueError, OverflowError):
        return False


def _decimal(found: re.Match[str]) -> Decimal:
    sign, whole, part = found.group(1, 2, 3) if found[2] else found.group(4, 5, 6)
    return Decimal(f"{sign}{re.sub('[{},]', '', whole)}{part or ''}")


def _gold_value(gold: str) -> Decimal | None:
    match = re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", gold, re.ASCII)
    return Decimal(match[0]) if match else None


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the problems of ``split``, always the same ones in the same order."""
    rows = _test() if split == "test" else _dealt()[split]
    return tuple(_item(f"{split}-{at:03}", row) for at, row in enumerate(rows))


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the whole official test part; there is no published validation part."""
    rows = dataset_rows(GSM8K, "test") if split == "test" else iter(())
    return tuple(_item(f"official-{at:04}", row) for at, row in enumerate(rows))


def grade(output: str, item: Item) -> Grade:
    r"""Compare the number after the last ``####`` or in the last ``\boxed{}`` with the answer, by value."""
    return gsm8k_grade(output, item.facts["answer"])


def _item(name: str, row: Row) -> Item:
    answer = gold_number(row["answer"])
    steps = row["answer"].count("<<")
    return Item(
        id=name,
        messages=task.prompt(row["question"]),
        gold=f"#### {answer}",
        slices={"steps": "up to 2" if steps <= 2 else "3 or 4" if steps <= 4 else "5 or more"},
        facts={"answer": answer},
    )


@cache
def _test() -> tuple[Row, ...]:
    return _deal(list(dataset_rows(GSM8K, "test")), TEST)["test"]


@cache
def _dealt() -> dict[str, tuple[Row, ...]]:
    """Return the official training part, dealt, without what comes near the whole official test part."""
    asked = [row["question"] for row in dataset_rows(GSM8K, "test")]
    rows = list(dataset_rows(GSM8K, "train_sample"))
    known = near((row["question"] for row in rows), asked)
    return _deal([row for at, row in enumerate(rows) if at not in known], HELD_BACK)


def _deal(rows: list[Row], counts: dict[str, int]) -> dict[str, tuple[Row, ...]]:
    return split_records(
        rows,
        key=lambda row: str(row["question"]),
        text=lambda row: str(row["question"]),
        counts=counts,
    )


@cache
def _worked() -> tuple[Row, ...]:
    asked = _held_out()
    rows = _dealt()["train"]
    return tuple(row for row in rows if not asked.holds(row["question"], row["answer"]))


@cache
def _held_out() -> Gate:
    held_back = (row for name in HELD_BACK for row in _dealt()[name])
    return Gate([row["question"] for row in (*_test(), *held_back)], overlap_words=OVERLAP_WORDS)


@cache
def _answers() -> tuple[Row, ...]:
    """Return the rows of MAWPS that are not held out here."""
    asked = _held_out()
    rows = dataset_rows(MAWPS, "all")
    return tuple(row for row in rows if not asked.holds(row["question"]))


SOURCES = (
    Source(
        name="gsm8k-train",
        summary="Word problems of two to eight steps with a worked solution each.",
        licence=GSM8K.licence,
        fields=GSM8K.fields,
        prompt_field="question",
        response_field="answer",
        notes="Solutions by people; sums carry calculator marks such as <<3*4=12>>; the number follows '#### '.",
        version=2,
        rows=lambda: iter(_worked()),
        dataset=GSM8K,
    ),
    Source(
        name="mawps",
        summary="Word problems of one or two steps with the number only.",
        licence=MAWPS.licence,
        fields=MAWPS.fields,
        prompt_field="question",
        response_field="answer",
        notes="Easier than GSM8K; no working is shown, and numbers carry a decimal, as in 14.0. Some problems repeat.",
        version=1,
        rows=lambda: iter(_answers()),
        dataset=MAWPS,
    ),
)

task = Task(
    name=NAME,
    version=2,
    domain="math",
    summary=(
        "Solve word problems of primary school that take two to eight steps of plain arithmetic. The answer is one number."
    ),
    answer_format=(
        r"The number after the last '####' is the answer, as in '#### 18'; one in a \boxed{} counts as well, and whichever "
        "stands last. Commas and a dollar sign are ignored, and 18.0 is 18. Working before it is welcome, within the "
        f"{MAX_NEW_TOKENS} tokens an output may have; decoding is greedy. Without such a number the output is unreadable "
        "and scores 0."
    ),
    system="",
    template="{question}\nSolve it step by step. End with a line that holds #### and the number.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(GSM8K,),
    slices={"steps": "how many sums the given solution takes"},
    replication=Replication(
        mark=lambda output, item: reference_mark(output, item.facts["answer"]),
        total=reference_total,
        origin="OpenCompass' Gsm8kEvaluator, and the authors' extract_answer beside it",
        items=reference_items,
    ),
)
