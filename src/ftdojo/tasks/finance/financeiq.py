# ruff: noqa: RUF002 - Chinese text has full-width signs.
"""finance/financeiq: Chinese finance exams, four options each, averaged over ten exams.

Published evaluation rows are the last of each exam, up to 100: the first half validation, the second half the test. Ours
keeps that test, takes validation and confirmation from the published validation half, and drops what occurs twice, also
across exams. The published prompt shows five worked examples; ours shows none, which keeps it short, and
``finance/financeiq@reference`` uses the published prompt.

``reference`` repeats OpenCompass: the last capital letter of any alphabet is the answer, so ``答案是B（CPA考试）`` reads A
and a full-width ``Ｂ`` is wrong. ``strict`` reads the letter behind a marker such as 答案是, or the one the output begins
with, or the last one that stands alone; full-width and small letters count, letters inside a word do not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import (
    Aggregate,
    Dataset,
    Direction,
    Grade,
    Item,
    Message,
    Part,
    Published,
    Replication,
    Source,
    Split,
    Task,
)
from ftdojo.scorers.answers import without_thinking
from ftdojo.scorers.case import Case, Variants, given
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split as split_records
from ftdojo.texts import Gate
from ftdojo.texts.near import clusters

Row = dict[str, Any]
TRAIN_ROWS = {
    "保险从业资格CICE": 596,
    "基金从业资格": 772,
    "期货从业资格": 333,
    "注册会计师（CPA）": 1211,  # noqa: RUF001 - it is called so.
    "理财规划师": 195,
    "税务师": 388,
    "精算师-金融数学": 44,
    "经济师": 420,
    "证券从业资格": 1076,
    "银行从业资格": 1144,
}
"""Exam -> how many of its first rows are published as training rows; the rest, at most 100, are for evaluation."""
SUBJECTS = tuple(TRAIN_ROWS)
OPTIONS = "ABCD"
TAIL_CHARS = 4_000
_WIDE = {0xFF01 + at: 0x21 + at for at in range(94)}
"""Full-width letters and signs to plain ones."""
_ALONE = "(?<![A-Za-z0-9])[A-D](?![A-Za-z0-9])"
_MARKED = re.compile(
    r"(?:答案|选项|选择|应该是|应选|故选|所以选|因此选|answer)(?:应该|应|就)?(?:是|为|选|is)?[\s:*(【「\[\"“]{0,6}"
    r"(?:选项|选)?\s?([A-Da-d])(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_FIRST = re.compile(r"[\s(【\[*]{0,6}([A-Da-d])(?=[\s.、,:)】\]*。]|$)(?!\s+[a-z])")
_STANDING = re.compile(_ALONE)
NAME = "finance/financeiq"
MAX_NEW_TOKENS = 16
OVERLAP_WORDS = 40
"""A word is a character in Chinese; questions share phrases such as the names of laws."""
MOST = 25
"""Questions of an exam in validation, and in confirmation."""


def shots(subject: str) -> str:
    """Return the name of the part that holds the five worked examples of an exam."""
    return f"{subject} dev"


def _question(subject: str, row: Row) -> Row:
    """Name the columns of the CSV; the one without a name counts the rows."""
    options = {option: row[option].strip() for option in "ABCD"}
    return {
        "subject": subject,
        "idx": int(row[""]),
        "question": row["Question"].strip(),
        **options,
        "answer": row["Answer"].strip(),
    }


FINANCEIQ = Dataset(
    name="financeiq",
    hub_id="Duxiaoman-DI/FinanceIQ",
    revision="main",
    licence="CC BY-NC-SA 4.0",
    commercial=False,
    # The exam stands in the name of the file only, so each exam is a part of its own.
    parts={
        **{
            subject: Part(files=(f"*test/{subject}.csv",), read=partial(_question, subject))
            for subject in SUBJECTS
        },
        **{
            shots(subject): Part(files=(f"*dev/{subject}.csv",), read=partial(_question, subject))
            for subject in SUBJECTS
        },
    },
    fields={
        "subject": "the exam",
        "idx": "row number within the exam",
        "question": "the question, in Chinese",
        **{option: f"option {option}" for option in "ABCD"},
        "answer": "the letter of the right option",
    },
)


def financeiq_grade(output: str, gold: str) -> Grade:
    """Compare the option an output chooses with ``gold``; without one it is unreadable.

    Example:
        >>> financeiq_grade("答案是B（CPA考试）", "B").score
        1.0
    """
    letter = strict_letter(without_thinking(output))
    return Grade(score=float(letter == gold), readable=bool(letter), extracted=letter)


def strict_letter(text: str) -> str:
    """Return the option chosen, or "".

    Example:
        >>> strict_letter("首先看A，再看C，所以选B。"), strict_letter("CPA")
        ('B', '')
    """
    plain = text.translate(_WIDE).strip()
    tail = plain[-TAIL_CHARS:]
    if marked := _MARKED.findall(tail):
        return str(marked[-1]).upper()
    if first := _FIRST.match(plain):
        return first[1].upper()
    standing = _STANDING.findall(tail)
    return str(standing[-1]) if standing else ""


def last_capital(text: str) -> str:
    """Return the last upper-case character of any alphabet, or "".

    Example:
        >>> last_capital("答案是B（CPA考试）")
        'A'
    """
    return next((char for char in reversed(text) if char.isupper()), "")


def reference_mark(output: str, gold: str, subject: str = "") -> Mapping[str, Any]:
    """Return the published reading of one output."""
    letter = last_capital(output)
    return {"extracted": letter, "correct": letter == gold, "subject": subject}


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the published score, 0-100: the unweighted mean over subjects of each one's accuracy."""
    subjects: dict[str, list[bool]] = {}
    for mark in marks:
        subjects.setdefault(str(mark["subject"]), []).append(bool(mark["correct"]))
    return {"accuracy": _mean([_percent(right) for right in subjects.values()])}


