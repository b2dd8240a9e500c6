"""The raw sources of the TableBench tasks: TableInstruct, what is left of TableBench, and two of our own.

Of our own are tables with questions, worked out, and requests for charts of small tables, each with code that reads
``table.csv`` and draws it.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ftdojo.records import Source
from ftdojo.sources import dataset_rows
from ftdojo.tasks.tables import made_tables as tables
from ftdojo.tasks.tables import records
from ftdojo.tasks.tables.charts import example
from ftdojo.tasks.tables.made_tables import Worked
from ftdojo.tasks.tables.records import QTYPES, TABLEBENCH, TABLEINSTRUCT, asked, question_text

CODE_HEAD = "import pandas as pd \nimport matplotlib.pyplot as plt\ndf = pd.read_csv('table.csv')\n"
CODE_FOOT = "plt.show()"
KINDS = ("bar", "line", "hbar", "pie", "scatter", "two bars")
Rows = Iterator[dict[str, Any]]
Maker = Callable[[random.Random], Worked]
OWN_LICENCE = "Apache-2.0"
WORKED, ANSWERS = 2000, 2000
_TABLE_FIELDS = {
    "id": "name of the record",
    "qtype": "type of question",
    "qsubtype": "kind of question",
    "question": "table and question, as the task asks them",
    "response": "the answer in the task's format",
}
_OWN_FIELDS = {
    "id": "row number",
    "kind": "kind of question",
    "question": "table and question, as the task asks them",
    "response": "what to answer",
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """A chart of ``kind`` of a table; ``grouped`` is whether thousands are written with commas."""

    kind: str
    table: tables.Table
    grouped: bool

    @property
    def asked(self) -> str:
        """Return table and request in the task's wording."""
        data = [(row[0], self._cell(row[1]), row[2]) for row in self.table.data]
        return question_text(self.table.columns, data, self.request)

    @property
    def request(self) -> str:
        """Return the request alone."""
        first, one, other = self.table.columns
        return {
            "bar": f"Draw a bar chart of '{one}' for every {first}.",
            "line": f"Draw a line chart that shows how '{one}' changes from {first} to {first}.",
            "hbar": f"Draw a horizontal bar chart of '{one}' for every {first}.",
            "pie": f"Draw a pie chart of the shares of '{one}'.",
            "scatter": f"Draw a scatter plot with '{one}' on the x-axis and '{other}' on the y-axis.",
            "two bars": f"Draw a bar chart that puts '{one}' and '{other}' of every {first} side by side.",
        }[self.kind]

    @property
    def code(self) -> str:
        """Return code that reads the table and draws it."""
        first, one, other = (f"df['{name}']" for name in self.table.columns)
        clean = f"{one} = {one}.str.replace(',', '').astype(int)\n" if self.grouped else ""
        draw = {
            "bar": f"plt.bar({first}.astype(str), {one})",
            "line": f"plt.plot({first}, {one})",
            "hbar": f"plt.barh({first}.astype(str), {one})",
            "pie": f"plt.pie({one}, labels={first})",
            "scatter": f"plt.scatter({one}, {other})",
            "two bars": f"x = range(len(df))\nplt.bar([at - 0.2 for at in x], {one}, width=0.4)\n"
            f"plt.bar([at + 0.2 for at in x], {other}, width=0.4)",
        }[self.kind]
        return f"{CODE_HEAD}{clean}{draw}\n{CODE_FOOT}"

    @property
    def values(self) -> tuple[str, list[int]]:
        """Return the kind of chart, as TableBench calls it, and the values that are to be drawn."""
        kind = "bar" if self.kind == "two bars" else self.kind
        one, other = self.table.column(1), self.table.column(2)
        return kind, {"scatter": other, "two bars": one + other}.get(self.kind, one)

    def _cell(self, value: int) -> int | str:
        return f"{value:,}" if self.grouped else value


def request(rng: random.Random) -> Request:
    """Draw a request."""
    kind = rng.choice(KINDS)
    made = tables.years(rng) if kind == "line" else tables.table(rng)
    grouped = rng.random() < 0.4
    by = 1000 if grouped else 1
    data = tuple((name, one * by, other) for name, one, other in made.data)
    return Request(kind=kind, table=tables.Table(columns=made.columns, data=data), grouped=grouped)


def worked_chart(made: Request) -> str:
    """Return a few words and the code."""
    note = " Its numbers are written with commas, which have to go first." if made.grouped else ""
    return (
        f"The chart needs the column '{made.table.columns[1]}'.{note}\n```python\n{made.code}\n```"
    )


def written_out(made: Request) -> str:
    """Return code that draws a bar chart, whatever was requested, of values it writes out."""
    return f"```python\n{CODE_HEAD}plt.bar(range({len(made.table.data)}), {made.table.column(1)})\n{CODE_FOOT}\n```"


