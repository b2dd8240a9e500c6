"""chemistry/mol-und: what a molecule is made of, five sub-tasks of ChemCoTBench.

Functional groups and rings to count, the Murcko scaffold to write, ring systems to find, two SMILES to compare. All
of the benchmark's 320 questions are of one file, so every split comes from it: 95 % are held out, sub-task by
sub-task, and training rows are of our own making or of ChemCoTDataset.
"""

from functools import cache

from ftdojo.records import Aggregate, Direction, Grade, Item, Published, Reference, Split, Task
from ftdojo.scorers.chemistry import columns, strict
from ftdojo.scorers.chemistry.questions import MOL_UND, Question
from ftdojo.tasks.chemistry.bench import Bench
from ftdojo.tasks.chemistry.datasets import CHEMCOTBENCH
from ftdojo.tasks.chemistry.sources import sources_of

BENCH = Bench(part="mol_und", subtasks=MOL_UND, published=MOL_UND)
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
    """Score an output by the rule of its sub-task."""
    return strict.grade(output, Question(**item.facts))


task = Task(
    name="chemistry/mol-und",
    version=2,
    domain="chemistry",
    summary=(
        "Understand molecules given as SMILES strings, in five sub-tasks: count a named functional group (fg_count) or a "
        "ring (ring_count), write the Murcko scaffold (Murcko_scaffold), say whether a ring system is part of the "
        "molecule (ring_system_scaffold; two in three are) and whether two SMILES are the same molecule (equivalence; "
        "half are). The score is the unweighted mean over the sub-tasks: exact counts and answers score 1, a scaffold "
        "its Tanimoto similarity to the right one (Morgan fingerprint, radius 2, 1024 bits)."
    ),
    answer_format=(
        'JSON with the key that the prompt asks for, as in {"count": "2"}, {"Output Scaffold": "c1ccccc1"} or '
        '{"output": "Yes"}; reasoning may stand before it, and the last occurrence of the key counts. The key "answer" '
        "is read, too, and so is an output that is nothing but the answer; nothing is picked out of a sentence. A count "
        f"is a whole number. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without an answer an output is "
        "unreadable and scores 0."
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
    # The instructions are some sixty words, which all questions of a sub-task share.
    overlap_words=100,
    datasets=(CHEMCOTBENCH,),
    aggregate=Aggregate(kind="mean-of-slices", over="subtask"),
    secondary={
        "accuracy": "share of answers that are exactly right (a scaffold: the same molecule); higher is better",
        "mae": (
            "fg_count and ring_count: how far the count is off, at most 10, which is also what an unreadable one is "
            "charged with; lower is better"
        ),
        "tanimoto": "Murcko_scaffold: similarity to the right scaffold, 0 to 1; higher is better",
        "valid": "Murcko_scaffold: share of answers that are molecules; higher is better",
    },
    slices={"subtask": "the sub-task"},
    reference=Reference(
        mark=lambda output, item: columns.mark(output, Question(**item.facts)),
        total=columns.totals("mol_und"),
        origin=columns.ORIGIN,
    ),
    reference_items=reference_items,
    published=tuple(
        Published(
            metric=metric, model="Qwen2.5-7B-Instruct", who=who, score=score, direction=direction
        )
        for metric, direction, base, tuned in (
            ("MAE", Direction.LOWER, 0.53, 0.23),
            ("TMS", Direction.HIGHER, 0.09, 0.36),
            ("Acc", Direction.HIGHER, 63.67, 67.55),
        )
        for who, score in (("base", base), ("FT-Agent", tuned))
    ),
)
