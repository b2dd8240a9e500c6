"""chemistry/mini: counts of side groups and rings in small molecules, with the answer format of its big sibling.

Molecules come from our own seeded generator, are built and counted by RDKit, and are held out by their side groups: 100
for validation, 100 for confirmation, 300 for the test, always the same ones. The count stands in a JSON object, as in
ChemCoTBench's ``fg_count`` and ``ring_count``, and is read strictly. Chance is one in five. What a small model learns
is decided by the data: side groups listed and numbered teach counting, bare counts hardly do.
"""

from functools import cache

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.tasks.chemistry import mini_molecules as molecules
from ftdojo.tasks.chemistry.mini_molecules import Question
from ftdojo.tasks.chemistry.mini_sources import SOURCES
from ftdojo.tasks.json_answer import last_object
from ftdojo.tasks.working import share_right

NEAR = 1


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    return tuple(_item(name, question) for name, question in molecules.GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the count in the last JSON object with RDKit's; without one the output is unreadable.

    Secondary: ``near`` is 1 when the count is at most 1 off; ``steps_right`` is the share of the side groups to be
    listed that the first line has in their places.
    """
    given = _count(output)
    off = None if given is None else abs(given - item.facts["count"])
    return Grade(
        score=float(off == 0),
        readable=given is not None,
        extracted="" if given is None else str(given),
        secondary={
            "near": float(off is not None and off <= NEAR),
            "steps_right": share_right(output, item.facts["steps"]),
        },
    )


def _count(output: str) -> int | None:
    told = str((last_object(output) or {}).get("count", ""))
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


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
        "chain of carbon atoms that bears four or five side groups, each in brackets; the count is between 0 and 4."
    ),
    answer_format=(
        'One JSON object with the key count, as in {"count": 2}. The last complete object counts; working before it is '
        "welcome, within the 56 tokens an output may have. Without such an object the output is unreadable and scores "
        "0. Decoding is greedy."
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
        "near": "share of counts at most 1 off; higher is better",
        "steps_right": "share of the side groups to be listed that are right; higher is better",
    },
    slices={"subtask": "what is counted: fg_count (side groups) or ring_count (rings)"},
)