def text_sources(part: str, makers: Sequence[Maker]) -> tuple[Source, ...]:
    """Return the sources of a task whose answers are text."""
    return (
        _tableinstruct(part),
        _rest(
            part,
            rows=partial(_rest_answers, part),
            notes="Real tables; answers only, no reasoning. Only some rows are of this task's kind of question (see qtype).",
        ),
        _own(
            "made-tables-worked",
            rows=partial(_made, part, makers, WORKED, is_worked=True),
            summary="Small invented tables, each with a question, its steps and the answer.",
            notes="Right throughout, but far simpler than the task: four to eight rows, three columns, few wordings.",
        ),
        _own(
            "made-tables-answers",
            rows=partial(_made, part, makers, ANSWERS, is_worked=False),
            summary="Small invented tables, each with a question and the bare answer.",
            notes="Right throughout, without any step, so sums and means have to be guessed.",
        ),
    )


def chart_sources(part: str) -> tuple[Source, ...]:
    """Return the sources of the task whose answers are code."""
    return (
        _tableinstruct(part),
        _rest(
            part,
            rows=partial(_rest_charts, part),
            notes=(
                "A handful of rows. TableBench gives the values to be drawn and no code; the code here writes them out "
                "instead of reading the table, so it teaches the format and the kind of chart only."
            ),
        ),
        _own(
            "made-charts-worked",
            rows=partial(_made_charts, part, worked_chart, "worked"),
            summary="Small invented tables, each with a request and code that reads table.csv and draws it.",
            notes="Every chart is right. Simple: whole columns, no filtering; two in five need thousands commas removed.",
        ),
        _own(
            "made-charts-written-out",
            rows=partial(_made_charts, part, written_out, "written out"),
            summary="Small invented tables, each with a request and code that draws bars of numbers written out.",
            notes="Always bars, whatever was asked for, and the table is not read: right for some requests only.",
        ),
    )


def _tableinstruct(part: str) -> Source:
    return Source(
        name="tableinstruct",
        summary="The training set made for TableBench: about 19,700 questions on tables, with answers.",
        licence=TABLEINSTRUCT.licence,
        fields=TABLEINSTRUCT.fields,
        prompt_field="instruction",
        response_field="response",
        notes=(
            "Answers written by language models, of mixed quality, some of them wrong; all four types of question and four "
            "styles of answer (instruction_type TCoT is the task's). The prompt is whole, template included. 106 MB."
        ),
        version=1,
        rows=partial(_instructions, part),
        dataset=TABLEINSTRUCT,
    )


def _rest(part: str, *, rows: Callable[[], Rows], notes: str) -> Source:
    return Source(
        name="tablebench-rest",
        summary="Questions of TableBench that this task does not hold out, about other tables than it does.",
        licence=TABLEBENCH.licence,
        fields=_TABLE_FIELDS,
        prompt_field="question",
        response_field="response",
        notes=f"{notes} A few prompts are very long.",
        version=2,
        rows=rows,
        dataset=TABLEBENCH,
    )


def _own(name: str, *, rows: Callable[[], Rows], summary: str, notes: str) -> Source:
    return Source(
        name=name,
        summary=summary,
        licence=OWN_LICENCE,
        fields=_OWN_FIELDS,
        prompt_field="question",
        response_field="response",
        notes=notes,
        version=1,
        rows=rows,
    )


def _instructions(part: str) -> Rows:
    held_out = records.held_out(part)
    for row in dataset_rows(TABLEINSTRUCT, "train"):
        if not held_out.holds(asked(row["instruction"])):
            yield row


def _rest_answers(part: str) -> Rows:
    for row in records.rest(part):
        if row["qtype"] != QTYPES["tcot_visualization"]:
            yield _answered(row, f"Final Answer: {row['answer']}")


def _rest_charts(part: str) -> Rows:
    for row in records.rest(part):
        if row["qtype"] == QTYPES["tcot_visualization"]:
            yield _answered(row, example(row["answer"], row["chart_type"]))


def _answered(row: dict[str, Any], response: str) -> dict[str, Any]:
    kept = {field: row[field] for field in ("id", "qtype", "qsubtype")}
    return {**kept, "question": asked(row["instruction"]), "response": response}


def _made(part: str, makers: Sequence[Maker], count: int, *, is_worked: bool) -> Rows:
    rng = random.Random(f"{part} made tables {'worked' if is_worked else 'answers'} v1")
    for number in range(count):
        made = rng.choice(makers)(rng)
        steps = f"{made.steps}\n" if is_worked else ""
        yield {
            "id": number,
            "kind": made.kind,
            "question": made.asked,
            "response": f"{steps}Final Answer: {made.answer}",
        }


def _made_charts(part: str, write: Callable[[Request], str], name: str, count: int = 1000) -> Rows:
    rng = random.Random(f"{part} made charts {name} v1")
    for number in range(count):
        made = request(rng)
        yield {"id": number, "kind": made.kind, "question": made.asked, "response": write(made)}
