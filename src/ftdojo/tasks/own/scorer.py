"""A custom scorer: one function in one file, trusted like any plug-in, so it is run in this process.

Trusted does not mean right. A scorer that raises, or returns what is not a grade, ends the run with the place of the
fault: scored 0, a bug would look like a model that learns nothing.
"""

import hashlib
import importlib.util
import inspect
import math
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ftdojo.errors import ScorerError, UsageError
from ftdojo.records import Grade

GradeFunction = Callable[[str, str], Any]
MOST_SHOWN = 200
"""Characters of an exception or a value that a message quotes."""
_OURS = ("score", "readable", "extracted")


def load_scorer(path: Path) -> Callable[[str, str], Grade]:
    """Return the function ``grade`` of ``path`` as a scorer of (output, right answer).

    ``grade`` returns a mapping with ``score`` (0 to 1) and ``readable`` (whether the output is an answer at all, right
    or wrong), and may add ``extracted`` (text); every other entry is a finite number and becomes a secondary metric.
    Neither may be left out: a check reports what is readable, so ``readable`` taken from the score would tell an agent
    which of its guesses are right.

    Raises:
        UsageError: the file cannot be imported, or has no such function.

    The scorer itself raises ``ScorerError``: ``grade`` raised, or returned something else.
    """
    function = getattr(_imported(path), "grade", None)
    if not callable(function):
        raise UsageError(f"{path} has no function grade; write def grade(output, gold).")
    return lambda output, gold: _graded(function, path, output, gold)


def _imported(path: Path) -> ModuleType:
    name = f"ftdojo_own_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(f"{path} is not a Python file; write one with def grade(output, gold).")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"{_place(path, error)}: the scorer cannot be imported: {_named(error)}; fix it there."
        ) from error
    return module


def _graded(function: GradeFunction, path: Path, output: str, gold: str) -> Grade:
    try:
        returned = function(output, gold)
        entries = dict(returned) if isinstance(returned, Mapping) else None
    except (Exception, SystemExit) as error:
        raise ScorerError(
            f"{_place(path, error)}: the scorer raised {_named(error)}; fix it there."
        ) from error
    try:
        return _read(entries)
    except Exception as error:
        code = getattr(inspect.unwrap(function), "__code__", None)
        place = f"{path}, line {code.co_firstlineno}" if code else str(path)
        raise ScorerError(
            f"{place}: grade returned {_quoted(returned)}; {_text(error)}."
        ) from error


def _read(entries: dict[Any, Any] | None) -> Grade:
    """Return the grade that ``entries`` make.

    Raises:
        ValueError: they make none; the message says what to return.
    """
    if entries is None or not {"score", "readable"} <= entries.keys():
        raise ValueError(
            "return {'score': 0 to 1, 'readable': whether the output is an answer at all, right or wrong}"
        )
    return Grade(
        score=_number(entries, "score", most=1.0),
        readable=bool(entries["readable"]),
        extracted=str(entries.get("extracted", "")),
        secondary={str(name): _number(entries, name) for name in entries if name not in _OURS},
    )


def _number(entries: Mapping[Any, Any], name: Any, *, most: float = math.inf) -> float:
    try:
        number = float(entries[name])
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    least = 0.0 if most < math.inf else -math.inf
    if not math.isfinite(number) or not least <= number <= most:
        raise ValueError(f"{_quoted(name)} must be {'0 to 1' if least == 0 else 'a finite number'}")
    return number


def _place(path: Path, error: BaseException) -> str:
    """Return file and line where the scorer was when ``error`` was raised, there or in what it called."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}, line {error.lineno}"
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(path)
    ]
    return f"{path}, line {lines[-1]}" if lines else str(path)


def _named(error: BaseException) -> str:
    """Return an exception's class and text on one line; the text may be anything, and may itself raise."""
    return _line(f"{type(error).__name__}: {_text(error)}").removesuffix(":")


def _text(error: BaseException) -> str:
    try:
        return _line(str(error))
    except Exception:
        return ""


def _quoted(value: object) -> str:
    try:
        return _line(repr(value))
    except Exception:
        return f"a {_line(type(value).__name__)}"


def _line(text: str) -> str:
    seen = "".join(each if each.isprintable() else " " for each in text[: 2 * MOST_SHOWN])
    line = " ".join(seen.split())
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}..."
