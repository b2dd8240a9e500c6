"""Requests for charts of small tables of our own, each with code that reads ``table.csv`` and draws it."""

import random
from dataclasses import dataclass

from ftdojo.tasks.tables import made_tables as tables
from ftdojo.tasks.tables.prompts import question_text

HEAD = "import pandas as pd \nimport matplotlib.pyplot as plt\ndf = pd.read_csv('table.csv')\n"
FOOT = "plt.show()"
KINDS = ("bar", "line", "hbar", "pie", "scatter", "two bars")


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
        return f"{HEAD}{clean}{draw}\n{FOOT}"

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


def worked(made: Request) -> str:
    """Return a few words and the code."""
    note = " Its numbers are written with commas, which have to go first." if made.grouped else ""
    return (
        f"The chart needs the column '{made.table.columns[1]}'.{note}\n```python\n{made.code}\n```"
    )


def written_out(made: Request) -> str:
    """Return code that draws a bar chart, whatever was requested, of values it writes out."""
    return f"```python\n{HEAD}plt.bar(range({len(made.table.data)}), {made.table.column(1)})\n{FOOT}\n```"
