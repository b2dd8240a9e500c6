"""Questions in ChemCoTBench's words over molecules of our own, answered by RDKit, with the working written out.

They replace ChemCoTDataset where it cannot be obtained. No question is about a molecule of a held-out question. Some are
about one molecule, or two that may be the same: counts, scaffolds, rings, equality. The answer of the others is another
molecule: edits, improvements and reactions.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import count, cycle
from typing import Any

from ftdojo.scorers.chemistry import by_rdkit
from ftdojo.scorers.chemistry.oracles import rdkit
from ftdojo.tasks.chemistry import prompts
from ftdojo.tasks.chemistry.fragments import (
    NONE,
    DrawnMolecule,
    distinct,
    filled,
    reacted,
    shuffled,
)
from ftdojo.tasks.chemistry.strict import KEYS, OPT_ALIKE

EDITED = {
    "aldehyde": "C=O",
    "amide": "C(N)=O",
    "amine": "N",
    "benzene_ring": "c9ccccc9",
    "carboxyl": "C(=O)O",
    "halo": "Cl",
    "hydroxyl": "O",
    "nitrile": "C#N",
    "nitro": "[N+](=O)[O-]",
    "thiol": "S",
}
"""Group of the editing tasks -> what it looks like."""
GROUPS = {
    "side-chain hydroxyls": "*-[O;D1]",
    "methoxy": "*-[O;D2]-[C;D1;H3]",
    "ethoxy": "*-[O;D2]-[C;D2]-[C;D1;H3]",
    "primary amines": "*-[N;D1]",
    "cyano": "*-[C;D2]#[N;D1]",
    "carboxylic acids": "*-C(=O)[O;D1]",
    "carbonyl methyl ester": "*-C(=O)[O;D2]-[C;D1;H3]",
    "carbonyl methyl": "*-C(=O)-[C;D1;H3]",
    "methyl amide": "*-[N;D2]-[C;D3](=O)-[C;D1;H3]",
    "methyl sulfonyl": "*-[S;D4](=O)(=O)-[C;D1;H3]",
    "primary sulfonamide": "*-[S;D4](=[O;D1])(=[O;D1])-[N;D1]",
    "methylthio": "*-[S;D2]-[C;D1;H3]",
    "thiols": "*-[S;D1]",
    "halogens": "*-[#9,#17,#35,#53]",
    "trifluoromethyl": "*-[C;D4](F)(F)F",
    "cyclopropyl": "*-[C;D3]1-[C;D2]-[C;D2]1",
    "t-butyl": "*-[C;D4]([C;D1])([C;D1])-[C;D1]",
    "nitro": "*-[N;D3](=[O;D1])[O;D1]",
    "amide": "[#6][C](=O)[NX3][#6]",
    "ester": "[#6](=[#8])-[OX2]-[#6]",
}
"""Some of the benchmark's fragments, with its SMARTS."""
RING_UNITS = (
    *("c1ccccc1", "c1ccncc1", "c1cncnc1", "C1CCNCC1", "C1CCNC1", "C1CCCC1", "C1CCCCC1"),
    *("c1ccsc1", "c1ccoc1", "c1cscn1", "C1COCCN1", "c1ccc2ccccc2c1", "c1ccc2scnc2c1"),
)
FILLS = {
    "logp": (NONE, "O", "N", "C(=O)O", "Cl", "C", "CC", "C(F)(F)F"),
    "solubility": (NONE, "O", "N", "C(=O)O", "Cl", "CC", "C(F)(F)F", "S(N)(=O)=O"),
    "qed": (NONE, "[N+](=O)[O-]", "C=O", "OC", "Br", "C", "F", "S"),
}
"""Property -> groups of which two are compared in one place."""
LEAST_GAIN = 0.02


@dataclass(frozen=True, kw_only=True)
class WorkedExample:
    """A question with its working and its answer; ``others`` are molecules of the question that are canonical."""

    subtask: str
    query: str
    working: str
    answer: str
    others: tuple[str, ...] = ()

    @property
    def reply(self) -> str:
        """Return the answer in the format that the prompt requests."""
        return json.dumps({KEYS[self.subtask][0]: self.answer})


