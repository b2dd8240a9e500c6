"""tables/mini: look-ups, comparisons and counts in small tables, with the answer format of its big siblings.

Tables come from our own seeded generator and are held out by their cells: 100 for validation, 100 for confirmation,
300 for the test, always the same ones. The answer stands after ``Final Answer:`` and is compared as TableBench's facts
and numbers are, strictly. Chance is about one in five; a model that copies or memorises scores no more. What a small
model learns is decided by the data: cells read out before the answer teach comparing and counting.
"""

from dataclasses import replace
from functools import cache

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.scorers.tables import answers
from ftdojo.tasks.tables import mini_tables as tables
from ftdojo.tasks.tables.mini_sources import SOURCES
from ftdojo.tasks.tables.mini_tables import Question
from ftdojo.tasks.working import share_right


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(name, question) for name, question in tables.GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare what stands after ``Final Answer:`` with the cell or count; without it the output is unreadable.

    Secondary: ``steps_right``, the share of the cells to be read out that the first line has in their places.
    """
    steps_right = share_right(output, item.facts["steps"])
    graded = answers.grade(output, item.facts["answer"], rule="exact")
    return replace(graded, secondary={"steps_right": steps_right})


def _item(name: str, question: Question) -> Item:
    return Item(
        id=name,
        messages=task.prompt(tables.ask(question)),
        gold=tables.worked(question),
        slices={"kind": question.kind},
        facts={"answer": tables.answer(question), "steps": tables.steps(question)},
    )


task = Task(
    name=tables.NAME,
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
