"""What the child process knows: questions about molecules, answered by RDKit.

A function may raise whatever RDKit raises; the process answers None then. Only ``rdkit_helper`` calls these.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from ftdojo.scorers.chemistry import groups
from ftdojo.scorers.chemistry.dots import dotted
from ftdojo.scorers.chemistry.neighbours import better
from ftdojo.scorers.chemistry.oracles import ORACLES
from ftdojo.scorers.chemistry.rdkit_parts import rdkit

Mol = Any
RADIUS = 2


def questions() -> dict[str, Callable[..., Any]]:
    """Return the functions that the process answers with, by name."""
    of_one = (is_molecule, group_counts, oracle, improved, dotted)
    of_two = (tanimoto, contains, scaffolds, likeness, key_likeness)
    return {function.__name__: function for function in (*of_one, *of_two)}


def is_molecule(smiles: str) -> bool:
    """Return whether RDKit reads ``smiles``."""
    return _read(smiles) is not None


def tanimoto(one: str, other: str, bits: int) -> float | None:
    """Return the similarity of Morgan fingerprints of ``bits`` bits."""
    mols = _read(one), _read(other)
    if None in mols:
        return None
    return _similarity(*(_morgan(bits).GetFingerprint(mol) for mol in mols))


def group_counts(smiles: str, names: Sequence[str]) -> list[int] | None:
    """Return how often each group occurs; None for no molecule or an unknown group."""
    mol = _read(smiles)
    if mol is None or not set(names) <= set(groups.SMARTS):
        return None
    return [
        _matches(mol, name) - (_matches(mol, groups.WITHOUT[name]) if name in groups.WITHOUT else 0)
        for name in names
    ]


def contains(whole: str, part: str) -> tuple[bool, int] | None:
    """Return whether ``whole`` holds ``part``, and how many heavy atoms it has more."""
    large, small = _read(whole), _read(part)
    if large is None or small is None:
        return None
    more = large.GetNumHeavyAtoms() - small.GetNumHeavyAtoms()
    return large.HasSubstructMatch(small), more


@lru_cache(4096)
def oracle(smiles: str, prop: str) -> float | None:
    """Return a property; None for no molecule."""
    mol = _read(smiles)
    return None if mol is None else float(ORACLES[prop](mol))


def scaffolds(one: str, other: str) -> tuple[bool, float]:
    """Return whether the Murcko scaffolds are equal, and their Tanimoto similarity (1024 bits).

    The published rule looks for a common substructure first and gives 0 without one; a single common atom is one, so
    a test for a common element is the same and takes no search.
    """
    mols = _read(one), _read(other)
    if not any(mol.GetRingInfo().NumRings() for mol in mols):
        return (
            True,
            1.0,
        )  # Neither has a scaffold; taking a long chain off atom by atom would take seconds.
    scaffold = rdkit("Chem.Scaffolds.MurckoScaffold").MurckoScaffoldSmiles
    first, second = scaffold(one), scaffold(other)
    if first == second:
        return True, 1.0
    mols = _read(first), _read(second)
    elements = [{atom.GetAtomicNum() for atom in mol.GetAtoms()} for mol in mols]
    if not elements[0] & elements[1]:
        return False, 0.0
    return False, _similarity(*(_morgan(1024).GetFingerprint(mol) for mol in mols))


def likeness(one: str, other: str) -> tuple[list[str | None], bool, bool, float]:
    """Return canonical SMILES without stereochemistry, equality by InChI, whether there is one, and similarity."""
    plain = [_canonical(one), _canonical(other)]
    if not all(plain):
        return plain, False, False, 0.0
    mols = [_read(str(smiles)) for smiles in plain]
    same, named = _same_inchi(one, other)
    return plain, same, named, _or_zero(_counted_morgan, mols)


def key_likeness(one: str, other: str) -> list[float]:
    """Return the similarity of MACCS keys and of RDKit's own fingerprint."""
    mols = [_read(one), _read(other)]
    return [_or_zero(kind, mols) for kind in (_maccs, _rdk)]


def improved(smiles: str, prop: str, least: float) -> str | None:
    """Return the first neighbour that is better in ``prop`` and at least ``least`` alike; None if none is."""
    alike = (each for each in better(smiles, prop) if (tanimoto(smiles, each, 2048) or 0) >= least)
    return next(alike, None)


def _read(smiles: str) -> Mol:
    return rdkit("Chem").MolFromSmiles(smiles)


def _canonical(smiles: str) -> str | None:
    try:
        mol = _read(smiles) if smiles else None
        return None if mol is None else rdkit("Chem").MolToSmiles(mol, isomericSmiles=False)
    except Exception:  # Text that RDKit cannot even take, such as a lone surrogate.
        return None


def _same_inchi(one: str, other: str) -> tuple[bool, bool]:
    """Return whether two molecules have one InChI, and whether ``other`` has any; the formula is part of it and faster."""
    named = bool(_inchi(other))
    if named and _formula(one) != _formula(other):
        return False, named
    return _inchi(one) == _inchi(other), named


def _formula(smiles: str) -> str:
    return str(rdkit("Chem.rdMolDescriptors").CalcMolFormula(_read(smiles)))


@lru_cache(4096)
def _inchi(smiles: str) -> str:
    return str(rdkit("Chem").MolToInchi(_read(smiles)))


def _or_zero(kind: Callable[[Mol], Any], mols: Sequence[Mol]) -> float:
    try:
        return _similarity(*map(kind, mols))
    except Exception:  # One fingerprint that fails takes no other with it.
        return 0.0


def _counted_morgan(mol: Mol) -> Any:
    return _morgan(2048).GetSparseCountFingerprint(mol)


def _maccs(mol: Mol) -> Any:
    return rdkit("Chem.MACCSkeys").GenMACCSKeys(mol)


def _rdk(mol: Mol) -> Any:
    return rdkit("Chem").RDKFingerprint(mol)


def _similarity(one: Any, other: Any) -> float:
    return float(rdkit("DataStructs").TanimotoSimilarity(one, other))


@cache
def _morgan(bits: int) -> Any:
    return rdkit("Chem.rdFingerprintGenerator").GetMorganGenerator(radius=RADIUS, fpSize=bits)


@cache
def _pattern(group: str) -> Mol:
    return rdkit("Chem").MolFromSmarts(groups.SMARTS[group])


def _matches(mol: Mol, group: str) -> int:
    return len(mol.GetSubstructMatches(_pattern(group)))