def fg_count(rng: random.Random, drawn: DrawnMolecule) -> WorkedExample | None:
    """Ask for the number of a functional group, mostly one that is there."""
    mol, chem = _mol(drawn.smiles), rdkit("Chem")
    found = {name: mol.GetSubstructMatches(_smarts(smarts)) for name, smarts in GROUPS.items()}
    there = [name for name, matches in found.items() if matches]
    if not there:
        return None
    name = rng.choice(there if rng.random() < 0.95 else list(GROUPS))
    pieces = [chem.MolFragmentToSmiles(mol, list(match)) for match in found[name]]
    return WorkedExample(
        subtask="fg_count",
        query=prompts.fg_count(drawn.smiles, name),
        working=f"Pieces that are {name}, with the atom they hang on: {', '.join(pieces) or 'none'}. "
        f"Number: {len(pieces)}.",
        answer=str(len(pieces)),
    )


def ring_count(rng: random.Random, drawn: DrawnMolecule) -> WorkedExample | None:
    """Ask for the number of a ring that is there."""
    mol = _mol(drawn.smiles)
    counts = {ring: len(mol.GetSubstructMatches(_mol(ring))) for ring in RING_UNITS}
    there = [ring for ring, count in counts.items() if count]
    if not there:
        return None
    ring = rng.choice(there)
    rings = _rings(mol)
    return WorkedExample(
        subtask="ring_count",
        query=prompts.ring_count(drawn.smiles, ring),
        working=f"Rings of the molecule: {', '.join(rings)}. {ring} occurs {counts[ring]} times.",
        answer=str(counts[ring]),
    )


def murcko(rng: random.Random, drawn: DrawnMolecule) -> WorkedExample | None:
    """Ask for the Murcko scaffold of a molecule that has one."""
    scaffold = rdkit("Chem.Scaffolds.MurckoScaffold").MurckoScaffoldSmiles(drawn.smiles)
    if not scaffold:
        return None
    mol = _mol(drawn.smiles)
    rings = _rings(mol)
    return WorkedExample(
        subtask="Murcko_scaffold",
        query=prompts.murcko(drawn.smiles),
        working=f"Rings to keep: {', '.join(rings)}, and the bonds between them. All else goes.",
        answer=str(scaffold),
    )


def ring_system(rng: random.Random, drawn: DrawnMolecule) -> WorkedExample | None:
    """Ask whether a ring is there; in half of the questions it is."""
    mol = _mol(drawn.smiles)
    holds = {ring: mol.HasSubstructMatch(_mol(ring)) for ring in RING_UNITS}
    wanted = rng.random() < 0.5
    rings = [ring for ring, there in holds.items() if there == wanted]
    if not rings:
        return None
    own = _rings(mol)
    ring, answer = rng.choice(rings), "Yes" if wanted else "No"
    return WorkedExample(
        subtask="ring_system_scaffold",
        query=prompts.ring_system(drawn.smiles, ring),
        working=f"Rings of the molecule: {', '.join(own) or 'none'}. Is {ring} among them? {answer}.",
        answer=answer,
    )


def equivalence(rng: random.Random, drawn: DrawnMolecule) -> WorkedExample | None:
    """Ask whether two SMILES are one molecule; half of them are, the others differ in one group."""
    same = rng.random() < 0.5
    other = drawn.smiles if same else filled(drawn.frame, rng.choice((*EDITED.values(), NONE)))
    if not same and other == drawn.smiles:
        return None
    answer, written = "Yes" if same else "No", shuffled(other, rng.randrange(1 << 30))
    return WorkedExample(
        subtask="equivalence",
        query=prompts.equivalence(drawn.smiles, written),
        working=f"Molecule B in canonical form: {other}. Molecule A in canonical form: {drawn.smiles}. "
        f"Equal: {answer}.",
        answer=answer,
    )


@lru_cache(256)
def _mol(smiles: str) -> Any:
    return rdkit("Chem").MolFromSmiles(smiles)


@cache
def _smarts(smarts: str) -> Any:
    return rdkit("Chem").MolFromSmarts(smarts)


def _rings(mol: Any) -> list[str]:
    """Return the smallest rings of a molecule."""
    chem = rdkit("Chem")
    return [chem.MolFragmentToSmiles(mol, list(atoms)) for atoms in mol.GetRingInfo().AtomRings()]


