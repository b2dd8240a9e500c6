"""Scoring cases: one line of a case file in, what both variants of a scorer make of it out; and reading its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdojo.config import mirror_dir
from ftdojo.errors import UsageError


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


def given(case: Case, name: str, *kinds: type) -> Any:
    """Return ``case.input[name]``, which must be of one of ``kinds``; without kinds anything will do.

    Raises:
        UsageError: the case does not hold it, or holds something else.

    Example:
        >>> given(Case(name="a", input={"prediction": "7"}), "prediction", str)
        '7'
    """
    wanted = " or ".join(kind.__name__ for kind in kinds)
    if name not in case.input:
        raise UsageError(
            f"The case {case.name!r} has no input {name!r}; add it{f', a {wanted}' if wanted else ''}."
        )
    value = case.input[name]
    if kinds and not isinstance(value, kinds):
        raise UsageError(
            f"The input {name!r} of the case {case.name!r} is {str(value)[:60]!r}; give a {wanted}."
        )
    return value


def beside(case: Case, name: str, *, dataset: str) -> Path:
    """Return the file called ``name`` beside the case file, or the mirror's where the case file stands elsewhere.

    Raises:
        UsageError: no file can be called that.
    """
    mirror, here = mirror_dir(), case.folder / Path(name).name
    try:
        is_here = here.is_file()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The case {case.name!r} names the file {name[:60]!r}, which cannot be; name one beside the cases."
        ) from error
    return here if is_here or mirror is None else mirror / dataset / here.name
