"""ChemCoTBench by the evaluators of OpenCompass (fork Jensen246, abc7c91), defects included.

``mark`` reads one output; ``figures`` sums up the marks of one sub-task under the names and in the units of the
evaluators. Known defects, kept: an unreadable count is 0; any molecule with one group fewer passes a deletion;
optimization has no oracle for drd, gsk and jnk; right reactants are compared with a gold answer without dots.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ftdojo.scorers.chemistry import molecules
from ftdojo.scorers.chemistry.overlap import bleu, levenshtein
from ftdojo.scorers.chemistry.published_reading import extracted
from ftdojo.scorers.chemistry.questions import (
    COUNTS,
    MOL_EDIT,
    MOL_OPT,
    PRODUCTS,
    YES_NO,
    Question,
)

Mark = Mapping[str, Any]
HUGE = 10**300
BEST = {"logp": 0.5, "solubility": 0.5}
"""Improvement from which an answer counts as one of the best; 0.3 elsewhere."""
WITH_ORACLE = ("logp", "qed", "solubility")


def mark(output: str, question: Question) -> dict[str, Any]:
    """Return what the evaluator finds out about one output."""
    answer = extracted(output, question.subtask)
    if question.subtask in COUNTS:
        return {"error": _error(answer, int(question.reference))}
    if question.subtask in YES_NO:
        return {"correct": str(answer).lower() == question.reference.lower()}
    if question.subtask == "Murcko_scaffold":
        both = answer and question.reference
        return {
            "tanimoto": molecules.tanimoto(answer, question.reference, bits=1024) if both else 0
        }
    if question.subtask in MOL_EDIT:
        return _edit_mark(answer or "", question)
    if question.subtask in MOL_OPT:
        return _improvement_mark(answer or "", question)
    if question.subtask in PRODUCTS:
        return {"extracted": answer, **_product_mark(answer, question.reference)}
    return {"extracted": answer, "correct": _CHOSEN[question.subtask](answer, question.reference)}


def figures(subtask: str, marks: Sequence[Mark]) -> dict[str, Any]:
    """Return the figures that the evaluator of ``subtask`` reports for ``marks``, of which there is at least one."""
    if subtask in COUNTS:
        return {"mae": _mean(marks, "error")}
    if subtask in YES_NO:
        return {"accuracy": _share(marks, "correct")}
    if subtask == "Murcko_scaffold":
        return {"tanimoto_similarity_larger_means_better": _mean(marks, "tanimoto")}
    if subtask in MOL_EDIT:
        return _edit_figures(marks)
    if subtask in MOL_OPT:
        return _improvement_figures(subtask, marks)
    if subtask in PRODUCTS:
        return _product_figures(marks)
    share, count = ("accuracy", "correct") if subtask == "mechsel" else ("exact_match", "exact")
    return {
        share: _share(marks, "correct"),
        f"{count}_count": _count(marks, "correct"),
        "total_count": len(marks),
    }


def _error(answer: str | None, gold: int) -> float:
    try:
        return float(min(abs(int(answer or "0") - gold), HUGE))
    except ValueError:
        return float(abs(gold))


def _edit_mark(answer: str, question: Question) -> dict[str, Any]:
    asked = question.removed if question.subtask == "delete" else question.added
    both = question.subtask != "sub" or question.removed
    correct = bool(answer and question.source and asked and both) and edited(answer, question)
    like = molecules.tanimoto(answer, question.reference, bits=2048) if question.reference else 0.0
    return {
        "correct": correct,
        "valid": molecules.is_molecule(answer),
        "similarity": like if answer else 0.0,
    }


def edited(answer: str, question: Question) -> bool:
    """Return whether the counts of the named groups change by one each, and in the right direction."""
    changes = {
        "add": {question.added: 1},
        "delete": {question.removed: -1},
        "sub": {question.removed: -1, question.added: 1},
    }[question.subtask]
    if question.subtask == "sub" and question.added == question.removed:
        return False
    before = molecules.group_counts(question.source, list(changes))
    after = molecules.group_counts(answer, list(changes)) if before is not None else None
    if before is None or after is None:
        return False
    return [new - old for old, new in zip(before, after, strict=True)] == list(changes.values())


def _edit_figures(marks: Sequence[Mark]) -> dict[str, Any]:
    return {
        "correct_rate": _share(marks, "correct"),
        "valid_rate": _share(marks, "valid"),
        "tanimoto_similarity": 100 * _mean(marks, "similarity"),
        "correct_count": _count(marks, "correct"),
        "valid_count": _count(marks, "valid"),
        "total_count": len(marks),
    }


def _improvement_mark(answer: str, question: Question) -> dict[str, Any]:
    valid = molecules.is_molecule(answer)
    both = valid and molecules.is_molecule(question.source)
    return {
        "valid": valid,
        "improvement": improvement_of(answer, question) if both else None,
        "molecules": (question.source, answer) if both else None,
    }


def improvement_of(answer: str, question: Question) -> float | None:
    """Return by how much ``answer`` is better than the source; None without an oracle or a molecule."""
    if question.subtask not in WITH_ORACLE:
        return None
    before = molecules.oracle(question.source, question.subtask)
    after = molecules.oracle(answer, question.subtask)
    return None if before is None or after is None else after - before


def _improvement_figures(subtask: str, marks: Sequence[Mark]) -> dict[str, Any]:
    import numpy as np

    known = [each["improvement"] for each in marks if each["improvement"] is not None]
    padded = np.array(known + [0.0] * (len(marks) - len(known)))
    low, high = np.percentile(padded, [5, 95])
    pairs = [each["molecules"] for each in marks if each["molecules"]]
    scaffolds = [molecules.scaffolds(*pair) for pair in pairs]
    return {
        "mean_improvement": float(np.clip(padded, low, high).mean()),
        "success_rate": 100 * float(np.mean(padded > 0)),
        "best_rate": 100 * float(np.mean(padded >= BEST.get(subtask, 0.3))),
        "valid_smiles_rate": _share(marks, "valid"),
        "valid_score_rate": 100 * len(known) / len(marks),
        "scaffold_hard": 100 * sum(same for same, _ in scaffolds) / len(marks),
        "scaffold_soft": 100 * sum(alike for _, alike in scaffolds) / len(marks),
        "total_count": len(marks),
    }


def _product_mark(answer: Any, reference: str) -> dict[str, Any]:
    given = answer if isinstance(answer, str) else ""
    like = molecules.likeness(given, reference)
    return {
        "correct": bool(given and reference) and like.exact,
        "valid": like.canonical[0] is not None,
        "canonical": like.canonical,
        "morgan": like.morgan,
    }


def _product_figures(marks: Sequence[Mark]) -> dict[str, Any]:
    pairs = [each["canonical"] for each in marks if each["canonical"][1]]
    both = [pair for pair in pairs if pair[0]]
    keys = [molecules.key_likeness(*pair) for pair in both]
    return {
        "exact_match": _share(marks, "correct"),
        "validity": _share(marks, "valid"),
        "morgan_sims": 100 * _mean(marks, "morgan"),
        "maccs_sims": 100 * sum(maccs for maccs, _ in keys) / len(marks),
        "rdk_sims": 100 * sum(rdk for _, rdk in keys) / len(marks),
        "bleu": 100 * bleu([(given or "", right) for given, right in pairs]),
        "levenshtein": sum(levenshtein(*pair) for pair in both) / len(marks),
        "exact_match_count": _count(marks, "correct"),
        "valid_count": _count(marks, "valid"),
        "total_count": len(marks),
    }


def _letter(answer: Any, reference: str) -> bool:
    first = [re.search("[A-Z]", str(text or "").upper().strip()) for text in (answer, reference)]
    return (first[0].group() if first[0] else "") == (
        first[1].group() if first[1] else reference.upper().strip()
    )


def _condition(answer: Any, reference: str) -> bool:
    return (str(answer).lower().strip() if answer else "") == reference.lower().strip()


_CHOSEN = {"mechsel": _letter, "rcr": _condition}


def _mean(marks: Sequence[Mark], name: str) -> float:
    return sum(float(each[name]) for each in marks) / len(marks)


def _share(marks: Sequence[Mark], name: str) -> float:
    return 100 * _count(marks, name) / len(marks)


def _count(marks: Sequence[Mark], name: str) -> int:
    return sum(bool(each[name]) for each in marks)
