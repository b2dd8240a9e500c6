"""Small tables of our own, and questions about them with a worked answer each.

They imitate no record of TableBench: the tables are about invented shops, lakes and clubs. The same seed makes the
same questions; each kind of question has a function that words it and works it out.
"""

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ftdojo.tasks.tables.records import question_text

Cell = str | int


@dataclass(frozen=True, kw_only=True)
class Table:
    """A first column of names or years, and two columns of whole numbers."""

    columns: tuple[str, str, str]
    data: tuple[tuple[Cell, int, int], ...]

    def column(self, at: int) -> list[int]:
        """Return the numbers in column 1 or 2."""
        return [int(row[at]) for row in self.data]


@dataclass(frozen=True, kw_only=True)
class Worked:
    """A question about ``table``, the steps to its answer, and the answer."""

    kind: str
    table: Table
    question: str
    steps: str
    answer: str

    @property
    def asked(self) -> str:
        """Return table and question in the tasks' wording."""
        return question_text(self.table.columns, self.table.data, self.question)


SUBJECTS = (
    (
        "shop",
        ("visitors", "sales"),
        ("Amber", "Birch", "Cedar", "Dune", "Elm", "Fern", "Grove", "Holly"),
    ),
    (
        "lake",
        ("depth m", "area km2"),
        ("Arno", "Bruk", "Cassel", "Dorn", "Elva", "Fjell", "Gorm", "Hult"),
    ),
    (
        "club",
        ("wins", "goals"),
        ("Reds", "Blues", "Rovers", "Stars", "Eagles", "Kings", "Foxes", "Owls"),
    ),
    (
        "village",
        ("houses", "people"),
        ("Ashby", "Brent", "Colne", "Derby", "Eccles", "Firth", "Goole", "Hyde"),
    ),
)


def table(rng: random.Random) -> Table:
    """Draw a table of named things."""
    subject, headings, names = rng.choice(SUBJECTS)
    chosen = rng.sample(names, rng.randint(4, 8))
    data = tuple((name, rng.randint(5, 400), rng.randint(5, 900)) for name in chosen)
    return Table(columns=(subject, *headings), data=data)


def years(rng: random.Random) -> Table:
    """Draw a table of years in a row, growing or shrinking steadily, in steps that differ a little."""
    first, count = rng.randint(1950, 2015), rng.randint(5, 8)
    _, headings, _ = rng.choice(SUBJECTS)
    step, start = rng.choice((-12, -7, 6, 11, 15)), rng.randint(150, 300)
    series = [start + step * at + rng.randint(-2, 2) for at in range(count)]
    other = [rng.randint(20, 90) for _ in range(count)]
    data = tuple((first + at, series[at], other[at]) for at in range(count))
    return Table(columns=("year", *headings), data=data)


def look_up(rng: random.Random) -> Worked:
    """Ask for one cell."""
    made, at = table(rng), rng.choice((1, 2))
    row = rng.choice(made.data)
    subject, heading = made.columns[0], made.columns[at]
    return Worked(
        kind="look-up",
        table=made,
        question=f"What is the value of '{heading}' for the {subject} {row[0]}?",
        steps=f"The row of {row[0]} is {list(row)}. Its '{heading}' is {row[at]}.",
        answer=str(row[at]),
    )


def most(rng: random.Random) -> Worked:
    """Ask for the name with the largest or smallest number."""
    made, at = table(rng), rng.choice((1, 2))
    largest = rng.random() < 0.5
    row = (max if largest else min)(made.data, key=lambda each: each[at])
    word = "highest" if largest else "lowest"
    return Worked(
        kind="most",
        table=made,
        question=f"Which {made.columns[0]} has the {word} '{made.columns[at]}'?",
        steps=f"The values are {_listed(made, at)}. The {word} is {row[at]}, of {row[0]}.",
        answer=str(row[0]),
    )


