"""Molecules put together from rings, links and side groups, as drug-like ones are; deterministic by their seed."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ftdojo.scorers.chemistry.rdkit_parts import rdkit

NONE = "[H]"
CORES = (
    "c1c({})cc({})c({})c1",
    "c1c({})c({})cc({})c1",
    "c1c({})ncc({})c1",
    "c1c({})nc({})nc1({})",
    "c1sc({})nc1({})",
    "c1c({})sc({})c1",
    "c1oc({})cc1({})",
    "C1CC({})CCN1C(=O){}",
    "C1CN(C)CC({})C1({})",
    "C1CC({})CC({})C1",
    "c1c({})[nH]c3ccc({})cc13",
    "c1c({})c({})nc3ccccc13",
    "c1nn(C)c({})c1({})",
    "O=C1NC({})CC({})C1",
    "CC({})NC(=O)CC({})",
    "CCC({})OCC({})C",
)
"""Frames with places for groups; their rings have the numbers 1 and 3."""
SIDE = (
    *("C", "CC", "C(C)C", "C(C)(C)C", "C4CC4", "C(F)(F)F", "F", "Cl", "Br", "O", "OC", "OCC"),
    *("N", "NC", "N(C)C", "NC(C)=O", "C#N", "C=O", "C(C)=O", "C(=O)O", "C(=O)OC", "C(N)=O"),
    *("[N+](=O)[O-]", "S", "SC", "S(C)(=O)=O", "S(N)(=O)=O", "CO", "CN", "CC#N", "CC(=O)O"),
)
RINGS = (
    *("c2ccccc2", "c2ccc(F)cc2", "c2ccc(OC)cc2", "c2cccc(Cl)c2", "c2ccncc2", "c2cccnc2"),
    *("c2cccs2", "c2ccco2", "c2cscn2", "c2ncccn2", "C2CCCCC2", "C2CCCC2", "C2CCNCC2"),
    *("C2CCNC2", "c2ccc5ccccc5c2", "c2nc5ccccc5s2", "C2CCOCC2"),
)
AMINE_RINGS = ("N2CCOCC2", "N2CCCCC2", "N2CCN(C)CC2", "N2CCCC2")
LINKS = ("", "C", "CC", "O", "OC", "NC(=O)", "C(=O)N", "NC", "S(=O)(=O)N", "CO")
AMINE_LINKS = ("C", "CC", "C(=O)", "S(=O)(=O)")


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A molecule, and the skeleton it was made of by filling the free place."""

    frame: str
    smiles: str


def skeleton(rng: random.Random) -> str:
    """Return a SMILES with one free place, written ``{}``.

    Example:
        >>> skeleton(random.Random(1)).count("{}")
        1
    """
    core = rng.choice(CORES)
    places = core.count("{}")
    groups = [rng.choice(SIDE) if rng.random() < 0.45 else NONE for _ in range(places)]
    free = rng.randrange(places)
    if rng.random() < 0.75:
        groups[rng.choice([at for at in range(places) if at != free])] = _linked_ring(rng)
    groups[free] = "{}"
    return core.format(*groups)


def filled(frame: str, group: str) -> str:
    """Return the canonical SMILES of ``frame`` with ``group`` in its free place.

    Example:
        >>> filled("c1ccccc1({})", "O")
        'Oc1ccccc1'
    """
    return canonical(frame.replace("{}", group))


def canonical(smiles: str) -> str:
    """Return the canonical form of ``smiles``, or ``smiles`` itself where it is not a molecule."""
    chem = rdkit("Chem")
    with rdkit("rdBase").BlockLogs():
        mol = chem.MolFromSmiles(smiles)
    return smiles if mol is None else str(chem.MolToSmiles(mol))


def distinct(rng: random.Random, without: Collection[str]) -> Iterator[Drawn]:
    """Yield molecules without end, none twice and none that is in ``without``."""
    seen = set(without)
    while True:
        frame, group = skeleton(rng), rng.choice((*SIDE, NONE))
        smiles = filled(frame, group)
        if smiles not in seen:
            seen.add(smiles)
            yield Drawn(frame=frame, smiles=smiles)


def shuffled(smiles: str, seed: int) -> str:
    """Return another SMILES of the same molecule."""
    chem = rdkit("Chem")
    return str(chem.MolToRandomSmilesVect(chem.MolFromSmiles(smiles), 1, randomSeed=seed)[0])


def _linked_ring(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return rng.choice(AMINE_LINKS) + rng.choice(AMINE_RINGS)
    return rng.choice(LINKS) + rng.choice(RINGS)
