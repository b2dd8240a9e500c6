"""Reads the fields of a scoring case, and names in one line what it lacks."""

from pathlib import Path
from typing import Any

from ftdojo.config import mirror_dir
from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case


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