def among(rng: random.Random) -> Worked:
    """Ask for the best of those that meet a condition: two steps."""
    made = table(rng)
    bound = statistics.median_low(made.column(1))
    kept = [row for row in made.data if row[1] >= bound]
    row = max(kept, key=lambda each: each[2])
    subject, one, other = made.columns
    listed = ", ".join(f"{each[0]} {each[2]}" for each in kept)
    return Worked(
        kind="two steps",
        table=made,
        question=f"Among those whose '{one}' is at least {bound}, which {subject} has the highest '{other}'?",
        steps=f"At least {bound} in '{one}': {', '.join(str(each[0]) for each in kept)}. Their '{other}': {listed}. "
        f"The highest is {row[2]}, of {row[0]}.",
        answer=str(row[0]),
    )


def total(rng: random.Random) -> Worked:
    """Ask for a sum."""
    made, at = table(rng), rng.choice((1, 2))
    numbers = made.column(at)
    return Worked(
        kind="total",
        table=made,
        question=f"What is the total '{made.columns[at]}' of all rows?",
        steps=f"{' + '.join(map(str, numbers))} = {sum(numbers)}.",
        answer=str(sum(numbers)),
    )


def mean(rng: random.Random) -> Worked:
    """Ask for a mean with two decimals."""
    made, at = table(rng), rng.choice((1, 2))
    numbers = made.column(at)
    value = f"{sum(numbers) / len(numbers):.2f}"
    return Worked(
        kind="mean",
        table=made,
        question=f"What is the average '{made.columns[at]}', with two decimals?",
        steps=f"The sum is {' + '.join(map(str, numbers))} = {sum(numbers)}. There are {len(numbers)} rows, and "
        f"{sum(numbers)} / {len(numbers)} = {value}.",
        answer=value,
    )


def gap(rng: random.Random) -> Worked:
    """Ask for the highest and how far it is from the lowest."""
    made, at = table(rng), rng.choice((1, 2))
    ordered = sorted(made.data, key=lambda each: each[at])
    low, high = ordered[0], ordered[-1]
    off = int(high[at]) - int(low[at])
    return Worked(
        kind="gap",
        table=made,
        question=f"Which {made.columns[0]} has the highest '{made.columns[at]}', and what is the difference to the lowest?",
        steps=f"The values are {_listed(made, at)}. The highest is {high[at]} ({high[0]}), the lowest {low[at]} "
        f"({low[0]}): {high[at]} - {low[at]} = {off}.",
        answer=f"{high[0]}, {off}",
    )


def count(rng: random.Random) -> Worked:
    """Ask how many rows exceed a bound."""
    made, at = table(rng), rng.choice((1, 2))
    bound = rng.choice(made.column(at)) + rng.choice((-1, 0, 1))
    over = [row for row in made.data if int(row[at]) > bound]
    named = ", ".join(f"{row[0]} ({row[at]})" for row in over) or "none"
    return Worked(
        kind="count",
        table=made,
        question=f"How many rows have a '{made.columns[at]}' of more than {bound}?",
        steps=f"More than {bound}: {named}. That makes {len(over)}.",
        answer=str(len(over)),
    )


def share(rng: random.Random) -> Worked:
    """Ask for a percentage of the total."""
    made, at = table(rng), rng.choice((1, 2))
    row, whole = rng.choice(made.data), sum(made.column(at))
    value = f"{100 * int(row[at]) / whole:.2f}%"
    return Worked(
        kind="share",
        table=made,
        question=f"What percentage of the total '{made.columns[at]}' does {row[0]} have?",
        steps=f"The total is {whole}. {row[at]} / {whole} = {value}.",
        answer=value,
    )


def correlation(rng: random.Random) -> Worked:
    """Ask how two columns go together."""
    made = table(rng)
    slope, noise = rng.choice((-2, 0, 2)), rng.choice((20, 400))
    data = tuple(
        (name, one, max(1, 900 + slope * one + rng.randint(-noise, noise)))
        for name, one, _ in made.data
    )
    made = Table(columns=made.columns, data=data)
    value = correlated(made.column(1), made.column(2))
    return Worked(
        kind="correlation",
        table=made,
        question=f"What is the correlation between '{made.columns[1]}' and '{made.columns[2]}'?",
        steps=f"The pairs are {', '.join(f'({row[1]}, {row[2]})' for row in data)}. Their means are "
        f"{statistics.fmean(made.column(1)):.1f} and {statistics.fmean(made.column(2)):.1f}, and the coefficient is "
        f"{value:.2f}.",
        answer=f"{relation(value)}, {value:.2f}",
    )


