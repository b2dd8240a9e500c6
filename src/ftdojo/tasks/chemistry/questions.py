"""The data sets of the chemistry tasks, and what a scorer has to know of a question in their rows or in a scoring case."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ftdojo.records import Dataset, Part

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
Raw = dict[str, Any]
FIELDS = ("id", "query", "gt", "task", "subtask")


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


def _question(task: str, row: Raw) -> Raw | None:
    """Keep what the benchmark's rows have in common; answers are numbers in some files and texts in others."""
    if row.get("task") != task:
        return None
    meta = row.get("meta") or "{}"
    kept = {name: row.get(name, "") for name in FIELDS}
    return {**kept, "meta": meta if isinstance(meta, str) else json.dumps(meta)}


def _worked(row: Raw) -> Raw:
    """Name the fields alike; the rows of rcr call their reasoning otherwise."""
    worked = row.get("struct_cot") or row.get("cot_result") or ""
    meta = row.get("meta") or "{}"
    return {
        "id": str(row.get("id", "")),
        "query": row.get("query", ""),
        "subtask": row.get("subtask", ""),
        "struct_cot": worked if isinstance(worked, str) else json.dumps(worked),
        "raw_cot": str(row.get("raw_cot") or ""),
        "meta": meta if isinstance(meta, str) else json.dumps(meta),
    }


CHEMCOTBENCH = Dataset(
    name="chemcotbench",
    hub_id="OpenMol/ChemCoTBench",
    revision="main",
    licence="MIT",
    gated=True,
    parts={
        **{
            part: Part(files=(f"*{part}/*.json",), read=partial(_question, part))
            for part in ("mol_und", "mol_edit", "mol_opt")
        },
        "reaction": Part(
            files=("*rxn/*.json", "*reaction/*.json"), read=partial(_question, "reaction")
        ),
    },
    fields={
        "id": "the row's id",
        "query": "the whole question, instructions included",
        "gt": "the right answer; empty for editing and optimization",
        "task": "one of mol_und, mol_edit, mol_opt, reaction",
        "subtask": "the sub-task",
        "meta": "JSON: what the question was made of, such as a right edit",
    },
)

CHEMCOTDATASET = Dataset(
    name="chemcotdataset",
    hub_id="OpenMol/ChemCoTDataset",
    revision="main",
    licence="MIT",
    gated=True,
    parts={
        part: Part(files=(f"chemcotbench-cot/{folder}/*.json",), read=_worked)
        for part, folder in (
            ("mol_und", "mol_und"),
            ("mol_edit", "mol_edit"),
            ("mol_opt", "mol_opt"),
            ("reaction", "rxn"),
        )
    },
    fields={
        "id": "the row's id",
        "query": "the whole question, instructions included",
        "subtask": "the sub-task",
        "struct_cot": "reasoning in steps and the answer, as JSON text",
        "raw_cot": "free reasoning of the model that wrote it; often empty",
        "meta": "JSON: what the question was made of",
    },
)
