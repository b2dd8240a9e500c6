"""Scoring cases of ChemCoTBench: one or more outputs of a sub-task, a file of real outputs, or a molecule's properties."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Grade
from ftdojo.scorers.case import Case, Variants, beside, given
from ftdojo.scorers.chemistry import molecules
from ftdojo.tasks.chemistry import published, strict
from ftdojo.tasks.chemistry.questions import (
    COUNTS,
    MOL_EDIT,
    MOL_OPT,
    PRODUCTS,
    SUBTASKS,
    YES_NO,
    Question,
    question_of,
)
from ftdojo.tasks.chemistry.strict import read_smiles

DATASET = "chemcotbench"
ROW_FILES = ("mol_und", "mol_edit", "mol_opt", "reaction")
PROPERTIES = {
    "penalized_logp": "penalized_logp",
    "rdkit_mollogp": "logp",
    "qed": "qed",
    "esol": "solubility",
}
"""What a case of properties calls them -> our name."""
PREDICTION = "prediction"
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
Asked = Sequence[tuple[str, Question]]


def score(case: Case) -> Variants:
    """Score a case.

    Raises:
        UsageError: the input lacks something, or names a sub-task or a file that there is not.
    """
    if "smiles" in case.input:
        return _properties(given(case, "smiles", str))
    subtask = _subtask(case)
    asked = _from_file(case, subtask) if "file" in case.input else _from_input(case, subtask)
    if not asked:
        raise UsageError(f"The case {case.name!r} holds no outputs; give at least one.")
    return Variants(
        reference=_published(subtask, asked, case), strict=_strict(subtask, asked, case)
    )


def _properties(smiles: str) -> Variants:
    found = {name: _rounded(molecules.oracle(smiles, ours), 5) for name, ours in PROPERTIES.items()}
    return Variants(reference=found, strict=found)


def _subtask(case: Case) -> str:
    subtask = str(case.input.get("subtask", case.name.partition("/")[0]))
    if subtask not in SUBTASKS:
        raise UsageError(
            f"The case {case.name!r} names the sub-task {subtask!r}; known are {', '.join(SUBTASKS)}."
        )
    return subtask


def _from_input(case: Case, subtask: str) -> Asked:
    """Return outputs and questions; an input holds one (``prediction``) or a list of each (``predictions``)."""
    many = "predictions" in case.input
    outputs = given(case, "predictions", list) if many else [given(case, PREDICTION)]
    if strange := [each for each in outputs if not isinstance(each, str | None)]:
        raise UsageError(
            f"The case {case.name!r} has the output {str(strange[0])[:60]!r}; give a text, or null for none."
        )

    def each(*names: str) -> list[str]:
        for name in names:
            if name in case.input:
                values = case.input[name]
                values = values if isinstance(values, list) else [values] * len(outputs)
                if len(values) != len(outputs):
                    raise UsageError(
                        f"The case {case.name!r} has {len(outputs)} outputs and {len(values)} "
                        f"{name!r}; give as many of each."
                    )
                return ["" if value is None else str(value) for value in values]
        return [""] * len(outputs)

    columns = zip(
        outputs,
        each("references", "reference"),
        each("sources", "source_smiles", "source"),
        each("groups_a", "group_a"),
        each("groups_b", "group_b"),
        each("_gt_fixed", "gt_fixed", "reference_fixed"),
        strict=True,
    )
    return [(output or "", _question(case, subtask, *rest)) for output, *rest in columns]


def _question(case: Case, subtask: str, reference: str, source: str, *rest: str) -> Question:
    group_a, group_b, repaired = rest
    if subtask in COUNTS and not _COUNT.fullmatch(reference.strip()):
        raise UsageError(
            f"The reference of the case {case.name!r} is {reference[:60]!r}; give a whole number."
        )
    removed = group_a if subtask == "delete" else group_b
    return Question(
        subtask=subtask,
        reference=reference,
        repaired=repaired,
        # The published evaluator has no other place for the source of an optimization.
        source=source or (reference if subtask in MOL_OPT else ""),
        added="" if subtask == "delete" else group_a,
        removed="" if subtask == "add" else removed,
    )


def _from_file(case: Case, subtask: str) -> Asked:
    """Return the first ``n`` outputs of the sub-task in a file beside the case file, with the rows they answer."""
    rows = {
        str(row["id"]): row
        for name in ROW_FILES
        for row in _rows(beside(case, f"{name}.jsonl", dataset=DATASET))
    }
    path = beside(case, given(case, "file", str), dataset=DATASET)
    lines = [
        line
        for line in _rows(path)
        if line.get("subtask") == subtask and str(line.get("id")) in rows and PREDICTION in line
    ]
    count = case.input.get("n", len(lines))
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise UsageError(
            f"The case {case.name!r} has n = {str(count)[:60]!r}; give a whole number."
        )
    return [
        (str(line[PREDICTION] or ""), question_of(rows[str(line["id"])])) for line in lines[:count]
    ]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf8") as file:
            yield from (row for row in map(json.loads, file) if isinstance(row, dict))
    except FileNotFoundError:
        raise UsageError(f"{path} is not there; put it beside the case file.") from None
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{str(path)[:200]} cannot be read ({error}); name a JSONL file."
        ) from error


def _published(subtask: str, asked: Asked, case: Case) -> Mapping[str, Any]:
    marks = [published.mark(output, question) for output, question in asked]
    found = {name: _rounded(value) for name, value in published.figures(subtask, marks).items()}
    if subtask in MOL_OPT and "file" not in case.input:
        found["improvements"] = [_rounded(mark["improvement"]) for mark in marks]
    if PREDICTION in case.input and "extracted" in marks[0]:
        found = {"extracted": _plain(marks[0]["extracted"]), **found}
    return found


def _plain(answer: Any) -> Any:
    """Return ``answer`` as JSON can hold it."""
    return str(answer) if isinstance(answer, float) and not math.isfinite(answer) else answer


def _strict(subtask: str, asked: Asked, case: Case) -> Mapping[str, Any]:
    if subtask in MOL_OPT and subtask not in published.WITH_ORACLE:
        return {"unavailable": f"no package ships the trained model behind {subtask}"}
    grades = [
        strict.grade(output, _with_dots(question, output, case)) for output, question in asked
    ]
    found = {
        **_named(subtask, grades),
        "readable_rate": 100 * sum(each.readable for each in grades) / len(grades),
        "total_count": len(grades),
    }
    found = {name: _rounded(value) for name, value in found.items()}
    return {"extracted": grades[0].extracted, **found} if PREDICTION in case.input else found


def _with_dots(question: Question, output: str, case: Case) -> Question:
    """Return ``question`` with the dots of its reactants, where a row beside the case file or the answer has them."""
    if question.subtask != "retro" or question.repaired:
        return question
    path = beside(case, "reaction.jsonl", dataset=DATASET)
    known = (question_of(row) for row in (_rows(path) if path.is_file() else ()))
    for each in known:
        if each.reference == question.reference and each.repaired:
            return each
    answer, _ = read_smiles(output, "retro")
    undotted = "." not in question.reference and answer.replace(".", "") == question.reference
    return Question(
        subtask="retro", reference=question.reference, repaired=answer if undotted else ""
    )


def _named(subtask: str, grades: Sequence[Grade]) -> dict[str, float]:
    """Return our figures under the names that the published ones have."""

    def share(name: str) -> float:
        return 100 * sum(each.secondary[name] for each in grades) / len(grades)

    score = sum(each.score for each in grades) / len(grades)
    if subtask in COUNTS:
        return {"mae": share("mae") / 100, "accuracy": 100 * score}
    if subtask in YES_NO or subtask == "mechsel":
        return {"accuracy": 100 * score}
    if subtask == "Murcko_scaffold":
        return {"tanimoto_similarity_larger_means_better": score}
    if subtask in MOL_EDIT:
        return {"correct_rate": 100 * score, "valid_rate": share("valid")}
    if subtask in MOL_OPT:
        return {"success_rate": 100 * score, "valid_smiles_rate": share("valid")}
    found = {"exact_match": share("exact_match"), "validity": share("valid")}
    return {**found, "morgan_sims": 100 * score} if subtask in PRODUCTS else found


def _rounded(value: Any, digits: int = 6) -> Any:
    return round(value, digits) if isinstance(value, float) else value
