"""Where the questions of the chemistry tasks come from."""

import json
from functools import partial
from typing import Any

from ftdojo.records import Dataset, Part

Raw = dict[str, Any]
FIELDS = ("id", "query", "gt", "task", "subtask")


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
