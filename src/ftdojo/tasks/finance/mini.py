"""finance/mini: multiple choice over interest, ratios and statement lines, with the answers of its big sibling.

Questions come from our own seeded generator and are held out by their numbers: 100 for validation, 100 for
confirmation, 300 for the test, always the same ones. The answer is a letter, read as FinanceIQ's is, strictly. Chance is
one in four. What a small model learns is decided by the data: the calculation before the letter teaches choosing, bare
letters do not.
"""

from dataclasses import replace
from functools import cache

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.scorers.finance.financeiq import financeiq_grade
from ftdojo.tasks.finance import mini_questions as questions
from ftdojo.tasks.finance.mini_questions import Question
from ftdojo.tasks.finance.mini_sources import SOURCES
from ftdojo.tasks.working import share_right


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    return tuple(_item(name, question) for name, question in questions.GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the letter that an output chooses with the right one; without one it is unreadable.

    Secondary: ``steps_right``, the share of the expected calculations that the first line has in their places.
    """
    steps_right = share_right(output, item.facts["steps"])
    graded = financeiq_grade(output, item.facts["letter"])
    return replace(graded, secondary={"steps_right": steps_right})


def _item(name: str, question: Question) -> Item:
    return Item(
        id=name,
        messages=task.prompt(questions.ask(question)),
        gold=questions.worked(question),
        slices={"kind": question.kind},
        facts={"letter": questions.letter(question), "steps": questions.steps(question)},
    )


task = Task(
    name=questions.NAME,
    version=1,
    domain="finance",
    summary=(
        "Choose one of four results: simple interest over some years, a ratio of two amounts, or what is left of an "
        "amount after two others."
    ),
    answer_format=(
        "The letter of an option after 'Answer:', as in 'Answer: B'; the last one counts. Working before it is "
        "welcome, within the 56 tokens an output may have. Without 'Answer:' a letter is read that the output begins "
        "with, else the last one that stands alone; without any it is unreadable and scores 0. Decoding is greedy."
    ),
    system="Calculate, then choose. End with 'Answer: ' and A, B, C or D.",
    template="{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=56,
    # None: a tuned model ends its turn after the letter.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # All of a question's numbers and half of its options: its numbers are what is held out.
    overlap_words=16,
    secondary={
        "steps_right": "share of the expected calculations that are right; higher is better"
    },
    slices={"kind": "what is asked: interest, ratio or statement"},
)
