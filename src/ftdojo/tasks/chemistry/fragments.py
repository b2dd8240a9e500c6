"""Molecules put together from rings, links and side groups, as drug-like ones are, and typical reactions over their parts.

Both are deterministic by their seed; reagents are written as in patents.
"""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ftdojo.scorers.chemistry.oracles import rdkit

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
CARBON = (
    *("c1ccccc1", "c1ccc(F)cc1", "c1ccc(OC)cc1", "c1ccc(C)cc1", "c1cccc(Cl)c1", "c1ccc(C#N)cc1"),
    *("c1ccncc1", "c1cccnc1", "c1cccs1", "c1ccco1", "c1cnc(C)s1", "c1cc(C)on1", "c1ccc2ccccc2c1"),
    *("c1ccc(C(F)(F)F)cc1", "c1ccc(N2CCOCC2)cc1", "c1ccc(OCC)c(F)c1", "c1cc(F)cc(F)c1"),
)
"""Aromatic parts, beginning with the atom by which they are bound."""
CHAINS = ("CC", "CCC", "C(C)C", "CC(C)C", "C1CCCCC1", "C1CC1", "CCOC", "Cc1ccccc1", "Cc1ccncc1")


@dataclass(frozen=True, kw_only=True)
class DrawnMolecule:
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


def distinct(rng: random.Random, without: Collection[str]) -> Iterator[DrawnMolecule]:
    """Yield molecules without end, none twice and none that is in ``without``."""
    seen = set(without)
    while True:
        frame, group = skeleton(rng), rng.choice((*SIDE, NONE))
        smiles = filled(frame, group)
        if smiles not in seen:
            seen.add(smiles)
            yield DrawnMolecule(frame=frame, smiles=smiles)


def shuffled(smiles: str, seed: int) -> str:
    """Return another SMILES of the same molecule."""
    chem = rdkit("Chem")
    return str(chem.MolToRandomSmilesVect(chem.MolFromSmiles(smiles), 1, randomSeed=seed)[0])


def _linked_ring(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return rng.choice(AMINE_LINKS) + rng.choice(AMINE_RINGS)
    return rng.choice(LINKS) + rng.choice(RINGS)


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """A reaction; molecules of one side are joined by dots and canonical."""

    name: str
    what: str
    reactants: str
    reagents: str
    product: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of reaction: ``{a}`` and ``{b}`` stand for parts, ``{c}`` for a chain."""

    name: str
    what: str
    reactants: tuple[str, ...]
    reagents: tuple[str, ...]
    product: str


KINDS = (
    Kind(
        name="Carboxylic acid + amine condensation",
        what="The acid loses OH, the amine a hydrogen; an amide bond joins them.",
        reactants=("OC(=O){a}", "N{b}"),
        reagents=("CCN=C=NCCCN(C)C.CN(C)C=O", "CCN(C(C)C)C(C)C.CN(C)C=O", "On1nnc2ccccc21.ClCCl"),
        product="O=C(N{b}){a}",
    ),
    Kind(
        name="Ester Schotten-Baumann",
        what="The acid chloride loses Cl, the alcohol a hydrogen; an ester joins them.",
        reactants=("ClC(=O){a}", "O{c}"),
        reagents=("CCN(CC)CC.ClCCl", "c1ccncc1.ClCCl"),
        product="O=C(O{c}){a}",
    ),
    Kind(
        name="Bromo Suzuki coupling",
        what="Bromine and the boronic acid go; a bond joins the two rings.",
        reactants=("Br{a}", "OB(O){b}"),
        reagents=("O=C([O-])[O-].[K+].[K+].C1COCCO1", "O=C([O-])[O-].[Na+].[Na+].Cc1ccccc1"),
        product="{a_}{b}",
    ),
    Kind(
        name="Nitro to amino",
        what="The nitro group becomes an amino group.",
        reactants=("O=[N+]([O-]){a}",),
        reagents=("[H][H].CO.[Pd]", "Cl[Sn]Cl.CCO", "[Fe].CC(=O)O"),
        product="N{a}",
    ),
    Kind(
        name="N-Boc deprotection",
        what="The Boc group goes; the amine is free.",
        reactants=("CC(C)(C)OC(=O)NC{a}",),
        reagents=("O=C(O)C(F)(F)F.ClCCl", "Cl.C1COCCO1"),
        product="NC{a}",
    ),
    Kind(
        name="CO2H-Me deprotection",
        what="The methyl ester becomes the acid.",
        reactants=("COC(=O){a}",),
        reagents=("[Li+].[OH-].C1CCOC1.O", "[Na+].[OH-].CO"),
        product="OC(=O){a}",
    ),
    Kind(
        name="Sulfonamide Schotten-Baumann",
        what="The sulfonyl chloride loses Cl, the amine a hydrogen; a sulfonamide joins them.",
        reactants=("ClS(=O)(=O){a}", "N{c}"),
        reagents=("c1ccncc1", "CCN(CC)CC.ClCCl"),
        product="O=S(=O)(N{c}){a}",
    ),
    Kind(
        name="Phenol alkylation",
        what="The bromide goes, the oxygen takes its place.",
        reactants=("O{a}", "BrC{b}"),
        reagents=("O=C([O-])[O-].[K+].[K+].CN(C)C=O", "[H-].[Na+].C1CCOC1"),
        product="O(C{b}){a}",
    ),
    Kind(
        name="Aldehyde reductive amination",
        what="The C=O of the aldehyde becomes CH2, bound to the nitrogen.",
        reactants=("O=C{a}", "N{c}"),
        reagents=("[BH3-]C#N.[Na+].CO", "CC(=O)O[BH-](OC(C)=O)OC(C)=O.[Na+].ClCCl"),
        product="C(N{c}){a}",
    ),
    Kind(
        name="Ketone reduction",
        what="The C=O of the ketone becomes CH-OH.",
        reactants=("O=C({c}){a}",),
        reagents=("[BH4-].[Na+].CO",),
        product="OC({c}){a}",
    ),
)


def reacted(rng: random.Random) -> Reaction:
    """Return a reaction of a random kind between random parts."""
    kind = rng.choice(KINDS)
    a, b = rng.choice(CARBON), rng.choice(CARBON + RINGS[:10])
    parts = {"a": a, "b": b, "c": rng.choice(CHAINS), "a_": _backwards(a)}
    return Reaction(
        name=kind.name,
        what=kind.what,
        reactants=".".join(canonical(each.format(**parts)) for each in kind.reactants),
        reagents=rng.choice(kind.reagents),
        product=canonical(kind.product.format(**parts)),
    )


def _backwards(part: str) -> str:
    """Return ``part`` as a branch of its first atom's own, so that something may follow it.

    Example:
        >>> _backwards("c1ccccc1")
        'c1(ccccc1)'
    """
    ring = part[:2]
    return f"{ring}({part[2:]})"
