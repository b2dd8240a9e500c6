"""How we find the answer in an output: under the key that the prompt requests, or as all there is.

Reasoning in ``<think>`` is cut out. Of several occurrences of a key the last one counts. A key that the published
evaluator reads in its place will do, and so will an output that is nothing but the answer. Nothing is picked out of
prose: a number, a letter or a "no" somewhere in a sentence is not an answer.
"""

import json
import re
from typing import Any

from ftdojo.scorers.answers import without_thinking
from ftdojo.scorers.chemistry.questions import COUNTS, MOL_EDIT, MOL_OPT, YES_NO

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
