"""Properties of a molecule that need no trained model.

The benchmark's three binding oracles (DRD2, GSK3-beta, JNK3) are trained models that no package ships.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ftdojo.scorers.chemistry.rdkit_parts import rdkit

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
