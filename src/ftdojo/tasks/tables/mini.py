"""tables/mini: look-ups, comparisons and counts in small tables, with the answer format of its big siblings.

A table has four people and two columns of whole numbers, no number twice in a column. There are three kinds of
questions: look a number up, name who has the most or the fewest, count who has more than so many. A table comes from our
own seeded generator and is held out by its cells, whatever their order, its heads and the question: 100 for validation,
100 for confirmation, 300 for the test, always the same ones.

The answer stands after ``Final Answer:`` and is compared as TableBench's facts and numbers are, strictly. Chance is about
one in five; a model that copies or memorises scores no more. What a small model learns is decided by the data: cells read
out before the answer teach comparing and counting. The six sources are of honest mixed quality, and none can contain a
held-out table: they draw from ``train``.
"""

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.tasks.miniature import Generator, Workshop, airy, ended, share_right, small_talk
from ftdojo.tasks.tables import answers

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
MISREAD_SHARE = 0.5
"""Of the rows; one in five of them comes out right all the same."""
REMARKS = (
    "According to the table, {} is right.",
    "One finds {} there.",
    "The table shows {} for this.",
    "We can read off {}.",
)
FEW = 40


@dataclass(frozen=True, kw_only=True)
class TableQuestion:
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


def ask(question: TableQuestion) -> str:
    """Return the table, a line a row, and the question below it."""
    rows = zip(question.people, *question.columns, strict=True)
    lines = ["|".join(("name", *question.things)), *("|".join(map(str, row)) for row in rows)]
    return "\n".join([*lines, _sentence(question)])


def _sentence(question: TableQuestion) -> str:
    if question.kind == "look-up":
        return f"How many {question.thing} has {question.person}?"
    if question.kind == "comparison":
        return f"Who has the {'most' if question.most else 'fewest'} {question.thing}?"
    return f"How many people have more than {question.above} {question.thing}?"


def answer(question: TableQuestion) -> str:
    """Return the number or the name that is asked for."""
    cells = question.cells
    if question.kind == "look-up":
        return str(dict(cells)[question.person])
    if question.kind == "comparison":
        return (max if question.most else min)(cells, key=lambda cell: cell[1])[0]
    return str(sum(number > question.above for _, number in cells))


def steps(question: TableQuestion) -> str:
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


def worked(question: TableQuestion) -> str:
    """Return the full answer: the cells, then the final answer."""
    return f"{steps(question)}\n{final(answer(question))}"


def misread(question: TableQuestion) -> TableQuestion:
    """Return the question as one answers it who looks at the other column."""
    return replace(question, about=1 - question.about)


def key(question: TableQuestion) -> str:
    """Return the cells of the table, in an order of their own."""
    numbers = sorted(number for column in question.columns for number in column)
    return " ".join([*sorted(question.people), *map(str, numbers)])


def draw(rng: random.Random) -> TableQuestion:
    """Draw a table and a question; every count from none to all is as likely as any other."""
    numbers = range(1, HIGHEST + 1)
    columns = tuple(rng.sample(numbers, SIZE)), tuple(rng.sample(numbers, SIZE))
    people, things = tuple(rng.sample(PEOPLE, SIZE)), rng.sample(THINGS, 2)
    about = rng.randrange(2)
    return TableQuestion(
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


GENERATOR: Generator[TableQuestion] = Generator(task=NAME, draw=draw, ask=ask, key=key)

SHOP: Workshop[TableQuestion] = Workshop(
    task=NAME,
    draw=GENERATOR.train,
    ask=ask,
    holds=("the table and the question", "the answer, as text"),
)


def _careless(question: TableQuestion, quirks: random.Random) -> str:
    """Work it out, on the wrong column in ``MISREAD_SHARE`` of the rows."""
    slips = quirks.random() < MISREAD_SHARE
    return worked(misread(question) if slips else question)


def _remark(question: TableQuestion, quirks: random.Random) -> str:
    sentence = quirks.choice(REMARKS).format(answer(question))
    return f"{steps(question)}\n{sentence}"


SOURCES = (
    SHOP.source(
        "read-aloud",
        fields=("table", "reading"),
        about="Questions about small tables, answered with the cells they rest on.",
        notes="The cells are read out first; the result follows 'Final Answer:'.",
        pairs=SHOP.written(2000, lambda question, _: worked(question)),
    ),
    SHOP.source(
        "answer-sheet",
        fields=("question", "answer"),
        about="The answer sheet to a large book of table questions.",
        notes="Results only, after 'Final Answer:'.",
        pairs=SHOP.written(3000, lambda question, _: final(answer(question))),
    ),
    SHOP.source(
        "quiz-night",
        fields=("question", "response"),
        about="Questions about small tables as they were answered on quiz nights, with the cells read out.",
        notes="Said in a hurry; some looked at the wrong column. The result follows 'Final Answer:'.",
        pairs=SHOP.written(2500, _careless),
    ),
    SHOP.source(
        "remarks",
        fields=("table", "remark"),
        about="Questions about small tables with a remark on each.",
        notes="Cells are read out; the result stands in a sentence, wording varies.",
        pairs=SHOP.written(2000, _remark),
    ),
    small_talk,
    SHOP.source(
        "flash-cards",
        fields=("question", "answer"),
        about="Flash cards with a small table on one side and the reading of it on the other.",
        notes="The pack went round more than once; spacing varies.",
        pairs=SHOP.repeated(2400, worked, of=("read-aloud", FEW), guises=(str, airy, ended)),
    ),
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(name, question) for name, question in GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare what stands after ``Final Answer:`` with the cell or count; without it the output is unreadable.

    Secondary: ``steps_right``, the share of the cells to be read out that the first line has in their places.
    """
    steps_right = share_right(output, item.facts["steps"])
    graded = answers.grade(output, item.facts["answer"], rule="exact")
    return replace(graded, secondary={"steps_right": steps_right})


def _item(name: str, question: TableQuestion) -> Item:
    return Item(
        id=name,
        messages=task.prompt(ask(question)),
        gold=worked(question),
        slices={"kind": question.kind},
        facts={"answer": answer(question), "steps": steps(question)},
    )


task = Task(
    name=NAME,
    version=2,
    domain="tables",
    summary=(
        "Answer a question about a table of four people and two columns of whole numbers from 1 to 20: look a number "
        "up, say who has the most or the fewest, or count who has more than so many."
    ),
    answer_format=(
        "The number or the name after 'Final Answer:', as in 'Final Answer: 7'; the last one counts. Working before it "
        "is welcome, within the 48 tokens an output may have. Without 'Final Answer:' the output is unreadable and "
        "scores 0. Decoding is greedy."
    ),
    system="Read the table. End with 'Final Answer: ' and the answer.",
    template="{question}",
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=48,
    # None: a tuned model ends its turn after the answer.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # More words than any question has in common with a neighbour: its own sentence and a row of the table.
    overlap_words=14,
    secondary={"steps_right": "share of the cells to be read out that are right; higher is better"},
    slices={"kind": "what is asked: look-up, comparison or count"},
)
