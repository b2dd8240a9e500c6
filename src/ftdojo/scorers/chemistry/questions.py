"""What a scorer has to know of a question, and how it is found in a row of ChemCoTBench or in a scoring case."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COUNTS = ("fg_count", "ring_count")
YES_NO = ("ring_system_scaffold", "equivalence")
MOL_UND = ("fg_count", "ring_count", "Murcko_scaffold", "ring_system_scaffold", "equivalence")
MOL_EDIT = ("add", "delete", "sub")
MOL_OPT = ("logp", "qed", "solubility", "drd", "gsk", "jnk")
PRODUCTS = ("fs", "retro", "nepp")
REACTION = ("fs", "retro", "nepp", "mechsel", "rcr")
SUBTASKS = MOL_UND + MOL_EDIT + MOL_OPT + REACTION

_SOURCES = {
    "mol_edit": re.compile(r"(?:Input Molecule|Molecule SMILES|Source Molecule):\s*([^\s,]+)"),
    "mol_opt": re.compile(r"Source Molecule:\s*([^\s.]+)"),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of the benchmark, as far as it decides a score.

    ``reference`` is the right answer as the published evaluator reads it (of optimization there is none), ``repaired``
    the right one where the data set's own is damaged. ``source`` is the molecule to edit or to improve, ``added`` and
    ``removed`` the functional groups.
    """

    subtask: str
    reference: str = ""
    repaired: str = ""
    source: str = ""
    added: str = ""
    removed: str = ""

    @property
    def right(self) -> str:
        """Return the right answer."""
        return self.repaired or self.reference


def question_of(row: Mapping[str, Any]) -> Question:
    """Return what scorers need of a row with the benchmark's own fields."""
    meta = json.loads(row["meta"])
    subtask, gt = row["subtask"], row["gt"]
    if row["task"] == "mol_edit":
        return Question(
            subtask=subtask,
            reference=meta.get("reference", ""),
            source=_source(row),
            added=meta.get("added_group", ""),
            removed=meta.get("removed_group", ""),
        )
    if row["task"] == "mol_opt":
        return Question(subtask=subtask, source=_source(row))
    if subtask == "fs":
        gt = _major_product(gt)
    return Question(subtask=subtask, reference=str(gt), repaired=_repaired(row, gt, meta))


def _source(row: Mapping[str, Any]) -> str:
    found = _SOURCES[row["task"]].search(row["query"])
    return found.group(1) if found else ""


def _major_product(gt: str) -> str:
    return str(json.loads(gt).get("Major Product", "")) if gt.startswith("{") else gt


def _repaired(row: Mapping[str, Any], gt: str, meta: Mapping[str, Any]) -> str:
    """Return the answer with the dots between its molecules that ``gt`` has lost, "" if it has lost none."""
    whole = str(row.get("_gt_fixed") or meta.get("rxn_smiles", "").rpartition(">")[2])
    return whole if whole != gt and whole.replace(".", "") == str(gt).replace(".", "") else ""
