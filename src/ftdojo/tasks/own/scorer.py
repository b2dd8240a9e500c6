"""A scorer of your own: one function in one file, trusted like any plug-in, so it is run in this process."""

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Grade

GradeFunction = Callable[[str, str], Any]


def load_scorer(path: Path) -> Callable[[str, str], Grade]:
    """Return the function ``grade`` of ``path``, made safe to call with any output.

    A plain number is the score, and 0 counts as unreadable; a mapping has ``score`` and may have ``readable`` and
    ``extracted``, and what else is a number in it is a secondary metric. An output at which it raises is unreadable.

    Raises:
        UsageError: the file cannot be imported, or has no such function.
    """
    name = f"ftdojo_own_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(f"{path} is no Python file; write one with def grade(output, gold).")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path} cannot be imported: {error!r}.") from error
    function = getattr(module, "grade", None)
    if not callable(function):
        raise UsageError(f"{path} has no function grade; write def grade(output, gold).")
    return lambda output, gold: _grade(function, output, gold)


def _grade(function: GradeFunction, output: str, gold: str) -> Grade:
    try:
        return _read(function(output, gold))
    except Exception:
        return Grade(score=0.0, readable=False)


def _read(said: Any) -> Grade:
    if not isinstance(said, Mapping):
        return Grade(score=float(said), readable=float(said) != 0)
    score = float(said["score"])
    return Grade(
        score=score,
        readable=bool(said.get("readable", score != 0)),
        extracted=str(said.get("extracted", "")),
        secondary={
            name: float(value)
            for name, value in said.items()
            if name not in {"score", "readable", "extracted"}
        },
    )
