"""chemistry/mini: counts of side groups and rings in small molecules, with the answer format of its big sibling.

Molecules come from our own seeded generator, are built and counted by RDKit, and are held out by their side groups: 100
for validation, 100 for confirmation, 300 for the test, always the same ones. The count stands in a JSON object, as in
ChemCoTBench's ``fg_count`` and ``ring_count``, and is read strictly. Chance is one in four. What a small model learns
is decided by the data: side groups listed and numbered teach counting, bare counts hardly do.
"""

from dataclasses import replace
from functools import cache

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.scorers.chemistry import questions, strict
from ftdojo.tasks.chemistry import mini_molecules as molecules
from ftdojo.tasks.chemistry.mini_molecules import Question
from ftdojo.tasks.chemistry.mini_sources import SOURCES
from ftdojo.tasks.working import share_right


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    return tuple(_item(name, question) for name, question in molecules.GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the last count with RDKit's; without one the output is unreadable.

    Secondary: ``mae`` is how far the count is off, 10 at most and where there is none; ``steps_right`` is the share of
    the side groups to be listed that the first line has in their places.
    """
    asked = questions.Question(subtask=item.slices["subtask"], reference=str(item.facts["count"]))
    graded = strict.grade(output, asked)
    steps_right = share_right(output, item.facts["steps"])
    return replace(graded, secondary={"mae": graded.secondary["mae"], "steps_right": steps_right})


def _item(name: str, question: Question) -> Item:
    return Item(
        id=name,
        messages=task.prompt(molecules.ask(question)),
        gold=molecules.worked(question),
        slices={"subtask": question.kind},
        facts={"count": molecules.count(question), "steps": molecules.steps(question)},
    )


task = Task(
    name=molecules.NAME,
    version=1,
    domain="chemistry",
    summary=(
        "Count the side groups or rings of one kind in a molecule that is given as a SMILES string. The molecule is a "
        "chain of carbon atoms that bears four or five side groups, each in brackets; the count is between 0 and 3."
    ),
    answer_format=(
        'One JSON object with the key count, as in {"count": 2}; the last one counts. Working before it is welcome, '
        "within the 56 tokens an output may have. Without the key an output is read only if it is nothing but a "
        "number, else it is unreadable and scores 0. Decoding is greedy."
    ),
    system='Count it in the molecule. Reply with JSON: {"count": number}',
    template="{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=56,
    # None: a tuned model ends its turn after the object, and a stop string such as "}" would cut the object off.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # No question has as many: parts of molecules are alike, so only a whole question is a leak.
    overlap_words=80,
    secondary={
        "mae": "how far the count is off, 10 at most and where it is unreadable; lower is better",
        "steps_right": "share of the side groups to be listed that are right; higher is better",
    },
    slices={"subtask": "what is counted: fg_count (side groups) or ring_count (rings)"},
)
