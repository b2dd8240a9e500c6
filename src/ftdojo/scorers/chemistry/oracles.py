"""Properties of a molecule that need no trained model, and small changes that improve one.

The benchmark's three binding oracles (DRD2, GSK3-beta, JNK3) are trained models that no package ships. A better neighbour
(``better``) shows that a question of the optimization task can be answered, and is the answer a task is proven with; it is
not the best one. RDKit's modules are loaded at first use; its type stubs lack half of the names, so they are ``Any`` here.
"""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from ftdojo.errors import MissingExtra

Mol = Any
ESOL = {
    "intercept": 0.26121066137801696,
    "weight": -0.0066138847738667125,
    "logp": -0.7416739523408995,
    "rotors": 0.003451545565957996,
    "aromatic": -0.42624840441316975,
}
"""The benchmark's own fit of Delaney's linear model of solubility."""
PENALIZED = {
    "logp": (2.4570953396190123, 1.434324401111988),
    "synthesis": (-3.0525811293166134, 0.8335207024513095),
    "cycle": (-0.0485696876403053, 0.2860212110245455),
}
"""Mean and standard deviation over ZINC by which the three terms of penalized logP are normalized."""
LARGEST_FREE_CYCLE = 6
ADDED = {
    "logp": ("Cl", "C", "F", "CC"),
    "solubility": ("O", "N", "C(=O)O", "S(N)(=O)=O"),
    "qed": ("O", "C", "F"),
}
"""Property -> what is put in the place of a hydrogen, in this order."""
LEAST_GAIN = 1e-3


def rdkit(name: str) -> Any:
    """Return the module ``rdkit.<name>``.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    try:
        return import_module(f"rdkit.{name}")
    except ImportError as error:
        raise MissingExtra("Molecules need rdkit: pip install 'ftdojo[chem]'.") from error


def logp(mol: Mol) -> float:
    """Return Crippen's logP."""
    return float(rdkit("Chem.Crippen").MolLogP(mol))


def qed(mol: Mol) -> float:
    """Return the quantitative estimate of drug-likeness, 0 to 1."""
    return float(rdkit("Chem.QED").qed(mol))


def solubility(mol: Mol) -> float:
    """Return the logarithm of the solubility in water, by the benchmark's fit."""
    aromatic = sum(atom.GetIsAromatic() for atom in mol.GetAtoms()) / mol.GetNumAtoms()
    terms = {
        "logp": logp(mol),
        "weight": rdkit("Chem.Descriptors").MolWt(mol),
        "rotors": rdkit("Chem.Lipinski").NumRotatableBonds(mol),
        "aromatic": aromatic,
    }
    return ESOL["intercept"] + sum(ESOL[name] * float(value) for name, value in terms.items())


def penalized_logp(mol: Mol) -> float:
    """Return logP less synthetic accessibility and rings of over six atoms, each normalized (PyTDC's oracle)."""
    terms = {
        "logp": logp(mol),
        "synthesis": -_synthetic_accessibility(mol),
        "cycle": -max(0, _longest_cycle(mol) - LARGEST_FREE_CYCLE),
    }
    return sum((terms[name] - mean) / spread for name, (mean, spread) in PENALIZED.items())


ORACLES: dict[str, Callable[[Mol], float]] = {
    "logp": logp,
    "qed": qed,
    "solubility": solubility,
    "penalized_logp": penalized_logp,
}


def _synthetic_accessibility(mol: Mol) -> float:
    return float(_sascorer().calculateScore(mol))


@cache
def _sascorer() -> Any:
    """Return the module that RDKit ships beside its packages."""
    from importlib.util import module_from_spec, spec_from_file_location

    path = Path(rdkit("RDConfig").RDContribDir) / "SA_Score" / "sascorer.py"
    spec = spec_from_file_location("sascorer", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _longest_cycle(mol: Mol) -> int:
    """Return the length of the longest cycle of a cycle basis by Paton's method, from the last atom of each part.

    A cycle basis is not the set of smallest rings: two fused rings may yield their outer cycle. Where the search
    starts decides, so it starts where networkx starts.
    """
    joined = {
        atom.GetIdx(): sorted(other.GetIdx() for other in atom.GetNeighbors())
        for atom in mol.GetAtoms()
    }
    left, longest = dict.fromkeys(joined), 0
    while left:
        root, _ = left.popitem()
        above, lengths = _cycles_from(root, joined)
        longest = max(longest, *lengths, 0)
        for atom in above:
            left.pop(atom, None)
    return longest


def _cycles_from(root: int, joined: dict[int, list[int]]) -> tuple[dict[int, int], list[int]]:
    """Return the tree that grows from ``root`` and the lengths of the cycles its other bonds close."""
    above, used, open_ends = {root: root}, {root: set[int]()}, [root]
    lengths = []
    while open_ends:
        here = open_ends.pop()
        for other in joined[here]:
            if other not in used:
                above[other], used[other] = here, {here}
                open_ends.append(other)
            elif other not in used[here]:
                lengths.append(_length(here, used[other], above))
                used[other].add(here)
    return above, lengths


def _length(here: int, ends: set[int], above: dict[int, int]) -> int:
    """Return how many atoms lie on the cycle through ``here`` that the tree closes at one of ``ends``."""
    length, at = 3, above[here]
    while at not in ends:
        length, at = length + 1, above[at]
    return length


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