def score(case: Case) -> Variants:
    """Score a case: one prediction, or several subjects of pairs (prediction, gold)."""
    if "subjects" in case.input:
        return _subjects(given(case, "subjects", dict))
    output, gold = given(case, "prediction", str), given(case, "reference", str)
    mark, grade = reference_mark(output, gold), financeiq_grade(output, gold)
    return Variants(
        reference={"extracted": mark["extracted"], "accuracy": _percent([mark["correct"]])},
        strict={"extracted": grade.extracted, "accuracy": 100 * grade.score},
    )


def _subjects(subjects: Mapping[str, Any]) -> Variants:
    reference, strict = {}, {}
    for name, pairs in subjects.items():
        if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
            raise UsageError(
                f"The subject {name!r} holds {str(pairs)[:60]!r}; give pairs [prediction, gold]."
            )
        reference[name] = _percent([last_capital(str(said)) == gold for said, gold in pairs])
        strict[name] = _percent(
            [financeiq_grade(str(said), gold).score == 1 for said, gold in pairs]
        )
    return Variants(reference=_with_core(reference), strict=_with_core(strict))


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2


def _with_core(figures: dict[str, float]) -> dict[str, float]:
    rounded = {name: round(value, 6) for name, value in figures.items()}
    return {**rounded, "core": round(_mean([*figures.values()]), 6)}


def _percent(right: Sequence[bool]) -> float:
    return 100 * sum(right) / len(right) if right else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones, exam by exam."""
    return tuple(_item(row, task.prompt(asked(row))) for row in _clean()[split])


@cache
def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slices with the published prompt: five worked examples first."""
    rows = [row for subject in SUBJECTS for row in published_rows(subject)[split]]
    return tuple(_item(row, (*_worked(row["subject"]), *task.prompt(asked(row)))) for row in rows)


def grade(output: str, item: Item) -> Grade:
    """Compare the option an output chooses with the right one; without one it is unreadable."""
    return financeiq_grade(output, item.facts["answer"])


def asked(row: Row) -> str:
    """Return a question the way it is published."""
    options = "\n".join(f"{option}. {row[option]}" for option in "ABCD")
    return (
        f"以下是关于{row['subject']}的单项选择题，请直接给出正确答案的选项。\n"  # noqa: RUF001 - as published.
        f"题目：{row['question']}\n{options}"  # noqa: RUF001
    )


