"""Small tables and questions about them: what ``tables/mini`` asks, and the worked answers.

A table has four people and two columns of whole numbers, no number twice in a column. There are three kinds of
questions: look a number up, name who has the most or the fewest, count who has more than so many. A table is held out
by its cells, whatever their order, its heads and the question.
"""

import random
from dataclasses import dataclass, replace
from typing import Literal

from ftdojo.tasks.seeded import Generator

NAME = "tables/mini"
_PEOPLE = "Anna Ben Carl Dan Ed Fred Hal Jack Jane Kim Lily Luke Mary Max May Paul Ray Sam Tim Tom"
_THINGS = """
    apples bags balls boats boxes books cards cars cats chairs coins dogs keys maps nuts pies shirts trees
"""
PEOPLE, THINGS = tuple(_PEOPLE.split()), tuple(_THINGS.split())
SIZE = 4
HIGHEST = 20

Kind = Literal["look-up", "comparison", "count"]
KINDS: tuple[Kind, ...] = ("look-up", "comparison", "count")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A table and what is asked of it.

    ``columns`` holds the numbers of each of the two ``things``, in the order of ``people``. ``about`` is the column
    asked of; ``person`` is whom a look-up is about, ``most`` which end a comparison wants, ``above`` what a count counts
    beyond.
    """

    people: tuple[str, ...]
    things: tuple[str, str]
    columns: tuple[tuple[int, ...], tuple[int, ...]]
    kind: Kind
    about: int
    person: str
    most: bool
    above: int

    @property
    def thing(self) -> str:
        """Return the head of the column asked of."""
        return self.things[self.about]

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Return the column asked of: people and numbers."""
        return list(zip(self.people, self.columns[self.about], strict=True))


def ask(question: Question) -> str:
    """Return the table, a line a row, and the question below it."""
    rows = zip(question.people, *question.columns, strict=True)
    lines = ["|".join(("name", *question.things)), *("|".join(map(str, row)) for row in rows)]
    return "\n".join([*lines, _sentence(question)])


def _sentence(question: Question) -> str:
    if question.kind == "look-up":
        return f"How many {question.thing} has {question.person}?"
    if question.kind == "comparison":
        return f"Who has the {'most' if question.most else 'fewest'} {question.thing}?"
    return f"How many people have more than {question.above} {question.thing}?"


def answer(question: Question) -> str:
    """Return the number or the name that is asked for."""
    cells = question.cells
    if question.kind == "look-up":
        return str(dict(cells)[question.person])
    if question.kind == "comparison":
        return (max if question.most else min)(cells, key=lambda cell: cell[1])[0]
    return str(sum(number > question.above for _, number in cells))


def steps(question: Question) -> str:
    """Return the cells that the answer rests on, and what they show."""
    cells = question.cells
    if question.kind == "look-up":
        return f"{question.person} {answer(question)}"
    if question.kind == "comparison":
        numbers = [number for _, number in cells]
        listed = ", ".join(f"{who} {number}" for who, number in cells)
        return f"{listed}: {max(numbers) if question.most else min(numbers)}"
    above = question.above
    return ", ".join(f"{who} {number} {'yes' if number > above else 'no'}" for who, number in cells)


def final(text: str) -> str:
    """Return ``text`` as a final answer."""
    return f"Final Answer: {text}"


def worked(question: Question) -> str:
    """Return the full answer: the cells, then the final answer."""
    return f"{steps(question)}\n{final(answer(question))}"


def misread(question: Question) -> Question:
    """Return the question as one answers it who looks at the other column."""
    return replace(question, about=1 - question.about)


def key(question: Question) -> str:
    """Return the cells of the table, in an order of their own."""
    numbers = sorted(number for column in question.columns for number in column)
    return " ".join([*sorted(question.people), *map(str, numbers)])


def draw(rng: random.Random) -> Question:
    """Draw a table and a question; every count from none to all is as likely as any other."""
    numbers = range(1, HIGHEST + 1)
    columns = tuple(rng.sample(numbers, SIZE)), tuple(rng.sample(numbers, SIZE))
    people, things = tuple(rng.sample(PEOPLE, SIZE)), rng.sample(THINGS, 2)
    about = rng.randrange(2)
    return Question(
        people=people,
        things=(things[0], things[1]),
        columns=columns,
        kind=rng.choice(KINDS),
        about=about,
        person=rng.choice(people),
        most=rng.random() < 0.5,
        above=_bound(columns[about], rng.randint(0, SIZE), rng),
    )


def _bound(numbers: tuple[int, ...], count: int, rng: random.Random) -> int:
    """Draw a number that just ``count`` of ``numbers`` exceed."""
    down = [HIGHEST + 1, *sorted(numbers, reverse=True), 0]
    return rng.randint(down[count + 1], down[count] - 1)


GENERATOR: Generator[Question] = Generator(task=NAME, draw=draw, ask=ask, key=key)
