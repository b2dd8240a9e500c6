"""A question made by us, with its working and its answer."""

import json
from dataclasses import dataclass

from ftdojo.scorers.chemistry.strict_reading import KEYS

EDITED = {
    "aldehyde": "C=O",
    "amide": "C(N)=O",
    "amine": "N",
    "benzene_ring": "c9ccccc9",
    "carboxyl": "C(=O)O",
    "halo": "Cl",
    "hydroxyl": "O",
    "nitrile": "C#N",
    "nitro": "[N+](=O)[O-]",
    "thiol": "S",
}
"""Group of the editing tasks -> what it looks like."""


@dataclass(frozen=True, kw_only=True)
class Worked:
    """A question with its working and its answer; ``others`` are molecules of the question that are canonical."""

    subtask: str
    query: str
    working: str
    answer: str
    others: tuple[str, ...] = ()

    @property
    def reply(self) -> str:
        """Return the answer in the format that the prompt requests."""
        return json.dumps({KEYS[self.subtask][0]: self.answer})
