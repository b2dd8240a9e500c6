"""How the published evaluator finds the answer in an output, with every leniency and every slip of it.

Reasoning is cut out, a fenced block is preferred, and JSON is read for the keys of the sub-task. If that fails a
pattern looks for ``"key": "..."`` anywhere, and then comes a last resort that differs by sub-task. A key that the
prompt requests may be missing from the list: ``pred_smi`` of nepp and ``SMILES`` of rcr are.
"""

import json
import re
from typing import Any

from ftdojo.scorers.chemistry.questions import COUNTS, MOL_EDIT, MOL_OPT, YES_NO

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
