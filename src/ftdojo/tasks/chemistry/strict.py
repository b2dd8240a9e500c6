"""ChemCoTBench, strictly: what cannot be read is wrong, and what the published evaluators get wrong is repaired.

Every sub-task has one score in [0, 1], higher better: counts, yes or no and the choice of a mechanism are right or
wrong; scaffolds and reaction products score their similarity to the right ones; an edit is right if the groups change
as asked; an optimization succeeds if the property rises. An edited or optimized molecule must still be a form of the
source (``tied``): the published rules take any molecule there, so that one answer fits most questions.

The answer stands under the key that the prompt requests, or is all there is. Reasoning in ``<think>`` is cut out. Of
several occurrences of a key the last one counts. A key that the published evaluator reads in its place will do, and so will
an output that is nothing but the answer. Nothing is picked out of prose: a number, a letter or a "no" somewhere in a
sentence is not an answer.
"""

import json
import re
from typing import Any

from ftdojo.records import Grade
from ftdojo.scorers.answers import without_thinking
from ftdojo.scorers.chemistry import molecules
from ftdojo.tasks.chemistry.published import edited, improvement_of
from ftdojo.tasks.chemistry.questions import COUNTS, MOL_EDIT, MOL_OPT, PRODUCTS, YES_NO, Question

TAIL_CHARS = 20_000
"""What is read of an output: answers come last, and none is that long."""
KEYS = {
    **dict.fromkeys(COUNTS, ("count", "answer")),
    **dict.fromkeys((*YES_NO, *MOL_EDIT), ("output", "answer")),
    **dict.fromkeys(
        MOL_OPT, ("Final Target Molecule", "Final_Target_Molecule", "output", "answer")
    ),
    "Murcko_scaffold": ("Output Scaffold", "output", "answer"),
    "fs": ("Major Product", "output", "answer"),
    "retro": ("Reactants", "output", "answer"),
    "nepp": ("pred_smi", "output", "answer"),
    "rcr": ("SMILES", "condition", "answer"),
    "mechsel": ("choice", "answer"),
}
"""Sub-task -> the keys read, the one that the prompt requests first."""
_FENCE = re.compile(r"\A```[a-z]*\s|```\Z")
_COUNT = re.compile(r"[+-]?\d{1,6}(?:\.0{1,6})?", re.ASCII)
_LETTER = re.compile(r"\(?([A-Z])\)?(?![^\W\d_])", re.ASCII | re.IGNORECASE)
_DECODER = json.JSONDecoder()
WORST_ERROR = 10
"""The error of an unreadable count, and the most that a readable one is charged with."""
EDIT_ALIKE = 0.2
"""Least similarity of an edited molecule to its source; the benchmark's own right answers have 0.27 and more."""
OPT_ALIKE = 0.4
"""Least similarity of an optimized molecule, as is usual in constrained optimization (Jin et al., 2018)."""
NEAR_ATOMS = 3
"""A molecule that only gains or loses up to so many atoms is tied, however small and unlike it is."""
LEAST_GAIN = 1e-6


def read_count(output: str, subtask: str) -> int | None:
    """Return the whole number that an output gives.

    Example:
        >>> read_count('{"count": "2.0"}', "fg_count"), read_count("2", "fg_count")
        (2, 2)
        >>> read_count("There are 2 rings", "ring_count") is None
        True
    """
    value, _ = _value(output, subtask)
    text = "" if isinstance(value, bool) else str(value).strip()
    return int(float(text)) if _COUNT.fullmatch(text) else None


def read_yes_no(output: str, subtask: str) -> str | None:
    """Return ``Yes`` or ``No``."""
    value, _ = _value(output, subtask)
    word = str(value).strip().rstrip(".!").lower()
    return word.capitalize() if word in ("yes", "no") else None


def read_letter(output: str, subtask: str) -> str | None:
    """Return the letter of the choice; under its key words may follow.

    Example:
        >>> read_letter('{"choice": "b: Protonation"}', "mechsel")
        'B'
    """
    value, keyed = _value(output, subtask)
    text = str(value).strip().rstrip(".")
    match = _LETTER.match(text) if keyed else _LETTER.fullmatch(text)
    return match.group(1).upper() if match else None


def read_smiles(output: str, subtask: str) -> tuple[str, bool]:
    """Return what stands in the place of the answer, "" without one, and whether it stands under a key.

    Several molecules may be given as a list.

    Example:
        >>> read_smiles('{"Reactants": ["CCO", "CC"]}', "retro")
        ('CCO.CC', True)
    """
    value, keyed = _value(output, subtask)
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        value = ".".join(each.strip() for each in value)
    text = value.strip() if isinstance(value, str) else ""
    return ("", keyed) if not text or re.search(r"\s", text) else (text, keyed)


