"""chemistry/mol-edit: add, delete or exchange a functional group, three sub-tasks of ChemCoTBench.

The published rule counts groups and checks nothing else, so that ``CC`` passes most deletions. Ours also requires that the
answer is a form of the source. Two questions that no answer can pass are left out: a carboxyl that takes the place of
a hydroxyl brings a hydroxyl along. 95 % of the 100 questions are held out.
"""

from functools import cache

from ftdojo.records import Aggregate, Direction, Grade, Item, Published, Reference, Split, Task
from ftdojo.scorers.chemistry import columns, strict
from ftdojo.scorers.chemistry.questions import MOL_EDIT, Question
from ftdojo.tasks.chemistry.bench import Bench
from ftdojo.tasks.chemistry.datasets import CHEMCOTBENCH
from ftdojo.tasks.chemistry.sources import sources_of

BENCH = Bench(part="mol_edit", subtasks=MOL_EDIT, published=MOL_EDIT)
MAX_NEW_TOKENS = 512


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, sub-task by sub-task."""
    return BENCH.items(split)


@cache
def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slices."""
    return BENCH.published_items(split)


def grade(output: str, item: Item) -> Grade:
    """Score an output by the change in functional groups, if it is still a form of the source."""
    return strict.grade(output, Question(**item.facts))


task = Task(
    name="chemistry/mol-edit",
    version=2,
    domain="chemistry",
    summary=(
        "Edit molecules given as SMILES strings: add a functional group (add), delete one (delete), or put one in the "
        "place of another (sub). An answer is right if RDKit counts exactly one more of the added group and one fewer "
        "of the removed group than in the source, and if it is still a form of the source: a Tanimoto similarity of "
        f"{strict.EDIT_ALIKE} or more (Morgan fingerprint, radius 2, 2048 bits), or nothing but up to "
        f"{strict.NEAR_ATOMS} heavy atoms more or fewer. The score is the unweighted mean over the three sub-tasks."
    ),
    answer_format=(
        'JSON with the key output, as in {"output": "CCO"}; reasoning may stand before it, and the last occurrence of the '
        'key counts. The key "answer" is read, too, and so is an output that is nothing but a SMILES string. An output '
        f"may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without an answer an output is unreadable; an answer that is "
        "no molecule is wrong. Both score 0."
    ),
    system="",
    template="{question}",
    metric="score",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=sources_of(BENCH),
    items=items,
    grade=grade,
    # The instructions are some seventy words, which all questions of a sub-task share.
    overlap_words=110,
    datasets=(CHEMCOTBENCH,),
    aggregate=Aggregate(kind="mean-of-slices", over="subtask"),
    secondary={
        "valid": "share of answers that are molecules; higher is better",
        "groups_right": "share whose functional groups changed as asked, whatever the molecule; higher is better",
        "similarity": "Tanimoto similarity to the source, 0 to 1; neither way is better by itself",
    },
    slices={"subtask": "the sub-task"},
    reference=Reference(
        mark=lambda output, item: columns.mark(output, Question(**item.facts)),
        total=columns.totals("mol_edit"),
        origin=columns.ORIGIN,
    ),
    reference_items=reference_items,
    published=tuple(
        Published(metric="Acc", model=model, who=who, score=score, direction=Direction.HIGHER)
        for model, who, score in (
            ("Qwen2.5-7B-Instruct", "base", 22.20),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 54.44),
            ("Qwen2.5-3B-Instruct", "base", 14.44),
            ("Qwen2.5-3B-Instruct", "FT-Agent", 54.55),
        )
    ),
)
