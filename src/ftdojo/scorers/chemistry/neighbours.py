"""A better neighbour of a molecule: one small change that improves a property.

It shows that a question of the optimization task can be answered, and is the answer a task is proven with; it is not
the best one. Only ``rdkit_helper`` calls this.
"""

from collections.abc import Iterator
from typing import Any

from ftdojo.scorers.chemistry.oracles import ORACLES
from ftdojo.scorers.chemistry.rdkit_parts import rdkit

Mol = Any
ADDED = {
    "logp": ("Cl", "C", "F", "CC"),
    "solubility": ("O", "N", "C(=O)O", "S(N)(=O)=O"),
    "qed": ("O", "C", "F"),
}
"""Property -> what is put in the place of a hydrogen, in this order."""
LEAST_GAIN = 1e-3


def better(smiles: str, prop: str) -> Iterator[str]:
    """Yield neighbours of ``smiles`` that are better in ``prop``."""
    chem = rdkit("Chem")
    source = chem.MolFromSmiles(smiles)
    start = ORACLES[prop](source)
    for mol in _changed(source, prop):
        if ORACLES[prop](mol) > start + LEAST_GAIN:
            yield chem.MolToSmiles(mol)


def _changed(source: Mol, prop: str) -> Iterator[Mol]:
    """Yield neighbours; those that are likely to be better come first, since QED takes milliseconds each."""
    if prop == "qed":
        yield from _trimmed(source)
    for fragment in ADDED[prop]:
        yield from _with(source, fragment)


def _with(source: Mol, fragment: str) -> Iterator[Mol]:
    """Yield ``source`` with ``fragment`` in the place of a hydrogen, once for every kind of place."""
    chem = rdkit("Chem")
    piece, seen = chem.MolFromSmiles(fragment), set()
    ranks = list(chem.CanonicalRankAtoms(source, breakTies=False))
    for atom in source.GetAtoms():
        if not atom.GetTotalNumHs() or atom.GetAtomicNum() != 6 or ranks[atom.GetIdx()] in seen:
            continue
        seen.add(ranks[atom.GetIdx()])
        grown = chem.RWMol(chem.CombineMols(source, piece))
        grown.AddBond(atom.GetIdx(), source.GetNumAtoms(), chem.BondType.SINGLE)
        if (mol := _clean(grown)) is not None:
            yield mol


def _trimmed(source: Mol) -> Iterator[Mol]:
    """Yield ``source`` without one of its ends, or with another atom there."""
    chem = rdkit("Chem")
    for atom in source.GetAtoms():
        if atom.GetDegree() != 1 or any(near.GetFormalCharge() for near in _around(atom)):
            continue
        for number in (None, 8, 6, 9, 7):
            cut = chem.RWMol(source)
            if number is None:
                cut.RemoveAtom(atom.GetIdx())
            elif number != atom.GetAtomicNum():
                cut.GetAtomWithIdx(atom.GetIdx()).SetAtomicNum(number)
            if (mol := _clean(cut)) is not None:
                yield mol


def _around(atom: Any) -> tuple[Any, ...]:
    return (atom, *atom.GetNeighbors())


def _clean(changed: Any) -> Mol | None:
    """Return ``changed`` read anew from its SMILES, if it is a molecule in one piece."""
    chem = rdkit("Chem")
    try:
        smiles = chem.MolToSmiles(changed)
    except RuntimeError:
        return None
    return None if "." in smiles else chem.MolFromSmiles(smiles)
