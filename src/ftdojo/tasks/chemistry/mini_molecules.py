"""Chains with side groups and questions about them: what ``chemistry/mini`` asks, and the worked answers.

A molecule is a chain of carbon atoms that bears four or five side groups; RDKit builds it from its SMILES string and
counts. There are two kinds of questions: how many groups of a kind it has, and how many rings of a kind. A molecule is
held out by its side groups, whatever their order, the chain between them and the question.
"""

import random
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ftdojo.errors import MissingExtra
from ftdojo.tasks.seeded import Generator

NAME = "chemistry/mini"
GROUPS = {
    "hydroxyl": "O",
    "amine": "N",
    "chloride": "Cl",
    "fluoride": "F",
    "bromide": "Br",
    "nitrile": "C#N",
}
RINGS = ("c1ccccc1", "C1CC1", "C1CCC1", "C1CCCC1")
SMARTS = {
    "O": "[CX4][OX2H]",
    "N": "[CX4][NX3H2]",
    "Cl": "[CX4]Cl",
    "F": "[CX4]F",
    "Br": "[CX4]Br",
    "C#N": "[CX4]C#N",
    "c1ccccc1": "c1ccccc1",
    "C1CC1": "C1CC1",
    "C1CCC1": "C1CCC1",
    "C1CCCC1": "C1CCCC1",
}
"""The query for a side group in RDKit; rings match as often as there are such rings, for none shares an atom."""
PIECES = tuple(SMARTS)
SIZES = (4, 5)
MOST = 3
SHARES = {"validation": 0.08, "confirm": 0.08, "test": 0.20}
LINKS = ("C", "CC")

Kind = Literal["fg_count", "ring_count"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A molecule by its side groups, and the one asked for; ``links`` stand before each group's own atom."""

    pieces: tuple[str, ...]
    links: tuple[str, ...]
    wanted: str

    @property
    def kind(self) -> Kind:
        """Return the sub-task of the big sibling that this is one of."""
        return "ring_count" if self.wanted in RINGS else "fg_count"

    @property
    def smiles(self) -> str:
        """Return the molecule: the chain, with each side group in brackets behind the atom that bears it."""
        chain = zip(self.links, self.pieces, strict=True)
        return "".join(f"{link}({piece})" for link, piece in chain) + "C"


def ask(question: Question) -> str:
    """Return the molecule and what to count in it."""
    label = "Ring" if question.kind == "ring_count" else "Group"
    return f"Molecule: {question.smiles}\n{label}: {_name(question.wanted)}"


def _name(piece: str) -> str:
    return next((name for name, group in GROUPS.items() if group == piece), piece)


def count(question: Question) -> int:
    """Return how often RDKit finds the group or ring in question."""
    return counted(question.smiles, SMARTS[question.wanted])


@cache
def counted(smiles: str, smarts: str) -> int:
    """Return how often a pattern matches a molecule, each set of atoms once.

    Raises:
        MissingExtra: RDKit is not installed.
        ValueError: RDKit can build no molecule from ``smiles``.
    """
    chem = _rdkit()
    molecule = chem.MolFromSmiles(smiles)
    if molecule is None:
        raise ValueError(f"RDKit can build no molecule from {smiles!r}.")
    return len(molecule.GetSubstructMatches(_pattern(smarts), uniquify=True))


@cache
def _pattern(smarts: str) -> Any:
    return _rdkit().MolFromSmarts(smarts)


def _rdkit() -> Any:
    try:
        from rdkit import Chem
    except ImportError as error:
        raise MissingExtra(
            "chemistry/mini builds its molecules with RDKit: pip install 'ftdojo[chem]'."
        ) from error
    return Chem


def steps(question: Question, *, slip: int = -1) -> str:
    """Return the side groups in their order, those asked for numbered; the one at ``slip`` is taken for another."""
    told, found = [], 0
    for at, piece in enumerate(question.pieces):
        hit = (piece == question.wanted) != (at == slip)
        found += hit
        told.append(f"{piece} {found}" if hit else piece)
    return ", ".join(told)


def boxed(number: int) -> str:
    """Return ``number`` as the JSON object that the task requires."""
    return f'{{"count": {number}}}'


def worked(question: Question) -> str:
    """Return the full answer: the side groups, then the count."""
    return f"{steps(question)}\n{boxed(count(question))}"


def key(question: Question) -> str:
    """Return the side groups in an order of their own."""
    return " ".join(sorted(question.pieces))


def draw(rng: random.Random) -> Question:
    """Draw a molecule and a question; every count from none to ``MOST`` is as likely as any other."""
    kind = rng.choice((tuple(GROUPS.values()), RINGS))
    wanted, size, often = rng.choice(kind), rng.choice(SIZES), rng.randint(0, MOST)
    others = [piece for piece in PIECES if piece != wanted]
    pieces = [wanted] * often + [rng.choice(others) for _ in range(size - often)]
    rng.shuffle(pieces)
    links = tuple(rng.choice(LINKS) for _ in pieces)
    return Question(pieces=tuple(pieces), links=links, wanted=wanted)


GENERATOR: Generator[Question] = Generator(task=NAME, draw=draw, ask=ask, key=key, shares=SHARES)
