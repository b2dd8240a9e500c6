"""Typical reactions over parts of molecules, with reagents as they are written in patents."""

import random
from dataclasses import dataclass

from ftdojo.tasks.chemistry.fragments import RINGS, canonical

CARBON = (
    *("c1ccccc1", "c1ccc(F)cc1", "c1ccc(OC)cc1", "c1ccc(C)cc1", "c1cccc(Cl)c1", "c1ccc(C#N)cc1"),
    *("c1ccncc1", "c1cccnc1", "c1cccs1", "c1ccco1", "c1cnc(C)s1", "c1cc(C)on1", "c1ccc2ccccc2c1"),
    *("c1ccc(C(F)(F)F)cc1", "c1ccc(N2CCOCC2)cc1", "c1ccc(OCC)c(F)c1", "c1cc(F)cc(F)c1"),
)
"""Aromatic parts, beginning with the atom by which they are bound."""
CHAINS = ("CC", "CCC", "C(C)C", "CC(C)C", "C1CCCCC1", "C1CC1", "CCOC", "Cc1ccccc1", "Cc1ccncc1")


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