def _value(output: str, subtask: str) -> tuple[Any, bool]:
    """Return the value under the first key that occurs, else the whole text; and whether it was a key's."""
    text = without_thinking(output)[-TAIL_CHARS:]
    for key in KEYS[subtask]:
        places = list(re.finditer(rf'"{key}"\s*:\s*', text, re.IGNORECASE))
        if places:
            return _json_at(text, places[-1].end()), True
    return _FENCE.sub("", text).strip().strip("`\"'"), False


def _json_at(text: str, at: int) -> Any:
    """Return the JSON value that begins at ``at``; a string that is not JSON is taken as it stands, "" without any.

    SMILES hold backslashes, which models often forget to double.
    """
    try:
        value, _ = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        found = re.match(r'"([^"\n]*)"', text[at:])
        return found.group(1) if found else ""
    return value


def grade(output: str, question: Question) -> Grade:
    """Score one output; whatever it is, it raises nothing. drd, gsk and jnk have no oracle here, so they score 0.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    subtask = question.subtask
    if subtask in COUNTS:
        return _count(output, question)
    if subtask in YES_NO:
        return _same(read_yes_no(output, subtask), question.right.strip().capitalize(), "accuracy")
    if subtask == "mechsel":
        right = question.right.strip().upper()[:1]
        return _same(read_letter(output, subtask), right, "exact_match")
    if subtask == "Murcko_scaffold":
        return _scaffold(output, question)
    if subtask in MOL_EDIT:
        return _edit(output, question)
    if subtask in MOL_OPT:
        return _improvement(output, question)
    return _product(output, question)


def tied(source: str, answer: str, *, least: float) -> bool:
    """Return whether ``answer`` is a form of ``source``: alike, or the same but for a few atoms more or fewer."""
    if molecules.tanimoto(source, answer, bits=2048) >= least:
        return True
    for whole, part in ((source, answer), (answer, source)):
        holds, more = molecules.contains(whole, part)
        if holds and more <= NEAR_ATOMS:
            return True
    return False


def _count(output: str, question: Question) -> Grade:
    given = read_count(output, question.subtask)
    off = WORST_ERROR if given is None else min(abs(given - int(question.right)), WORST_ERROR)
    return Grade(
        score=float(off == 0),
        readable=given is not None,
        extracted="" if given is None else str(given),
        secondary={"accuracy": float(off == 0), "mae": float(off)},
    )


def _same(given: str | None, right: str, name: str) -> Grade:
    score = float(given is not None and given == right)
    return Grade(
        score=score,
        readable=given is not None,
        extracted=given or "",
        secondary={name: score},
    )


def _molecule(output: str, question: Question) -> tuple[str, bool, bool]:
    """Return the answer, whether it is readable and whether it is a molecule; without a key only a molecule is read."""
    answer, keyed = read_smiles(output, question.subtask)
    valid = molecules.is_molecule(answer)
    return answer, bool(answer) and (keyed or valid), valid


def _scaffold(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    like = molecules.tanimoto(answer, question.right, bits=1024) if valid else 0.0
    same = like == 1.0 and _exact(molecules.likeness(answer, question.right))
    return Grade(
        score=like,
        readable=readable,
        extracted=answer[:200],
        secondary={"accuracy": float(same), "tanimoto": like, "valid": float(valid)},
    )


def _edit(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    asked = edited(answer, question) if valid else False
    like = molecules.tanimoto(answer, question.source, bits=2048) if valid else 0.0
    right = asked and tied(question.source, answer, least=EDIT_ALIKE)
    return Grade(
        score=float(right),
        readable=readable,
        extracted=answer[:200],
        secondary={"valid": float(valid), "groups_right": float(asked), "similarity": like},
    )


def _improvement(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    gain = improvement_of(answer, question) if valid else None
    better = gain is not None and gain > LEAST_GAIN
    like = molecules.tanimoto(answer, question.source, bits=2048) if valid else 0.0
    right = better and tied(question.source, answer, least=OPT_ALIKE)
    return Grade(
        score=float(right),
        readable=readable,
        extracted=answer[:200],
        secondary={"valid": float(valid), "improved": float(better), "similarity": like},
    )


def _product(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    like = molecules.likeness(answer, question.right)
    exact = float(valid and _exact(like))
    alike = like.morgan if valid else 0.0
    return Grade(
        score=alike if question.subtask in PRODUCTS else exact,
        readable=readable,
        extracted=answer[:200],
        secondary={"valid": float(valid), "exact_match": exact},
    )


def _exact(like: molecules.Likeness) -> bool:
    """Return whether two molecules are the same; what has no InChI is compared by its canonical SMILES."""
    return like.exact and (like.named or like.canonical[0] == like.canonical[1])
