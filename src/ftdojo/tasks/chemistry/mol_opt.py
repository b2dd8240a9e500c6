"""chemistry/mol-opt: change a molecule so that a property rises, three of ChemCoTBench's six sub-tasks.

The other three (drd, gsk, jnk) need trained models that no package ships, so no answer to them can succeed: the published
evaluator counts them as 0, which caps its success rate at 50; our splits leave them out. The published rule takes any
molecule that is better, so that one answer fits most questions; ours requires a form of the source. 95 % of the 300
questions are held out; those for which a quick search finds no better neighbour are dropped.
"""

from functools import cache

from ftdojo.records import Aggregate, Direction, Grade, Item, Published, Reference, Split, Task
from ftdojo.scorers.chemistry import columns, strict
from ftdojo.scorers.chemistry.published import WITH_ORACLE
from ftdojo.scorers.chemistry.questions import MOL_OPT, Question
from ftdojo.tasks.chemistry.bench import Bench
from ftdojo.tasks.chemistry.datasets import CHEMCOTBENCH
from ftdojo.tasks.chemistry.sources import sources_of

BENCH = Bench(part="mol_opt", subtasks=WITH_ORACLE, published=MOL_OPT)
MAX_NEW_TOKENS = 512


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, sub-task by sub-task."""
    return BENCH.items(split)


@cache
def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the published slices, those without an oracle included; whatever the answer, these score 0."""
    return BENCH.published_items(split)


def grade(output: str, item: Item) -> Grade:
    """Score an output by whether the property rises, if it is still a form of the source."""
    return strict.grade(output, Question(**item.facts))


task = Task(
    name="chemistry/mol-opt",
    version=2,
    domain="chemistry",
    summary=(
        "Change a molecule given as a SMILES string so that a property rises: logP (logp, RDKit's Crippen model), "
        "drug-likeness (qed, RDKit's QED) or solubility in water (solubility, the benchmark's linear ESOL model). An "
        "answer succeeds if the property is higher than the source's and if it is still a form of the source: a Tanimoto "
        f"similarity of {strict.OPT_ALIKE} or more (Morgan fingerprint, radius 2, 2048 bits), or nothing but up to "
        f"{strict.NEAR_ATOMS} heavy atoms more or fewer. The score is the unweighted mean over the three properties. The "
        "benchmark's drd, gsk and jnk are unavailable: their models are in no package."
    ),
    answer_format=(
        'JSON with the key Final Target Molecule, as in {"Final Target Molecule": "CCO"}; reasoning may stand before it, and '
        'the last occurrence of the key counts. The keys "output" and "answer" are read, too, and so is an output that is '
        f"nothing but a SMILES string. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without an answer an "
        "output is unreadable; an answer that is not a molecule fails. Both score 0."
    ),
    system="",
    template="{question}",
    metric="success_rate",
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
        "valid": "share of answers that are molecules; higher is better",
        "improved": "share with a higher property, whatever the molecule (the published rule); higher is better",
        "similarity": "Tanimoto similarity to the source, 0 to 1; neither way is better by itself",
    },
    slices={"subtask": "the property"},
    reference=Reference(
        mark=lambda output, item: columns.mark(output, Question(**item.facts)),
        total=columns.totals("mol_opt"),
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
        for metric, base, tuned in (("SR", 23.33, 34.44), ("VS", 68.67, 90.00))
        for who, score in (("base", base), ("FT-Agent", tuned))
    ),
)