def published_rows(subject: str) -> dict[Split, tuple[Row, ...]]:
    """Return the published slices of an exam, in the order of its file."""
    rows = [row for row in _exam(subject) if row["idx"] >= TRAIN_ROWS[subject]]
    half = min(100, len(rows) // 2)
    return {"validation": tuple(rows[:half]), "confirm": (), "test": tuple(rows[-half:])}


def _worked(subject: str) -> Iterator[Message]:
    for row in dataset_rows(FINANCEIQ, shots(subject)):
        yield Message(role="user", content=asked(row))
        yield Message(role="assistant", content=f"答案是: {row['answer']}")


def _item(row: Row, messages: tuple[Message, ...]) -> Item:
    return Item(
        id=f"{row['subject']}-{row['idx']}",
        messages=messages,
        gold=f"答案是: {row['answer']}",
        slices={"subject": row["subject"]},
        facts={"answer": row["answer"]},
    )


@cache
def _exam(subject: str) -> tuple[Row, ...]:
    return tuple(dataset_rows(FINANCEIQ, subject))


@cache
def _clean() -> dict[str, tuple[Row, ...]]:
    """Return our splits: no question twice in all of them, the test's copy being the one that stays."""
    test = [row for subject in SUBJECTS for row in published_rows(subject)["test"]]
    held_back = [row for subject in SUBJECTS for row in published_rows(subject)["validation"]]
    distinct = _first_of_each(test + held_back)
    dealt = [
        _halved([row for row in distinct[len(test) :] if row and row["subject"] == subject])
        for subject in SUBJECTS
    ]
    ours = {
        name: tuple(row for exam in dealt for row in exam[name])
        for name in ("validation", "confirm")
    }
    return {**ours, "test": tuple(row for row in distinct[: len(test)] if row)}


def _halved(rows: list[Row]) -> dict[str, tuple[Row, ...]]:
    count = min(MOST, len(rows) // 2)
    return split_records(
        rows,
        key=lambda row: f"{row['subject']} {row['idx']}",
        text=_text,
        counts={"validation": count, "confirm": count},
    )


def _first_of_each(rows: list[Row]) -> list[Row | None]:
    """Return ``rows`` with None in the place of all but the first of near-duplicates."""
    kept = {group[0] for group in clusters([_text(row) for row in rows])}
    return [row if at in kept else None for at, row in enumerate(rows)]


def _text(row: Row) -> str:
    return "\n".join([row["question"], *(row[option] for option in "ABCD")])


@cache
def _train() -> tuple[Row, ...]:
    held_out = [row for rows in _clean().values() for row in rows]
    texts = (text for row in held_out for text in (_text(row), row["question"]))
    gate = Gate(texts, overlap_words=OVERLAP_WORDS)
    # The gate of a run knows each question once, as it is asked: its words then tell more than in two texts.
    of_runs = Gate.of(task, (task.prompt(asked(row))[-1]["content"] for row in held_out))
    return tuple(
        row
        for subject in SUBJECTS
        for row in _exam(subject)
        if row["idx"] < TRAIN_ROWS[subject]
        and not gate.holds(_text(row), row["question"])
        and not of_runs.leak(_turns(row))
    )


def _turns(row: Row) -> list[Message]:
    return [
        Message(role="user", content=row["question"]),
        Message(role="assistant", content=row["answer"]),
    ]


SOURCES = (
    Source(
        name="financeiq-train",
        summary="Questions of the ten exams, four options each, with the letter of the right one.",
        licence=FINANCEIQ.licence,
        fields=FINANCEIQ.fields,
        prompt_field="question",
        response_field="answer",
        notes=(
            "In Chinese, about 6,000 rows of very different number by exam (44 to 1,211). Letters only, no reasons. "
            "Reworded by their authors; some questions repeat across exams. Not for commercial use."
        ),
        version=2,
        rows=lambda: iter(_train()),
        dataset=FINANCEIQ,
    ),
)

task = Task(
    name=NAME,
    version=2,
    domain="finance",
    summary=(
        "Answer multiple-choice questions of ten Chinese finance exams, in Chinese: banking, securities, funds, futures, "
        "insurance, accounting, tax, economics, planning and actuarial mathematics. One of four options is right, so "
        "guessing gives 0.25. The score is the unweighted mean over the exams."
    ),
    answer_format=(
        "The letter of one option, A to D, as in 答案是: B. The letter behind the last 答案是, 答案, 选择 or the like counts; "
        "without one the letter the output begins with, or else the last letter A to D that stands alone. A letter inside "
        f"a word does not count. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without a letter the "
        "output is unreadable and scores 0."
    ),
    system="",
    template="{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(FINANCEIQ,),
    aggregate=Aggregate(kind="mean-of-slices", over="subject"),
    slices={"subject": "the exam"},
    replication=Replication(
        mark=lambda output, item: reference_mark(
            output, item.facts["answer"], item.slices["subject"]
        ),
        total=reference_total,
        origin="FinanceIQ_gen of RD-Agent's OpenCompass fork: last_capital_postprocess and AccEvaluator",
        items=reference_items,
        published=Published.figures(
            "accuracy",
            ("Qwen2.5-7B-Instruct", "base", 65.10),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 67.20),
            ("Qwen2.5-3B-Instruct", "base", 56.98),
            ("Qwen2.5-3B-Instruct", "FT-Agent", 58.47),
        ),
    ),
)
