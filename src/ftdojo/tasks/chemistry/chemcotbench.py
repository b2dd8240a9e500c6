"""ChemCoTBench: understanding, editing and optimizing molecules, and reactions; four tasks of several sub-tasks each.

chemistry/mol-und: what a molecule is made of. Functional groups and rings to count, the Murcko scaffold to write, ring
systems to find, two SMILES to compare. All of the benchmark's 320 questions are of one file, so every split comes from it:
95 % are held out, sub-task by sub-task, and training rows are of our own making or of ChemCoTDataset.

chemistry/mol-edit: add, delete or exchange a functional group. The published rule counts groups and checks nothing else,
so that ``CC`` passes most deletions. Ours also requires that the answer is a form of the source. Two questions that no
answer can pass are left out: a carboxyl that takes the place of a hydroxyl brings a hydroxyl along. 95 % of the 100
questions are held out.

chemistry/mol-opt: change a molecule so that a property rises, three of six sub-tasks. The other three (drd, gsk, jnk) need
trained models that no package ships, so no answer to them can succeed: the published evaluator counts them as 0, which
caps its success rate at 50; our splits leave them out. The published rule takes any molecule that is better, so that one
answer fits most questions; ours requires a form of the source. 95 % of the 300 questions are held out; those for which a
quick search finds no better neighbour are dropped.

chemistry/reaction: products, reactants, next steps and mechanisms. Published right answers have lost the dots between
their molecules: most of retro's and some of fs'. Ours have them back, and questions of retro for which that cannot be done
with certainty are left out. The keys that the prompts themselves request (``pred_smi`` of nepp) are read. rcr is in no
column of the paper and only in the published splits. A sub-task of which fewer than 20 rows are here is left out of our
splits; 95 % of the others are held out.
"""

from functools import cache, partial

from ftdojo.records import Aggregate, Direction, Grade, Item, Published, Replication, Split, Task
from ftdojo.tasks.chemistry import strict
from ftdojo.tasks.chemistry.bench import ORIGIN, Bench, mark, totals
from ftdojo.tasks.chemistry.published import WITH_ORACLE
from ftdojo.tasks.chemistry.questions import (
    CHEMCOTBENCH,
    MOL_EDIT,
    MOL_OPT,
    MOL_UND,
    REACTION,
    Question,
)
from ftdojo.tasks.chemistry.sources import sources_of

MAX_NEW_TOKENS = 512
MODEL = "Qwen2.5-7B-Instruct"
MOL_UND_ROWS = Bench(part="mol_und", subtasks=MOL_UND, published=MOL_UND)
MOL_EDIT_ROWS = Bench(part="mol_edit", subtasks=MOL_EDIT, published=MOL_EDIT)
MOL_OPT_ROWS = Bench(part="mol_opt", subtasks=WITH_ORACLE, published=MOL_OPT)
REACTION_ROWS = Bench(
    part="reaction", subtasks=("fs", "retro", "nepp", "mechsel"), published=REACTION
)


@cache
def items(bench: Bench, split: Split) -> tuple[Item, ...]:
    """Return the questions of our ``split``, sub-task by sub-task."""
    return bench.items(split)


@cache
def reference_items(bench: Bench, split: Split) -> tuple[Item, ...]:
    """Return the published slices of the rows that are here."""
    return bench.published_items(split)


def grade(output: str, item: Item) -> Grade:
    """Score an output by the rule of its sub-task."""
    return strict.grade(output, Question(**item.facts))


def _replication(bench: Bench, published: tuple[Published, ...]) -> Replication:
    return Replication(
        mark=lambda output, item: mark(output, Question(**item.facts)),
        total=totals(bench.part),
        origin=ORIGIN,
        items=partial(reference_items, bench),
        published=published,
    )


mol_und = Task(
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
    sources=sources_of(MOL_UND_ROWS),
    items=partial(items, MOL_UND_ROWS),
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
    replication=_replication(
        MOL_UND_ROWS,
        published=(
            *Published.figures(
                "MAE", (MODEL, "base", 0.53), (MODEL, "FT-Agent", 0.23), direction=Direction.LOWER
            ),
            *Published.figures("TMS", (MODEL, "base", 0.09), (MODEL, "FT-Agent", 0.36)),
            *Published.figures("Acc", (MODEL, "base", 63.67), (MODEL, "FT-Agent", 67.55)),
        ),
    ),
)


mol_edit = Task(
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
    sources=sources_of(MOL_EDIT_ROWS),
    items=partial(items, MOL_EDIT_ROWS),
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
    replication=_replication(
        MOL_EDIT_ROWS,
        published=Published.figures(
            "Acc",
            ("Qwen2.5-7B-Instruct", "base", 22.20),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 54.44),
            ("Qwen2.5-3B-Instruct", "base", 14.44),
            ("Qwen2.5-3B-Instruct", "FT-Agent", 54.55),
        ),
    ),
)


mol_opt = Task(
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
    sources=sources_of(MOL_OPT_ROWS),
    items=partial(items, MOL_OPT_ROWS),
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
    replication=_replication(
        MOL_OPT_ROWS,
        published=(
            *Published.figures("SR", (MODEL, "base", 23.33), (MODEL, "FT-Agent", 34.44)),
            *Published.figures("VS", (MODEL, "base", 68.67), (MODEL, "FT-Agent", 90.00)),
        ),
    ),
)


reaction = Task(
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
    sources=sources_of(REACTION_ROWS),
    items=partial(items, REACTION_ROWS),
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
    replication=_replication(
        REACTION_ROWS,
        published=(
            *Published.figures("FTS", (MODEL, "base", 15.59), (MODEL, "FT-Agent", 30.92)),
            *Published.figures("Acc", (MODEL, "base", 30.00), (MODEL, "FT-Agent", 35.33)),
        ),
    ),
)
