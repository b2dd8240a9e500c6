"""Sends molecules that a model wrote to RDKit, in a process that can be killed.

A short SMILES can keep RDKit busy for hours or crash it; so it runs in a ``WarmProcess``.
"""

from functools import cache
from typing import Any

from ftdojo.scorers.warm import Needs, WarmProcess

DEADLINE_S = 5.0
MOST_CHARS = 20_000
"""A longer SMILES is not a molecule: the longest of the benchmark has 300 characters, and no output has that many."""
HELPER = "ftdojo.scorers.chemistry.rdkit_helper"
NEEDS = Needs(what="Scoring molecules", package="rdkit", extra="chem")
Plain = str | float | None | list[str]


def ask(question: str, *given: Plain) -> Any:
    """Return what the child's function ``question`` makes of ``given``; None when it has no answer in time.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    if any(isinstance(each, str) and len(each) > MOST_CHARS for each in given):
        return None
    return _process().ask([question, *given], DEADLINE_S)


@cache
def _process() -> WarmProcess:
    return WarmProcess(HELPER, NEEDS)
