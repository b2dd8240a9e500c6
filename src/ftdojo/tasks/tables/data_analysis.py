"""tables/data-analysis: correlations, forecasts, statistics, impact and descriptions (TableBench, 343 records).

The published evaluation has five views, each shuffled and cut for itself: four subtypes, and one that holds all
records, so that 51 records are in the published validation and in the published test (``known_leaks``). Ours splits by
table: 100 records for the test, 100 for validation and 40 for confirmation; its fifth view holds the three subtypes
with descriptive answers only. The score is the unweighted mean over the five views, as in the paper.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import (
    Aggregate,
    Direction,
    Grade,
    Item,
    Message,
    Published,
    Replication,
    Split,
    Task,
)
from ftdojo.tasks.tables import answers, records
from ftdojo.tasks.tables.made_tables import ANALYSES
from ftdojo.tasks.tables.published import Metric, average, text_mark
from ftdojo.tasks.tables.records import (
    ANALYSIS_SYSTEM,
    ANALYSIS_TEMPLATE,
    OVERLAP_WORDS,
    TABLEBENCH,
    asked,
)
from ftdojo.tasks.tables.sources import text_sources

PART = "tcot_data_analysis"
MAX_NEW_TOKENS = 512
OTHER = "other"
VIEWS: Mapping[str, tuple[str, Metric]] = {
    "CorrelationAnalysis": ("correlation", "EM_with_error_10"),
    "TrendForecasting": ("forecast", "EM_with_error_10"),
    "StatisticalAnalysis": ("statistics", "EM_with_error_10"),
    "ImpactAnalysis": ("impact", "EM"),
}
"""Subtype -> its view and the view's published metric; every other subtype is in the fifth view, by ROUGE-L."""
Row = Mapping[str, Any]


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the records of ``split``, each in the one view of its subtype."""
    return tuple(
        _item(
            row,
            view=_view(row),
            name=row["id"],
            prompt=task.prompt(asked(row["instruction"])),
        )
        for row in records.clean(PART)[split]
    )


@cache
def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slices of all five views, with the published instructions; a record may be in two."""
    return tuple(
        _item(
            row,
            view=view,
            name=f"{view}/{row['id']}",
            prompt=(Message(role="user", content=row["instruction"]),),
        )
        for view, rows in published_views(split).items()
        for row in rows
    )


def published_views(split: Split) -> dict[str, tuple[dict[str, Any], ...]]:
    """Return the published slice of each view."""
    every = records.rows(PART)
    views = {
        view: tuple(row for row in every if row["qsubtype"] == subtype)
        for subtype, (view, _) in VIEWS.items()
    }
    return {view: records.published(rows, split) for view, rows in (views | {OTHER: every}).items()}


def known_leaks() -> tuple[str, ...]:
    """Return the records that the published splits have in validation (of one view) and in the test (of another)."""
    seen, tested = (
        {row["id"] for rows in published_views(split).values() for row in rows}
        for split in ("validation", "test")
    )
    return tuple(sorted(seen & tested))


def grade(output: str, item: Item) -> Grade:
    """Compare the final answer by the rule of the record's subtype; without one the output is unreadable."""
    return answers.grade(
        output,
        item.facts["answer"],
        rule=answers.rule_of(item.slices["subtype"]),
        in_order=item.facts["in_order"],
    )


def _view(row: Row) -> str:
    return VIEWS.get(row["qsubtype"], (OTHER, "ROUGE_L"))[0]


def _item(row: Row, *, view: str, name: str, prompt: tuple[Message, ...]) -> Item:
    return Item(
        id=name,
        messages=prompt,
        gold=f"Final Answer: {row['answer']}",
        slices={"view": view, "subtype": row["qsubtype"]},
        facts={
            "record": row["id"],
            "answer": row["answer"],
            "in_order": answers.is_ranking(row["question"]),
        },
    )


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    """Mark an output by its view's published metric, and by the official one of its subtype."""
    answer, subtype = item.facts["answer"], item.slices["subtype"]
    by_view: dict[str, Metric] = dict(VIEWS.values())
    view, own = item.slices["view"], VIEWS.get(subtype, (OTHER, "ROUGE_L"))[1]
    return {
        "view": view,
        "record": item.facts["record"],
        "rdagent": text_mark(output, answer, by_view.get(view, "ROUGE_L"))["rdagent"],
        "official": text_mark(output, answer, own)["official"],
    }


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the mean over the views, and the official mix, in which a record counts once."""
    views = [*(view for view, _ in VIEWS.values()), OTHER]
    each = {
        view: average(found, "rdagent")
        for view in views
        if (found := [mark for mark in marks if mark["view"] == view])
    }
    once = list({mark["record"]: mark for mark in marks}.values())
    accuracy = sum(each.values()) / len(each) if each else 0.0
    return {"accuracy": accuracy, "Mix_Metric": average(once, "official"), **each}


task = Task(
    name="tables/data-analysis",
    version=2,
    domain="tables",
    summary=(
        "Analyse a table: how two columns correlate, what comes next in a series, statistics of a column, which factors "
        "have an impact, and in a sentence or two causes, anomalies or a description of the table. The tables are real "
        "ones, in the prompt as a dictionary of columns and rows. A prompt has up to 6,000 characters, about 3,000 "
        "tokens. The score is the unweighted mean over five views: correlation, forecast, statistics, impact, other."
    ),
    answer_format=(
        "The rest of the line after the last 'Final Answer:' is the answer; reasoning before it is welcome. Correlations, "
        "forecasts and statistics: items separated by commas, every number within 10 % of the right one, with its sign, "
        "and every word right, so a correlation needs its label and its coefficient, as in 'Final Answer: Weak positive "
        "correlation, 0.46'. Impact: the names, in any order, or the kind of impact, exactly. Causes, anomalies and "
        "descriptions: ROUGE-L F with the reference, in [0, 1]. An output may have "
        f"{MAX_NEW_TOKENS} tokens; decoding is greedy. Without 'Final Answer:' it is unreadable and scores 0."
    ),
    system=ANALYSIS_SYSTEM,
    template=ANALYSIS_TEMPLATE,
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=text_sources(PART, ANALYSES),
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(TABLEBENCH,),
    aggregate=Aggregate(kind="mean-of-slices", over="view"),
    secondary={
        "items_right": (
            "share of the answer's items that are right, where items are compared; higher is better"
        )
    },
    slices={"view": "what is scored alike", "subtype": "kind of question"},
    replication=Replication(
        mark=_mark,
        total=_total,
        origin=(
            "accuracy: the five TableBench evaluators of RD-Agent's OpenCompass fork, averaged; Mix_Metric: TableBench's "
            "own script"
        ),
        items=reference_items,
        published=Published.figures(
            "accuracy",
            ("Qwen2.5-7B-Instruct", "base", 32.78),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 34.71),
        ),
        known_leaks=known_leaks,
    ),
)
