"""TableBench: its data sets, its prompts, and its records: ours split by table, the published slices by order.

TableBench is a test set without training rows. Several questions are about one table, so a table with all its
questions goes to one side; a held-out split gets one of them. Records whose prompt is longer than ``LONGEST`` are
left out of our splits, since they fit no small model's context; the published slices hold them.

Prompts are the published instructions, with the table as a Python dictionary in the text. The part that is the same for all
questions of a task is its template, so that only table and question tell prompts apart.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

from ftdojo.records import Dataset, Part, Split
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split as split_records
from ftdojo.texts import Gate

Row = dict[str, Any]
QTYPES = {
    "tcot_data_analysis": "DataAnalysis",
    "tcot_fact_checking": "FactChecking",
    "tcot_numerical_reasoning": "NumericalReasoning",
    "tcot_visualization": "Visualization",
}
"""Part -> the type of question it holds."""
_TABLE = "Read the table below in JSON format:\n[TABLE] \n"
_START = "\n\nLet's get start!\nQuestion: "
_STEPS = "Let's think step by step and then give the final answer to the question."
_ROLE = "You are a table analyst. Your task is to answer questions based on the table content."
_SHORT_ANSWER = (
    'Ensure the final answer format is the last output line and can only be in the "Final Answer: AnswerName1, '
    'AnswerName2..." form, no other form. Ensure the "AnswerName" is a number or entity name, as short as possible, '
    "without any explanation."
)
_CODE = "```python\nimport pandas as pd \nimport matplotlib.pyplot as plt\ndf = pd.read_csv('table.csv')\n...\nplt.show()\n```"
_CODE_ONLY = (
    "Ensure the final answer format is the python code block that can generate the chart correctly. Ensure the last line "
    'in python code can only be "plt.show()", no other from.'
)
ANSWER_TEMPLATE = (
    f"{_ROLE}\n\n\nThe answer should follow the format below:\n[Answer Format]\n"
    f"Final Answer: AnswerName1, AnswerName2...\n\n{_SHORT_ANSWER}\n\n\n{_STEPS}\n\n{_TABLE}{{question}}"
)
"""Fact checking and numerical reasoning, word for word as published."""
CHART_TEMPLATE = (
    f"{_ROLE}\n\n\nThe answer should follow the format below and ensure the first three code lines is exactly the same "
    f"with the following code block:\n[Answer Format]\n{_CODE}\n\n{_CODE_ONLY}\n\n\n{_STEPS}\n\n{_TABLE}{{question}}"
)
"""Visualization, word for word as published."""
ANALYSIS_SYSTEM = (
    f"{_ROLE} {_STEPS} The last line of the output is 'Final Answer: ' and the answer, in the form the question calls "
    "for. Correlation: the relation and the coefficient with two decimals, as in 'Weak positive correlation, 0.46'; it "
    "is 'No correlation' from -0.3 to 0.3, weak up to 0.7 on either side and strong beyond. Forecasts and statistics: "
    "numbers, names or a trend (No clear trend, Increasing trend, Decreasing trend), separated by commas, without "
    "explanation. Impact: names of columns or items, or one of No clear impact, Positive impact, Negative impact. Causes: "
    "the conclusion and one short reason with the coefficient. Anomalies: how many there are and why each is one, or 'No "
    "anomalies are detected in the table.' Description: what the table holds, its main columns and a few insights."
)
"""Data analysis. The published instructions differ from kind to kind of question; this gives all of them at once."""
ANALYSIS_TEMPLATE = f"{_TABLE}{{question}}"
LONGEST = 6000
"""Characters of a prompt in our splits: about 3,000 tokens of a small model, which reads numbers digit by digit."""
OVERLAP_WORDS = 40
"""Tables of one kind share their headings and runs of small numbers; a longer run than this is a shared table."""
COUNTS: Mapping[str, Mapping[str, int]] = {
    "tcot_data_analysis": {"test": 100, "validation": 100, "confirm": 40},
    "tcot_fact_checking": {"test": 48, "validation": 36, "confirm": 0},
    "tcot_numerical_reasoning": {"test": 100, "validation": 100, "confirm": 40},
    "tcot_visualization": {"test": 25, "validation": 15, "confirm": 0},
}
TEMPLATES = {
    "tcot_data_analysis": ANALYSIS_TEMPLATE,
    "tcot_fact_checking": ANSWER_TEMPLATE,
    "tcot_numerical_reasoning": ANSWER_TEMPLATE,
    "tcot_visualization": CHART_TEMPLATE,
}
_MOST = 100
_SEED = 42


def _of_type(qtype: str, row: Row) -> Row | None:
    return row if row["qtype"] == qtype else None


TABLEBENCH = Dataset(
    name="tablebench",
    hub_id="Multilingual-Multimodal-NLP/TableBench",
    revision="main",
    licence="Apache-2.0",
    parts={
        part: Part(files=("TableBench_TCoT.jsonl",), read=partial(_of_type, qtype))
        for part, qtype in QTYPES.items()
    },
    fields={
        "id": "name of the record",
        "qtype": "FactChecking, NumericalReasoning, DataAnalysis or Visualization",
        "qsubtype": "one of 18 kinds of question",
        "table": "columns and data, every cell as text",
        "chart_type": "kind of chart, in Visualization only",
        "question": "the question",
        "answer": "the answer; of a chart, the values to be drawn",
        "instruction": "the whole prompt, table and question inside",
    },
)

TABLEINSTRUCT = Dataset(
    name="tableinstruct",
    hub_id="Multilingual-Multimodal-NLP/TableInstruct",
    revision="main",
    licence="Apache-2.0",
    parts={"train": Part(files=("TableInstruct_instructions.jsonl",))},
    fields={
        "id": "name of the record",
        "qtype": "FactChecking, NumericalReasoning, DataAnalysis or Visualization",
        "qsubtype": "one of 18 kinds of question",
        "instruction": "the whole prompt, table and question inside",
        "instruction_type": "DP (answer only), TCoT (reasoning), SCoT or PoT (code)",
        "table": "columns and data as JSON text",
        "question": "the question alone",
        "response": "what to answer, reasoning first where the type asks for it",
    },
)


def asked(instruction: str) -> str:
    """Return table and question of a published prompt, without what goes before them."""
    return instruction.partition("[TABLE] \n")[2]


def question_text(columns: Sequence[str], data: Sequence[Sequence[object]], question: str) -> str:
    """Return table and question as the published prompts write them.

    Example:
        >>> question_text(["a"], [[1]], "How many?").splitlines()[0]
        "{'columns': ['a'], 'data': [[1]]}"
    """
    table = {"columns": list(columns), "data": [list(row) for row in data]}
    return f"{table}{_START}{question}"


@cache
def rows(part: str) -> tuple[Row, ...]:
    """Return the records of ``part`` in their published order."""
    return tuple(dataset_rows(TABLEBENCH, part))


@cache
def clean(part: str) -> Mapping[str, tuple[Row, ...]]:
    """Return our splits of ``part``; what is held out nowhere is under ``train``."""
    return split_records(
        [row for row in rows(part) if len(row["instruction"]) <= LONGEST],
        key=_table,
        text=lambda row: TEMPLATES[part].replace("{question}", asked(row["instruction"])),
        counts=COUNTS[part],
    )


def published(view: tuple[Row, ...], split: Split) -> tuple[Row, ...]:
    """Return a published slice of ``view``: the first or last 100, or half, after a shuffle with seed 42."""
    import numpy as np

    half = min(_MOST, len(view) // 2)
    order = np.random.default_rng(_SEED).permutation(len(view))
    places = {"validation": order[:half], "confirm": order[:0], "test": order[len(order) - half :]}
    return tuple(view[at] for at in places[split])


@cache
def rest(part: str) -> tuple[Row, ...]:
    """Return all records of TableBench, of any type, that ``part``'s held-out splits neither hold nor give away."""
    asked_for = held_out(part)
    tables = {_table(row) for row in _held(part)}
    return tuple(
        row
        for each in QTYPES
        for row in rows(each)
        if _table(row) not in tables and not asked_for.holds(asked(row["instruction"]))
    )


@cache
def held_out(part: str) -> Gate:
    """Return what finds the held-out questions of ``part`` in other texts."""
    return Gate((asked(row["instruction"]) for row in _held(part)), overlap_words=OVERLAP_WORDS)


def _held(part: str) -> tuple[Row, ...]:
    return tuple(row for name in COUNTS[part] for row in clean(part)[name])


def _table(row: Row) -> str:
    """Return a name of the record's table, the same for all questions about it."""
    cells = json.dumps([row["table"]["columns"], row["table"]["data"]])
    return hashlib.sha256(cells.encode()).hexdigest()