def spread(rng: random.Random) -> Worked:
    """Ask for the mean and the standard deviation."""
    made, at = table(rng), rng.choice((1, 2))
    numbers = made.column(at)
    middle, off = statistics.fmean(numbers), statistics.pstdev(numbers)
    return Worked(
        kind="statistics",
        table=made,
        question=f"What are the mean and the standard deviation (of a whole population) of '{made.columns[at]}'?",
        steps=f"The numbers are {', '.join(map(str, numbers))}. The mean is {middle:.2f}. The squares of the distances from "
        f"it have a mean of {off * off:.2f}, whose root is {off:.2f}.",
        answer=f"{middle:.2f}, {off:.2f}",
    )


def forecast(rng: random.Random) -> Worked:
    """Ask for the next year's value, by the average change."""
    made = years(rng)
    numbers, last = made.column(1), int(made.data[-1][0])
    step = (numbers[-1] - numbers[0]) / (len(numbers) - 1)
    value = f"{numbers[-1] + step:.2f}"
    return Worked(
        kind="forecast",
        table=made,
        question=f"Given the average change a year, what will '{made.columns[1]}' be in {last + 1}?",
        steps=f"From {numbers[0]} to {numbers[-1]} in {len(numbers) - 1} years is {step:.2f} a year. "
        f"{numbers[-1]} + {step:.2f} = {value}.",
        answer=value,
    )


def odd_one(rng: random.Random) -> Worked:
    """Ask for anomalies, of which there is one."""
    made, place = years(rng), rng.randrange(4)
    data = tuple(
        (year, 9999 if at == place else one, other)
        for at, (year, one, other) in enumerate(made.data)
    )
    heading, year = made.columns[1], data[place][0]
    others = [row[1] for row in data if row[1] != 9999]
    return Worked(
        kind="anomaly",
        table=Table(columns=made.columns, data=data),
        question="Which values of the table look wrong, and why?",
        steps=f"'{heading}' is otherwise between {min(others)} and {max(others)}.",
        answer=f"There is one anomaly: the extremely high '{heading}' of 9999 in {year}, far above all other years.",
    )


def described(rng: random.Random) -> Worked:
    """Ask for a description."""
    made = table(rng)
    subject, one, other = made.columns
    best = max(made.data, key=lambda each: each[1])
    return Worked(
        kind="description",
        table=made,
        question="Describe the table, its main columns and what can be learned from it.",
        steps=f"It has {len(made.data)} rows and the columns {', '.join(made.columns)}.",
        answer=f"The table lists {len(made.data)} {subject}s with their '{one}' and '{other}'. The column '{one}' ranges "
        f"from {min(made.column(1))} to {max(made.column(1))}, with {best[0]} the highest, and '{other}' from "
        f"{min(made.column(2))} to {max(made.column(2))}.",
    )


FACTS: tuple[Callable[[random.Random], Worked], ...] = (look_up, most, among, count)
NUMBERS: tuple[Callable[[random.Random], Worked], ...] = (total, mean, gap, count, share, most)
ANALYSES: tuple[Callable[[random.Random], Worked], ...] = (
    correlation,
    spread,
    forecast,
    odd_one,
    described,
)


def correlated(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Pearson's coefficient, 0 where a column does not vary."""
    if min(one) == max(one) or min(other) == max(other):
        return 0.0
    return statistics.correlation(one, other)


def relation(coefficient: float) -> str:
    """Return what TableBench calls a correlation of this size.

    Example:
        >>> relation(-0.5), relation(0.1)
        ('Weak negative correlation', 'No correlation')
    """
    size = abs(round(coefficient, 2))
    if size < 0.3:
        return "No correlation"
    return f"{'Strong' if size >= 0.7 else 'Weak'} {'positive' if coefficient > 0 else 'negative'} correlation"


def _listed(made: Table, at: int) -> str:
    return ", ".join(f"{row[0]} {row[at]}" for row in made.data)
