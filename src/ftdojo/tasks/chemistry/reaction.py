"""chemistry/reaction: products, reactants, next steps and mechanisms of reactions, from ChemCoTBench.

Published right answers have lost the dots between their molecules: most of retro's and some of fs'. Ours have them back,
and questions of retro for which that cannot be done with certainty are left out.
The keys that the prompts themselves request (``pred_smi`` of nepp) are read. rcr is in no column of the paper and only in
the published splits. A sub-task of which fewer than 20 rows are here is left out of our splits; 95 % of the others are
held out.
"""

from functools import cache

from ftdojo.records import Aggregate, Direction, Grade, Item, Published, Reference, Split, Task
from ftdojo.scorers.chemistry import columns, strict
from ftdojo.scorers.chemistry.questions import REACTION, Question
from ftdojo.tasks.chemistry.bench import Bench
from ftdojo.tasks.chemistry.datasets import CHEMCOTBENCH
from ftdojo.tasks.chemistry.sources import sources_of

BENCH = Bench(part="reaction", subtasks=("fs", "retro", "nepp", "mechsel"), published=REACTION)
MAX_NEW_TOKENS = 512


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, sub-task by sub-task."""
    return BENCH.items(split)


@cache
def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slices of the rows that are here."""
    return BENCH.published_items(split)


def grade(output: str, item: Item) -> Grade:
    """Score an output by its similarity to the right molecules, or by the letter of the right mechanism."""
    return strict.grade(output, Question(**item.facts))


task = Task(
    name="chemistry/reaction",
    version=2,
    domain="chemistry",
    summary=(
        "Predict reactions of molecules given as SMILES strings: the main product (fs), the reactants, joined by dots "
        "(retro), the products of the next elementary step (nepp), and which of several mechanisms is right (mechsel). A "
        "molecule scores its Tanimoto similarity to the right one (counted Morgan fingerprint, radius 2, without "
        "stereochemistry), a choice 1 or 0. The score is the unweighted mean over the sub-tasks of which there are rows; "
        "a partial copy of the benchmark may hold fs and retro only."
    ),
    answer_format=(
        'JSON with the key that the prompt asks for: {"Major Product": "CCO"}, {"Reactants": "CCO.CC"}, '
        '{"pred_smi": "CCO"} or {"choice": "A"}; reasoning may stand before it, and the last occurrence of the key counts. '
        'The keys "output" and "answer" are read, too, and so is an output that is nothing but the answer. Reactants may be '
        f"a list. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without an answer an output is unreadable; "
        "an answer that is not a molecule is wrong. Both score 0."
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
    # The instructions are over a hundred words, which all questions of a sub-task share.
    overlap_words=160,
    datasets=(CHEMCOTBENCH,),
    aggregate=Aggregate(kind="mean-of-slices", over="subtask"),
    secondary={
        "exact_match": "share of answers that are exactly right, stereochemistry included; higher is better",
        "valid": "fs, retro, nepp: share of answers that are molecules; higher is better",
    },
    slices={"subtask": "the sub-task"},
    reference=Reference(
        mark=lambda output, item: columns.mark(output, Question(**item.facts)),
        total=columns.totals("reaction"),
        origin=columns.ORIGIN,
    ),
    reference_items=reference_items,
    published=tuple(
        Published(
            metric=metric,
            model="Qwen2.5-7B-Instruct",
            who=who,
            score=score,
            direction=Direction.HIGHER,
        )
        for metric, base, tuned in (("FTS", 15.59, 30.92), ("Acc", 30.00, 35.33))
        for who, score in (("base", base), ("FT-Agent", tuned))
    ),
)
