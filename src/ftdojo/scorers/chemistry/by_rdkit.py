"""What the child process knows: questions about molecules, answered by RDKit.

A function may raise whatever RDKit raises; the process answers None then. Only ``molecules.main`` calls these.

The functional groups of ChemCoTBench's editing tasks are counted by the matches of their SMARTS, as the benchmark defines
them; ``sulfide`` is counted without the disulfides, which it would match.

``dotted`` puts back the dots between molecules that ChemCoTBench's retro answers have lost. The molecules were canonical,
so a part of the text can only be one if it is its own canonical form. Where the text falls into such parts in one way only,
that way is taken: 41 of the benchmark's 100 answers, 40 of them rightly.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from ftdojo.scorers.chemistry.oracles import ORACLES, better, rdkit

SMARTS = {
    "aldehyde": "[CX3H1](=O)[#6]",
    "amide": "[NX3][CX3](=[OX1])[#6]",
    "amine": "[NX3;H2,H1;!$(NC=O)]",
    "anhydride": "[CX3](=[OX1])[OX2][CX3](=[OX1])",
    "benzene": "[cR1]1[cR1][cR1][cR1][cR1][cR1]1",
    "benzene_ring": "[cR1]1[cR1][cR1][cR1][cR1][cR1]1",
    "borane": "[BX3]",
    "carboxyl": "[CX3](=O)[OX2H1]",
    "disulfide": "[#16X2H0][#16X2H0]",
    "ester": "[#6][CX3](=O)[OX2H0][#6]",
    "halo": "[F,Cl,Br,I]",
    "hydroxyl": "[OX2H]",
    "ketone": "[#6][CX3](=O)[#6]",
    "nitrile": "[NX1]#[CX2]",
    "nitro": "[$([NX3](=O)=O),$([NX3+](=O)[O-])][!#8]",
    "sulfide": "[#16X2H0]",
    "sulfone": "[$([#16X4](=[OX1])=[OX1]),$([#16X4+2]([OX1-])[OX1-])]",
    "sulfoxide": "[$([#16X3]=[OX1]),$([#16X3+][OX1-])]",
    "thioether": "[SX2][CX4]",
    "thiol": "[#16X2H]",
}
WITHOUT = {"sulfide": "disulfide"}
"""Group -> the group whose matches are taken off."""
_TOKEN = re.compile(r"\[[^\]]*\]|Br|Cl|%\d\d|.")
_NO_START = re.compile(r"[()=#.+/\\-]|%?\d+")
Mol = Any
RADIUS = 2


def dotted(joined: str) -> str | None:
    """Return ``joined`` with its dots, None where there are several ways to put them or none.

    Example:
        >>> dotted("C1CC1FC(F)F")
        'C1CC1.FC(F)F'
        >>> dotted("CCO") is None  # It may be C.C.O, CC.O or C.CO, too.
        True
    """
    tokens = _TOKEN.findall(joined)
    ways = _ways(tokens)
    first, second = next(ways, None), next(ways, None)
    return ".".join(first) if first and second is None else None


def _ways(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every way to cut ``tokens`` into molecules."""

    @cache
    def possible(start: int) -> bool:
        """Return whether the tokens from ``start`` on can be cut at all; keeps dead ends from being walked twice."""
        return start == len(tokens) or any(possible(end) for end in ends(start))

    @cache
    def ends(start: int) -> list[int]:
        return [end for end in _closed(tokens, start) if _is_canonical("".join(tokens[start:end]))]

    def cut(start: int) -> Iterator[tuple[str, ...]]:
        if start == len(tokens):
            yield ()
        for end in ends(start):
            if possible(end):
                yield from (("".join(tokens[start:end]), *rest) for rest in cut(end))

    return cut(0)


def _closed(tokens: Sequence[str], start: int) -> Iterator[int]:
    """Yield where a molecule that begins at ``start`` may end: all rings and brackets are closed there."""
    depth, rings = 0, Counter[str]()
    for at in range(start, len(tokens)):
        token = tokens[at]
        depth += (token == "(") - (token == ")")
        if token.strip("%").isdigit():
            rings[token] += 1
        if depth < 0:
            return
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if depth == 0 and not any(n % 2 for n in rings.values()) and not _NO_START.match(following):
            yield at + 1


@cache
def _is_canonical(smiles: str) -> bool:
    chem = rdkit("Chem")
    mol = chem.MolFromSmiles(smiles)
    return mol is not None and chem.MolToSmiles(mol) == smiles


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
    if mol is None or not set(names) <= set(SMARTS):
        return None
    return [
        _matches(mol, name) - (_matches(mol, WITHOUT[name]) if name in WITHOUT else 0)
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
    return rdkit("Chem").MolFromSmarts(SMARTS[group])


def _matches(mol: Mol, group: str) -> int:
    return len(mol.GetSubstructMatches(_pattern(group)))