def edit(subtask: str, rng: random.Random, drawn: DrawnMolecule) -> WorkedExample | None:
    """Ask for an edit; only such as the rule of the groups accepts."""
    removed, added = rng.sample(sorted(EDITED), 2)
    if subtask == "add":
        source, answer = filled(drawn.frame, NONE), filled(drawn.frame, EDITED[added])
        changes, query = {added: 1}, prompts.add(source, added)
        how = f"{added} is {_plain(added)}. Put it in the place of a hydrogen."
    elif subtask == "delete":
        source, answer = filled(drawn.frame, EDITED[removed]), filled(drawn.frame, NONE)
        changes, query = {removed: -1}, prompts.delete(source, removed)
        how = f"{removed} is {_plain(removed)}. Put a hydrogen in its place."
    else:
        source, answer = filled(drawn.frame, EDITED[removed]), filled(drawn.frame, EDITED[added])
        changes, query = {removed: -1, added: 1}, prompts.sub(source, removed, added)
        how = f"{removed} is {_plain(removed)}, {added} is {_plain(added)}. Exchange them."
    if not _changed(source, answer, changes):
        return None
    return WorkedExample(subtask=subtask, query=query, working=how, answer=answer, others=(source,))


def _changed(source: str, answer: str, changes: dict[str, int]) -> bool:
    before, after = (by_rdkit.group_counts(each, list(changes)) for each in (source, answer))
    if before is None or after is None:
        return False
    return [new - old for old, new in zip(before, after, strict=True)] == list(changes.values())


def _plain(group: str) -> str:
    return EDITED[group].replace("9", "1")


def improvement(prop: str, rng: random.Random, drawn: DrawnMolecule) -> WorkedExample | None:
    """Ask for more of a property, which one group in the place of another gives."""
    groups = rng.sample(FILLS[prop], 2)
    low, high = sorted(
        ((by_rdkit.oracle(filled(drawn.frame, each), prop) or 0.0, each) for each in groups),
    )
    source, answer = filled(drawn.frame, low[1]), filled(drawn.frame, high[1])
    alike = by_rdkit.tanimoto(source, answer, 2048) or 0.0
    if high[0] - low[0] <= LEAST_GAIN or alike < OPT_ALIKE:
        return None
    old, new = (group.replace(NONE, "a hydrogen") for group in (low[1], high[1]))
    return WorkedExample(
        subtask=prop,
        query=prompts.optimize(source, prop),
        working=f"Put {new} in the place of {old}. {prop}: {low[0]:.2f} before, {high[0]:.2f} after.",
        answer=answer,
        others=(source,),
    )


def reaction(subtask: str, rng: random.Random, _: DrawnMolecule) -> WorkedExample:
    """Ask for the product of a reaction (fs) or for its reactants (retro)."""
    found = reacted(rng)
    asks = prompts.fs if subtask == "fs" else prompts.retro
    given, answer = (
        (found.reactants, found.product) if subtask == "fs" else (found.product, found.reactants)
    )
    return WorkedExample(
        subtask=subtask,
        query=asks(given, found.reagents),
        working=f"Reaction: {found.name}. {found.what}",
        answer=answer,
        others=(found.product, found.reactants),
    )


Maker = Callable[[random.Random, DrawnMolecule], WorkedExample | None]

MAKERS: dict[str, Maker] = {
    "fg_count": fg_count,
    "ring_count": ring_count,
    "Murcko_scaffold": murcko,
    "ring_system_scaffold": ring_system,
    "equivalence": equivalence,
    **{subtask: partial(edit, subtask) for subtask in ("add", "delete", "sub")},
    **{prop: partial(improvement, prop) for prop in FILLS},
    **{subtask: partial(reaction, subtask) for subtask in ("fs", "retro")},
}


def worked(
    subtasks: tuple[str, ...], seed: str, without: frozenset[str]
) -> Iterator[WorkedExample]:
    """Yield questions without end, the sub-tasks in turn; they are made as they are read, and only once.

    Args:
        subtasks: which ones.
        seed: another one gives other molecules.
        without: canonical SMILES that no question may be about.
    """
    made, coming = _endless(subtasks, seed, without)
    for at in count():
        if at == len(made):
            made.append(next(coming))
        yield made[at]


@cache
def _endless(
    subtasks: tuple[str, ...], seed: str, without: frozenset[str]
) -> tuple[list[WorkedExample], Iterator[WorkedExample]]:
    """Return the questions made so far, and those to come."""
    columns = [_made(subtask, seed, without) for subtask in subtasks]
    return [], (next(column) for column in cycle(columns))


def _made(subtask: str, seed: str, without: frozenset[str]) -> Iterator[WorkedExample]:
    rng = random.Random(f"chemcot {subtask} {seed} v1")
    seen: set[str] = set()
    for drawn in distinct(rng, without):
        made = MAKERS[subtask](rng, drawn)
        if made and made.query not in seen and without.isdisjoint(made.others):
            seen.add(made.query)
            yield made
