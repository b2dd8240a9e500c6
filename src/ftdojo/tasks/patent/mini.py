"""patent/mini: claims and earlier documents made of elements, decided as 102, 103 or ALLOW as in NOC4PC.

Claims come from our own seeded generator and are held out by their elements: 100 for validation, 100 for confirmation,
300 for the test, always the same ones. The decision stands in a JSON object, as in PANORAMA's NOC4PC, and is read
strictly; the score is the mean F1 of the three codes, which a constant answer has a sixth of. What a small model
learns is decided by the data: a chart that names after each element the documents needed so far teaches the decision,
bare decisions hardly do.
"""

from dataclasses import replace
from functools import cache

from ftdojo.records import Aggregate, Direction, Grade, Item, Split, Task
from ftdojo.scorers.patents.noc4pc import noc4pc_grade
from ftdojo.tasks.patent import mini_claims as claims
from ftdojo.tasks.patent.mini_claims import Question
from ftdojo.tasks.patent.mini_sources import SOURCES
from ftdojo.tasks.working import share_right


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the claims of ``split``, always the same ones in the same order."""
    return tuple(_item(name, question) for name, question in claims.GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the code in the last JSON object with the right one; without one the output is unreadable.

    Secondary: ``steps_right``, the share of the claim's elements that the first line charts rightly, with the documents
    needed so far.
    """
    steps_right = share_right(output, item.facts["steps"])
    graded = noc4pc_grade(output, item.facts["code"])
    return replace(graded, secondary={"steps_right": steps_right})


def _item(name: str, question: Question) -> Item:
    found = claims.holders(question)
    return Item(
        id=name,
        messages=task.prompt(claims.ask(question)),
        gold=claims.worked(question),
        slices={"code": claims.code(found)},
        facts={"code": claims.code(found), "steps": claims.steps(question, found)},
    )


task = Task(
    name=claims.NAME,
    version=2,
    domain="patent",
    summary=(
        "Decide on a claim of three elements, given the elements of two earlier documents, A and B, three each: 102 if "
        "one document has all three, 103 if only both together do, else ALLOW."
    ),
    answer_format=(
        'One JSON object with the key code, one of "102", "103" and "ALLOW", as in {"code": "103"}; the last one '
        "counts. Working before it is welcome, within the 48 tokens an output may have. Without the object, 'code: "
        "103' or a code and nothing else is read; any other output is unreadable and scores 0. Decoding is greedy."
    ),
    system='All in one document: 102. Both together: 103. Else: ALLOW. Reply with JSON: {"code": "..."}',
    template="{question}",
    metric="macro_f1",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=48,
    # None: a tuned model ends its turn after the object, and a stop string such as "}" would cut the object off.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    aggregate=Aggregate(kind="macro-f1", over="code"),
    # All of a claim and most of the prior art: letters and a few elements alone are not a question.
    overlap_words=15,
    secondary={"steps_right": "share of the claim's elements charted rightly; higher is better"},
    slices={"code": "the right decision: 102, 103 or ALLOW"},
)
