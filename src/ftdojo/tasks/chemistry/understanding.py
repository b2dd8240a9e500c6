"""Makes questions about one molecule, or two that may be the same: counts, scaffolds, rings, equality."""

import random
from functools import cache, lru_cache
from typing import Any

from ftdojo.scorers.chemistry.rdkit_parts import rdkit
from ftdojo.tasks.chemistry import prompts
from ftdojo.tasks.chemistry.fragments import NONE, Drawn, filled, shuffled
from ftdojo.tasks.chemistry.worked import EDITED, Worked

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


def fg_count(rng: random.Random, drawn: Drawn) -> Worked | None:
    """Ask for the number of a functional group, mostly one that is there."""
    mol, chem = _mol(drawn.smiles), rdkit("Chem")
    found = {name: mol.GetSubstructMatches(_smarts(smarts)) for name, smarts in GROUPS.items()}
    there = [name for name, matches in found.items() if matches]
    if not there:
        return None
    name = rng.choice(there if rng.random() < 0.95 else list(GROUPS))
    pieces = [chem.MolFragmentToSmiles(mol, list(match)) for match in found[name]]
    return Worked(
        subtask="fg_count",
        query=prompts.fg_count(drawn.smiles, name),
        working=f"Pieces that are {name}, with the atom they hang on: {', '.join(pieces) or 'none'}. "
        f"Number: {len(pieces)}.",
        answer=str(len(pieces)),
    )


def ring_count(rng: random.Random, drawn: Drawn) -> Worked | None:
    """Ask for the number of a ring that is there."""
    mol = _mol(drawn.smiles)
    counts = {ring: len(mol.GetSubstructMatches(_mol(ring))) for ring in RING_UNITS}
    there = [ring for ring, count in counts.items() if count]
    if not there:
        return None
    ring = rng.choice(there)
    rings = _rings(mol)
    return Worked(
        subtask="ring_count",
        query=prompts.ring_count(drawn.smiles, ring),
        working=f"Rings of the molecule: {', '.join(rings)}. {ring} occurs {counts[ring]} times.",
        answer=str(counts[ring]),
    )


def murcko(rng: random.Random, drawn: Drawn) -> Worked | None:
    """Ask for the Murcko scaffold of a molecule that has one."""
    scaffold = rdkit("Chem.Scaffolds.MurckoScaffold").MurckoScaffoldSmiles(drawn.smiles)
    if not scaffold:
        return None
    mol = _mol(drawn.smiles)
    rings = _rings(mol)
    return Worked(
        subtask="Murcko_scaffold",
        query=prompts.murcko(drawn.smiles),
        working=f"Rings to keep: {', '.join(rings)}, and the bonds between them. All else goes.",
        answer=str(scaffold),
    )


def ring_system(rng: random.Random, drawn: Drawn) -> Worked | None:
    """Ask whether a ring is there; in half of the questions it is."""
    mol = _mol(drawn.smiles)
    holds = {ring: mol.HasSubstructMatch(_mol(ring)) for ring in RING_UNITS}
    wanted = rng.random() < 0.5
    rings = [ring for ring, there in holds.items() if there == wanted]
    if not rings:
        return None
    own = _rings(mol)
    ring, answer = rng.choice(rings), "Yes" if wanted else "No"
    return Worked(
        subtask="ring_system_scaffold",
        query=prompts.ring_system(drawn.smiles, ring),
        working=f"Rings of the molecule: {', '.join(own) or 'none'}. Is {ring} among them? {answer}.",
        answer=answer,
    )


def equivalence(rng: random.Random, drawn: Drawn) -> Worked | None:
    """Ask whether two SMILES are one molecule; half of them are, the others differ in one group."""
    same = rng.random() < 0.5
    other = drawn.smiles if same else filled(drawn.frame, rng.choice((*EDITED.values(), NONE)))
    if not same and other == drawn.smiles:
        return None
    answer, written = "Yes" if same else "No", shuffled(other, rng.randrange(1 << 30))
    return Worked(
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
