"""chemistry/mini: counts of side groups and rings in small molecules, with the answer format of its big sibling.

A molecule is a chain of carbon atoms that bears four or five side groups; our own seeded generator draws it, and RDKit
builds it from its SMILES string and counts. There are two kinds of questions: how many groups of a kind it has, and how
many rings of a kind. A molecule is held out by its side groups, whatever their order, the chain between them and the
question: 100 for validation, 100 for confirmation, 300 for the test, always the same ones.

The count stands in a JSON object, as in ChemCoTBench's ``fg_count`` and ``ring_count``, and is read strictly. Chance is one
in four. What a small model learns is decided by the data: side groups listed and numbered teach counting, bare counts
hardly do. The six sources are of honest mixed quality, and none can contain a held-out molecule: they draw from ``train``.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, get_args

from ftdojo.errors import MissingExtra
from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.tasks.chemistry import questions, strict
from ftdojo.tasks.miniature import Generator, Workshop, airy, share_right, small_talk
from ftdojo.texts.near import Index, shingles

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
SLIP_SHARE = 0.4
WORDS = ("none", "one", "two", "three")
CAPTIONS = ("It bears {} of them.", "There are {} to be seen.", "You can find {} of these.")
FEW = 40


@dataclass(frozen=True, kw_only=True)
class MoleculeQuestion:
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


def ask(question: MoleculeQuestion) -> str:
    """Return the molecule and what to count in it."""
    label = "Ring" if question.kind == "ring_count" else "Group"
    return f"Molecule: {question.smiles}\n{label}: {_name(question.wanted)}"


def _name(piece: str) -> str:
    return next((name for name, group in GROUPS.items() if group == piece), piece)


def count(question: MoleculeQuestion) -> int:
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


def steps(question: MoleculeQuestion, *, slip: int = -1) -> str:
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


def worked(question: MoleculeQuestion) -> str:
    """Return the full answer: the side groups, then the count."""
    return f"{steps(question)}\n{boxed(count(question))}"


def key(question: MoleculeQuestion) -> str:
    """Return the side groups in an order of their own."""
    return " ".join(sorted(question.pieces))


def draw(rng: random.Random) -> MoleculeQuestion:
    """Draw a molecule and a question; every count from none to ``MOST`` is as likely as any other."""
    kind = rng.choice((tuple(GROUPS.values()), RINGS))
    wanted, size, often = rng.choice(kind), rng.choice(SIZES), rng.randint(0, MOST)
    others = [piece for piece in PIECES if piece != wanted]
    pieces = [wanted] * often + [rng.choice(others) for _ in range(size - often)]
    rng.shuffle(pieces)
    links = tuple(rng.choice(LINKS) for _ in pieces)
    return MoleculeQuestion(pieces=tuple(pieces), links=links, wanted=wanted)


GENERATOR: Generator[MoleculeQuestion] = Generator(
    task=NAME, draw=draw, ask=ask, key=key, shares=SHARES
)


@cache
def _held_out() -> Index:
    splits: tuple[Split, ...] = get_args(Split)
    asked = (question for split in splits for _, question in GENERATOR.held_out(split))
    return Index(shingles(ask(question)) for question in asked)


def _train(rng: random.Random) -> Iterator[MoleculeQuestion]:
    """Yield training questions, without the few that are spelled almost as a held-out one."""
    return (
        question
        for question in GENERATOR.train(rng)
        if not _held_out().holds(shingles(ask(question)), frozenset())
    )


SHOP: Workshop[MoleculeQuestion] = Workshop(
    task=NAME,
    draw=_train,
    ask=ask,
    holds=("the molecule and what to count", "the answer, as text"),
)


def _notes(question: MoleculeQuestion, quirks: random.Random) -> str:
    """Work it out, with one side group taken for another in ``SLIP_SHARE`` of the rows."""
    slips, at = quirks.random() < SLIP_SHARE, quirks.randrange(len(question.pieces))
    if not slips:
        return worked(question)
    off = -1 if question.pieces[at] == question.wanted else 1
    total = count(question) + off
    return f"{steps(question, slip=at)}\n{boxed(total)}"


def _caption(question: MoleculeQuestion, quirks: random.Random) -> str:
    return quirks.choice(CAPTIONS).format(WORDS[count(question)])


def _apart(text: str) -> str:
    return text.replace("\n", "\n\n")


SOURCES = (
    SHOP.source(
        "inventories",
        fields=("molecule", "inventory"),
        about="Molecules with a list of their side groups and a count of one kind.",
        notes="Those counted are numbered in the list; then the count as JSON.",
        pairs=SHOP.written(2000, lambda question, _: worked(question)),
    ),
    SHOP.source(
        "catalogue",
        fields=("entry", "record"),
        about="A catalogue of molecules with counts of side groups.",
        notes="The count as JSON and nothing else.",
        pairs=SHOP.written(2000, lambda question, _: boxed(count(question))),
    ),
    SHOP.source(
        "lab-notes",
        fields=("molecule", "note"),
        about="Notes taken in a course: side groups listed and counted.",
        notes="Nobody checked these; some take one group for another. The count as JSON.",
        pairs=SHOP.written(2000, _notes),
    ),
    SHOP.source(
        "captions",
        fields=("molecule", "caption"),
        about="Molecules with captions that say how many side groups of a kind there are.",
        notes="A sentence each, numbers as words.",
        pairs=SHOP.written(1500, _caption),
    ),
    small_talk,
    SHOP.source(
        "worksheets",
        fields=("molecule", "inventory"),
        about="Worksheets with molecules, their side groups listed and counted.",
        notes="Every class gets the same few molecules; spacing varies.",
        pairs=SHOP.repeated(
            1500, worked, of=("inventories", FEW), guises=(str, airy, _apart), ends=("", " ", "\n")
        ),
    ),
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    return tuple(_item(name, question) for name, question in GENERATOR.held_out(split))


def grade(output: str, item: Item) -> Grade:
    """Compare the last count with RDKit's; without one the output is unreadable.

    Secondary: ``mae`` is how far the count is off, 10 at most and where there is none; ``steps_right`` is the share of
    the side groups to be listed that the first line has in their places.
    """
    asked = questions.Question(subtask=item.slices["subtask"], reference=str(item.facts["count"]))
    graded = strict.grade(output, asked)
    steps_right = share_right(output, item.facts["steps"])
    return replace(graded, secondary={"mae": graded.secondary["mae"], "steps_right": steps_right})


def _item(name: str, question: MoleculeQuestion) -> Item:
    return Item(
        id=name,
        messages=task.prompt(ask(question)),
        gold=worked(question),
        slices={"subtask": question.kind},
        facts={"count": count(question), "steps": steps(question)},
    )


task = Task(
    name=NAME,
    version=1,
    domain="chemistry",
    summary=(
        "Count the side groups or rings of one kind in a molecule that is given as a SMILES string. The molecule is a "
        "chain of carbon atoms that bears four or five side groups, each in brackets; the count is between 0 and 3."
    ),
    answer_format=(
        'One JSON object with the key count, as in {"count": 2}; the last one counts. Working before it is welcome, '
        "within the 56 tokens an output may have. Without the key an output is read only if it is nothing but a "
        "number, else it is unreadable and scores 0. Decoding is greedy."
    ),
    system='Count it in the molecule. Reply with JSON: {"count": number}',
    template="{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=56,
    # None: a tuned model ends its turn after the object, and a stop string such as "}" would cut the object off.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # No question has as many: parts of molecules are alike, so only a whole question is a leak.
    overlap_words=80,
    secondary={
        "mae": "how far the count is off, 10 at most and where it is unreadable; lower is better",
        "steps_right": "share of the side groups to be listed that are right; higher is better",
    },
    slices={"subtask": "what is counted: fg_count (side groups) or ring_count (rings)"},
)
