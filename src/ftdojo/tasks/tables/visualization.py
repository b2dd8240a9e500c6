"""tables/visualization: write code that draws a chart of a table (TableBench, 50 records).

The code runs in the sandbox, so grading needs bubblewrap, matplotlib and pandas; the first chart takes a few seconds,
each further one a fraction of a second. Ours: 25 records for the test and 15 for validation; the set is too small to keep
any for confirmation, and differences of less than about 28 points cannot be distinguished from luck on 25 records.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Published, Replication, Split, Task
from ftdojo.scorers.studio import ready
from ftdojo.tasks.tables import charts, records
from ftdojo.tasks.tables.published import average, chart_mark
from ftdojo.tasks.tables.records import CHART_TEMPLATE, OVERLAP_WORDS, TABLEBENCH, asked
from ftdojo.tasks.tables.sources import chart_sources

PART = "tcot_visualization"
MAX_NEW_TOKENS = 768
FIGURES = ("Pass@1", "ECR@1", "Parse@1")


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the records of ``split``, always the same ones in the same order."""
    return tuple(map(_item, records.clean(PART)[split]))


@cache
def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slice."""
    return tuple(map(_item, records.published(records.rows(PART), split)))


def grade(output: str, item: Item) -> Grade:
    """Draw the chart once on a clean figure and compare what is on it; without code the output is unreadable."""
    return charts.grade(
        output, answer=item.facts["answer"], kind=item.slices["chart"], table=item.facts["table"]
    )


def _item(row: Mapping[str, Any]) -> Item:
    return Item(
        id=row["id"],
        messages=task.prompt(asked(row["instruction"])),
        gold=charts.example(row["answer"], row["chart_type"]),
        slices={"chart": row["chart_type"]},
        facts={"answer": row["answer"], "table": row["table"]},
    )


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return chart_mark(output, item.facts["answer"], item.facts["table"])


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return {figure: average(marks, figure) for figure in FIGURES}


task = Task(
    name="tables/visualization",
    version=2,
    domain="tables",
    summary=(
        "Write Python code that draws a chart of a table: bars, lines, a pie, points, an area, a radar or a waterfall "
        "chart. The code finds the table as table.csv beside it, with every cell as it is in the prompt, units and "
        "thousands commas included. The tables are real ones. A prompt has up to 6,000 characters, about 3,000 tokens."
    ),
    answer_format=(
        "The last closed ```python block is run once on a clean figure, in a sandbox without network, with 10 seconds, "
        "1 GiB and table.csv beside it; pd, plt and np are there even without an import. It has to end without an error, "
        "and what is then drawn on the current figure, on all its axes, has to be of the kind that was asked for and "
        "show the right values: heights or lengths of bars, points of lines or scatters, shares of wedges, thickness of "
        "areas, compared in rising order within 0.01 (shares within 0.005). Whether plt, ax or df.plot drew it makes no "
        f"difference; labels and colours are not read. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. "
        "Without a closed block it is unreadable and scores 0."
    ),
    system="",
    template=CHART_TEMPLATE,
    metric="pass_at_1",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=chart_sources(PART),
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(TABLEBENCH,),
    secondary={"ran": "share of outputs whose code ran without an error; higher is better"},
    slices={"chart": "kind of chart"},
    replication=Replication(
        mark=_mark,
        total=_total,
        origin="TableBenchVisualizationEvaluator of RD-Agent's OpenCompass fork",
        items=reference_items,
        published=Published.figures(
            "Pass@1",
            ("Qwen2.5-7B-Instruct", "base", 4.00),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 29.33),
            ("Qwen2.5-3B-Instruct", "base", 8.00),
            ("Qwen2.5-3B-Instruct", "FT-Agent", 24.00),
        ),
    ),
    ready=ready,
)
