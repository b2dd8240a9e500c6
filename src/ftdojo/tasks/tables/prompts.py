"""The prompts of the TableBench tasks: the published instructions, with the table as a Python dictionary in the text.

The part that is the same for all questions of a task is its template, so that only table and question tell prompts
apart.
"""

from collections.abc import Sequence

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
