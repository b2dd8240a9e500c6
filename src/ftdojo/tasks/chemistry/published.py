"""ChemCoTBench by the evaluators of OpenCompass (fork Jensen246, abc7c91), defects included.

``mark`` reads one output; ``figures`` sums up the marks of one sub-task under the names and in the units of the
evaluators. Known defects, kept: an unreadable count is 0; any molecule with one group fewer passes a deletion;
optimization has no oracle for drd, gsk and jnk; right reactants are compared with a gold answer without dots.

How the evaluators find an answer (``extracted``), with every leniency and every slip of it: reasoning is cut out, a fenced
block is preferred, and JSON is read for the keys of the sub-task. If that fails a pattern looks for ``"key": "..."``
anywhere, and then comes a last resort that differs by sub-task. A key that the prompt requests may be missing from the
list: ``pred_smi`` of nepp and ``SMILES`` of rcr are.
"""

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ftdojo.scorers.chemistry import molecules
from ftdojo.tasks.chemistry.questions import COUNTS, MOL_EDIT, MOL_OPT, PRODUCTS, YES_NO, Question

LONGEST_RUN = 4
OPEN, CLOSE = "<think>", "</think>"
FENCE, JSON_FENCE = "```", "```json"
_EDIT_KEYS = ("output", "answer")
_OPT_KEYS = ("Final Target Molecule", "Final_Target_Molecule", "output", "answer")
_KEYS = {
    **dict.fromkeys(COUNTS, ("count", "answer")),
    **dict.fromkeys((*YES_NO, *MOL_EDIT), _EDIT_KEYS),
    **dict.fromkeys(MOL_OPT, _OPT_KEYS),
    "Murcko_scaffold": ("Output Scaffold", "output", "answer"),
    "fs": ("Major Product", "output", "answer"),
    "retro": ("Reactants", "output", "answer"),
    "nepp": ("output", "answer"),
    "rcr": ("condition", "answer"),
    "mechsel": ("choice", "answer"),
}
_RAW = ("fs", "retro", "nepp", "rcr")
"""The value of the key is handed on as it is, whatever its type; a missing one ends the search."""
_PATTERNS = {
    **dict.fromkeys(COUNTS, r'"{key}"\s*:\s*"?(\d+)"?'),
    **dict.fromkeys(YES_NO, r'(?i)"{key}"\s*:\s*"(Yes|No)"'),
    **dict.fromkeys(
        ("Murcko_scaffold", "fs", "retro", *MOL_EDIT, *MOL_OPT), r'(?i)"{key}"\s*:\s*"([^"]*)"'
    ),
    "mechsel": r'"{key}"\s*:\s*"([A-Z])"',
}
_SMILES_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9@\[\]()=#\-+.\\/]{4,}")
_NOTHING = object()
Mark = Mapping[str, Any]
HUGE = 10**300
BEST = {"logp": 0.5, "solubility": 0.5}
"""Improvement from which an answer counts as one of the best; 0.3 elsewhere."""
WITH_ORACLE = ("logp", "qed", "solubility")


def levenshtein(one: str, other: str) -> int:
    """Return the least number of characters to put in, take out or change.

    Example:
        >>> levenshtein("CCO", "CN")
        2
    """
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, start=1):
        before, row[0] = row[0], at
        for place, wanted in enumerate(other, start=1):
            cheapest = min(row[place] + 1, row[place - 1] + 1, before + (char != wanted))
            before, row[place] = row[place], cheapest
    return row[-1]


def bleu(pairs: Sequence[tuple[str, str]]) -> float:
    """Return the BLEU of a corpus of (given, right) texts over runs of one to four characters, as nltk has it.

    A length of run without any match counts as the smallest float, not as 0; no match of a single character is 0.

    Example:
        >>> bleu([("CCCCO", "CCCCO")])
        1.0
    """
    shared, there = [0] * LONGEST_RUN, [0] * LONGEST_RUN
    for given, right in pairs:
        for at in range(LONGEST_RUN):
            of_given, of_right = _runs(given, at + 1), _runs(right, at + 1)
            shared[at] += (of_given & of_right).total()
            there[at] += max(1, of_given.total())
    if not shared[0]:
        return 0.0
    logs = [
        math.log(hits / among if hits else sys.float_info.min)
        for hits, among in zip(shared, there, strict=True)
    ]
    return _brevity(pairs) * math.exp(sum(logs) / LONGEST_RUN)


def _runs(text: str, length: int) -> Counter[str]:
    return Counter(text[at : at + length] for at in range(len(text) - length + 1))


def _brevity(pairs: Sequence[tuple[str, str]]) -> float:
    given, right = (sum(map(len, column)) for column in zip(*pairs, strict=True))
    return 1.0 if given > right else math.exp(1 - right / given)


def extracted(output: str, subtask: str) -> Any:
    """Return what the published evaluator takes for the answer; None for an empty output.

    Example:
        >>> extracted("Molecule with 6 atoms has 2 rings", "ring_count")
        '6'
    """
    if not output:
        return None
    text = _fenced(_without_thinking(output.strip()))
    value = _from_json(text, subtask)
    if value is not _NOTHING:
        return value
    for key in _KEYS[subtask]:
        pattern = _PATTERNS.get(subtask)
        if pattern and (match := re.search(pattern.replace("{key}", key), text)):
            return match.group(1).strip()
    return _last_resort(text, subtask)


def _without_thinking(text: str) -> str:
    kept, at = [], 0
    while (start := text.find(OPEN, at)) >= 0 and (end := text.find(CLOSE, start)) >= 0:
        kept.append(text[at:start])
        at = end + len(CLOSE)
    return "".join([*kept, text[at:]])


def _fenced(text: str) -> str:
    """Return what stands in the first block fenced as JSON, else in the first fenced block, else ``text``."""
    opening = JSON_FENCE if JSON_FENCE in text else FENCE
    start = text.find(opening)
    end = text.find(FENCE, start + len(opening)) if start >= 0 else -1
    return text if end < 0 else text[start + len(opening) : end].strip()


def _from_json(text: str, subtask: str) -> Any:
    try:
        read = json.loads(text.replace("\n    ", "").replace("\n", ""))
    except (ValueError, RecursionError):
        return _NOTHING
    if not isinstance(read, dict):
        return _NOTHING
    keys = _KEYS[subtask]
    if subtask in MOL_OPT:  # A key with an empty value is passed over.
        value = next(filter(None, (read.get(key) for key in keys)), read.get(keys[-1]))
    else:
        value = next((read[key] for key in keys if key in read), None)
    if subtask in _RAW:
        return value
    if subtask == "mechsel":
        return str(value).strip().upper() if value else _NOTHING
    return _NOTHING if value is None else str(value).strip()


def _last_resort(text: str, subtask: str) -> str:
    if subtask in COUNTS:
        found = re.search(r"\b\d+\b", text)
    elif subtask in YES_NO:
        words = (word for word in ("Yes", "No") if re.search(rf"(?i)\b{word}\b", text))
        return next(words, text.strip())
    elif subtask == "mechsel":
        found = re.search(r"\b[A-Z]\b", text)
    elif subtask in MOL_EDIT or subtask in MOL_OPT:
        return max(_SMILES_LIKE.findall(text), key=len, default=text.strip())
    else:
        found = None
    return found.group() if found else text.strip()


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
