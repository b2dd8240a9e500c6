"""What scorers need to know about molecules, answered by RDKit in a process that can be killed.

A short SMILES can keep RDKit busy for hours or crash it; so it runs in a ``WarmProcess``: this module once more, as a
program that reads a question a line and writes the answer. Text that is not a molecule, or that RDKit does not read in
time, is not an answer. Every function takes whatever a model wrote, and none raises on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ftdojo.scorers.warm import Needs, WarmProcess, serve

CPU_S, SEARCH_S = 0.5, 10.0
"""Processor time for one question about what a model wrote, and for a search that only the benchmark's own molecules get."""
MEMORY_BYTES = 3 << 30
MOST_CHARS = 2_000
"""A longer SMILES is not a molecule: the longest of the benchmark has 300 characters."""
HELPER = "ftdojo.scorers.chemistry.molecules"
NEEDS = Needs(what="Scoring molecules", package="rdkit", extra="chem")
Plain = str | float | None | list[str]


def ask(question: str, *given: Plain) -> Any:
    """Return what the child's function ``question`` makes of ``given``; None when it has no answer in time.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    if any(isinstance(each, str) and len(each) > MOST_CHARS for each in given):
        return None
    cpu_s = SEARCH_S if question in ("improved", "dotted") else CPU_S
    return _process().ask([question, *given], cpu_s)


@cache
def _process() -> WarmProcess:
    return WarmProcess(HELPER, NEEDS)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Two molecules side by side; ``exact`` is equality of their InChI, the rest looks away from stereochemistry.

    A molecule with an open place (``*``) has an empty InChI and is ``exact`` to every other such; ``named``: the
    second one has an InChI.
    ``canonical`` holds both canonical SMILES without stereochemistry, None for what is not a molecule. ``morgan`` is
    Tanimoto's similarity of counted Morgan fingerprints (radius 2); 0 unless both are molecules.
    """

    canonical: tuple[str | None, str | None]
    exact: bool
    named: bool
    morgan: float


def is_molecule(smiles: str) -> bool:
    """Return whether RDKit reads ``smiles``; "" is not a molecule."""
    return bool(smiles) and ask("is_molecule", smiles) is True


def tanimoto(one: str, other: str, *, bits: int) -> float:
    """Return the Tanimoto similarity of two Morgan fingerprints (radius 2); 0 unless both are molecules."""
    return float(ask("tanimoto", one, other, bits) or 0.0)


def group_counts(smiles: str, groups: Sequence[str]) -> list[int] | None:
    """Return how often each functional group occurs; None for no molecule or a group that ``groups`` lacks."""
    counts = ask("group_counts", smiles, list(groups))
    return None if counts is None else [int(count) for count in counts]


def contains(whole: str, part: str) -> tuple[bool, int]:
    """Return whether the molecule ``whole`` contains ``part``, and how many heavy atoms it has more."""
    found = ask("contains", whole, part)
    return (bool(found[0]), int(found[1])) if found else (False, 0)


def oracle(smiles: str, prop: str) -> float | None:
    """Return the property ``prop`` (``logp``, ``qed``, ``solubility``, ``penalized_logp``); None for no molecule."""
    value = ask("oracle", smiles, prop) if smiles else None
    return None if value is None else float(value)


def scaffolds(one: str, other: str) -> tuple[bool, float]:
    """Return whether two molecules have the same Murcko scaffold, and how alike the scaffolds are."""
    found = ask("scaffolds", one, other)
    return (bool(found[0]), float(found[1])) if found else (False, 0.0)


def likeness(one: str, other: str) -> Likeness:
    """Return how alike two molecules are."""
    found = ask("likeness", one, other)
    if found is None:
        return Likeness(canonical=(None, None), exact=False, named=False, morgan=0.0)
    canonical, exact, named, morgan = found
    pair = (canonical[0], canonical[1])
    return Likeness(canonical=pair, exact=exact, named=named, morgan=morgan)


def key_likeness(one: str, other: str) -> tuple[float, float]:
    """Return the Tanimoto similarity of MACCS keys and of RDKit's own fingerprints."""
    maccs, rdk = ask("key_likeness", one, other) or (0.0, 0.0)
    return maccs, rdk


def improved(smiles: str, prop: str, *, least: float) -> str | None:
    """Return a neighbour of ``smiles`` that is better in ``prop`` and at least ``least`` alike; None if none is found."""
    found = ask("improved", smiles, prop, least)
    return None if found is None else str(found)


def dotted(joined: str) -> str | None:
    """Return canonical SMILES that were joined without dots with their dots; None unless there is exactly one way."""
    found = ask("dotted", joined)
    return None if found is None else str(found)


def main() -> None:
    """Answer line by line until the input ends: RDKit's side."""
    from ftdojo.scorers.chemistry.by_rdkit import questions
    from ftdojo.scorers.chemistry.oracles import rdkit

    def answer(question: list[Any]) -> Any:
        name, *given = question
        return questions()[name](*given)

    def prepare() -> None:
        rdkit("RDLogger").DisableLog("rdApp.*")  # RDKit's own log.
        questions()

    serve(answer, memory_bytes=MEMORY_BYTES, prepare=prepare)


if __name__ == "__main__":
    main()
