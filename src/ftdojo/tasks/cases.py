"""Scoring cases: which function scores those of a data set or a task, and files of them.

A file is read line by line, and what both variants of a scorer return is compared with what the file expects:
``reference`` repeats the published evaluator, ``strict`` is ours.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdojo.errors import SourceError, UsageError
from ftdojo.registry import Registry
from ftdojo.scorers.case import Case, CaseScorer, Variants

cases: Registry[CaseScorer] = Registry(
    "case scorer",
    {
        "agnews": "ftdojo.scorers.answers:score_line",
        "banking77": "ftdojo.scorers.answers:score_line",
        "sst2": "ftdojo.scorers.answers:score_word",
        "pubmedqa": "ftdojo.scorers.answers:score_word",
        "bioprobench": "ftdojo.tasks.biology.cases:score",
        "biology/protocol-qa": "ftdojo.tasks.biology.cases:score",
        "biology/protocol-ordering": "ftdojo.tasks.biology.cases:score",
        "biology/protocol-error": "ftdojo.tasks.biology.cases:score",
        "biology/protocol-generation": "ftdojo.tasks.biology.cases:score",
        "biology/pubmedqa": "ftdojo.scorers.answers:score_word",
        "text/agnews": "ftdojo.scorers.answers:score_line",
        "text/sst2": "ftdojo.scorers.answers:score_word",
        "bbh": "ftdojo.scorers.general.bbh:score",
        "restaurant8k": "ftdojo.scorers.general.restaurant8k:score",
        "text2sql_geo": "ftdojo.scorers.general.sql:score",
        "ifeval": "ftdojo.scorers.general.ifeval:score",
        "_common": "ftdojo.scorers.answers:score_thinking",
        "think_strip": "ftdojo.scorers.answers:score_thinking",
        "aime24": "ftdojo.tasks.math.aime:score",
        "aime25": "ftdojo.tasks.math.aime:score",
        "math/aime24": "ftdojo.tasks.math.aime:score",
        "math/aime25": "ftdojo.tasks.math.aime:score",
        "gsm8k": "ftdojo.tasks.math.gsm8k:score",
        "math/gsm8k": "ftdojo.tasks.math.gsm8k:score",
        "financeiq": "ftdojo.tasks.finance.financeiq:score",
        "finance/financeiq": "ftdojo.tasks.finance.financeiq:score",
        "finance/banking77": "ftdojo.scorers.answers:score_line",
        "panorama_par4pc": "ftdojo.tasks.patent.cases:score_par4pc",
        "patent/par4pc": "ftdojo.tasks.patent.cases:score_par4pc",
        "panorama_pi4pc": "ftdojo.tasks.patent.cases:score_pi4pc",
        "patent/pi4pc": "ftdojo.tasks.patent.cases:score_pi4pc",
        "panorama_noc4pc": "ftdojo.tasks.patent.cases:score_noc4pc",
        "patent/noc4pc": "ftdojo.tasks.patent.cases:score_noc4pc",
        "tablebench": "ftdojo.tasks.tables.cases:score",
        "tables/data-analysis": "ftdojo.tasks.tables.cases:score",
        "tables/fact-checking": "ftdojo.tasks.tables.cases:score",
        "tables/numerical-reasoning": "ftdojo.tasks.tables.cases:score",
        "tables/visualization": "ftdojo.tasks.tables.cases:score",
        "chemcotbench": "ftdojo.tasks.chemistry.cases:score",
        "chemistry/mol-und": "ftdojo.tasks.chemistry.cases:score",
        "chemistry/mol-edit": "ftdojo.tasks.chemistry.cases:score",
        "chemistry/mol-opt": "ftdojo.tasks.chemistry.cases:score",
        "chemistry/reaction": "ftdojo.tasks.chemistry.cases:score",
    },
)
"""Name of a data set or a task -> what scores its cases."""

PATTERN = "*golden*.jsonl"
COMMON = {"think_strip_golden": "think_strip"}
"""Files that are named after a scorer of their own, whatever folder they lie in."""
CLOSE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a case file; ``expected`` is None where the file gives nothing."""

    number: int
    case: Case
    expected: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How a data set's cases agree; ``wrong`` has a line for each case that does not, with the difference."""

    name: str
    cases: int
    agreed: int
    wrong: tuple[str, ...] = ()


