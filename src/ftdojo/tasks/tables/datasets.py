"""Where the rows of the TableBench tasks come from."""

from functools import partial
from typing import Any

from ftdojo.records import Dataset, Part

Row = dict[str, Any]
QTYPES = {
    "tcot_data_analysis": "DataAnalysis",
    "tcot_fact_checking": "FactChecking",
    "tcot_numerical_reasoning": "NumericalReasoning",
    "tcot_visualization": "Visualization",
}
"""Part -> the type of question it holds."""


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
