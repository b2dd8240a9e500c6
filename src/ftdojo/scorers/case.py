"""Scoring cases: one line of a case file in, what both variants of a scorer make of it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of a case file.

    ``scorer`` is whose rule is meant, in the file's words, where the file gives one; ``folder`` is where the
    file lies, for inputs that name another file.
    """

    name: str
    input: Mapping[str, Any]
    scorer: str = ""
    folder: Path = Path()


@dataclass(frozen=True, kw_only=True)
class Variants:
    """What a case scores: by the published evaluator, and by ours; the names of the figures are the case file's."""

    reference: Mapping[str, Any]
    strict: Mapping[str, Any]


CaseScorer = Callable[[Case], Variants]
"""Scores one case. Raises ``UsageError`` where the input lacks what the scorer needs; no output of a model raises."""