def lines(path: Path) -> Iterator[Line]:
    """Yield the cases of a file.

    Raises:
        SourceError: the file cannot be read, or a line of it is not a case; the line is named.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if raw.strip():
                    yield _line(raw, number, path)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror or error}); name a file of cases."
        ) from error


def score(name: str, line: Line, path: Path) -> Variants:
    """Return what both variants of the scorer called ``name`` make of one case.

    Raises:
        UnknownName: no case scorer is called that.
        UsageError: the case lacks what the scorer needs; file and line are named.
    """
    scorer = cases.get(name)
    try:
        return scorer(line.case)
    except UsageError as error:
        raise UsageError(f"{path}, line {line.number}: {error}") from error


def golden_files(folder: Path) -> list[tuple[str, Path]]:
    """Return (case scorer's name, file) of every file of expected scores below ``folder``.

    Raises:
        UsageError: there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{str(folder)!r} is not a folder; name one that holds golden.jsonl files."
        )
    found = [(COMMON.get(path.stem, path.parent.name), path) for path in folder.rglob(PATTERN)]
    if not found:
        raise UsageError(f"No golden*.jsonl lies below {str(folder)!r}; name another folder.")
    return sorted(found)


def agreement(name: str, path: Path) -> Agreement:
    """Compare the reference scorer with what a file expects; cases without an expectation do not count.

    A figure that the file gives with two decimals is met by one that rounds to it.

    Raises:
        FtdojoError: as ``lines``.
    """
    if name not in cases:
        many = sum(line.expected is not None for line in lines(path))
        return Agreement(name=name, cases=many, agreed=0, wrong=("no scorer knows these cases",))
    count, wrong = 0, []
    for line in lines(path):
        if line.expected is None:
            continue
        count += 1
        if fault := _disagreement(name, line, path):
            wrong.append(f"{line.case.name}: {fault}")
    return Agreement(name=name, cases=count, agreed=count - len(wrong), wrong=tuple(wrong))


def _disagreement(name: str, line: Line, path: Path) -> str:
    try:
        return difference(line.expected, score(name, line, path).reference)
    except UsageError as error:
        return str(error)


def difference(expected: Any, found: Any, at: str = "") -> str:
    """Return where ``found`` first differs from ``expected``, or nothing; it may hold more fields.

    Example:
        >>> difference({"f1": 33.33, "read": True}, {"f1": 33.333333, "read": True, "more": 1})
        ''
        >>> difference({"read": True}, {"read": 1.0})
        'read: True expected, 1.0 found'
    """
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key, value in expected.items():
            place = f"{at}.{key}".lstrip(".")
            if key not in found:
                return f"{place}: {value!r} expected, nothing found"
            if inner := difference(value, found[key], place):
                return inner
        return ""
    if isinstance(expected, list) and isinstance(found, list | tuple):
        if len(expected) == len(found):
            pairs = zip(expected, found, strict=True)
            each = (difference(*pair, f"{at}[{n}]") for n, pair in enumerate(pairs))
            return next(filter(None, each), "")
    elif _equal(expected, found):
        return ""
    return f"{at}: {expected!r} expected, {found!r} found".removeprefix(": ")


def _equal(expected: Any, found: Any) -> bool:
    numbers = (int, float)
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if not (isinstance(expected, numbers) and isinstance(found, numbers)):
        return type(expected) is type(found) and bool(expected == found)
    if math.isclose(expected, found, rel_tol=CLOSE, abs_tol=CLOSE):
        return True
    return expected != round(expected) and expected == round(found, 2)


def _line(raw: bytes, number: int, path: Path) -> Line:
    try:
        found = json.loads(raw.decode("utf8"))
    except (ValueError, RecursionError) as error:
        what = "UTF-8" if isinstance(error, UnicodeDecodeError) else f"JSON ({error})"
        raise SourceError(f"{path}, line {number}, is not {what}; fix or drop the line.") from error
    if not isinstance(found, dict) or not isinstance(found.get("input"), dict):
        raise SourceError(
            f'{path}, line {number}, is not a case; write {{"case": NAME, "input": {{...}}}}.'
        )
    expected = found.get("expected")
    if expected is not None and not isinstance(expected, dict):
        raise SourceError(f"{path}, line {number}: expected is {expected!r}; write an object.")
    case = Case(
        name=str(found.get("case", number)),
        input=found["input"],
        scorer=str(found.get("scorer") or ""),
        folder=path.parent,
    )
    return Line(number=number, case=case, expected=expected)
