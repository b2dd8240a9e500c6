"""The columns of the published tables, made up from marks: each a mean over sub-tasks of a mean over rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ftdojo.scorers.chemistry import published
from ftdojo.scorers.chemistry.questions import COUNTS, MOL_EDIT, MOL_OPT, PRODUCTS, YES_NO, Question

Mark = Mapping[str, Any]
ORIGIN = (
    "the ChemCoTBench evaluators of RD-Agent's OpenCompass fork (Jensen246/opencompass, abc7c91)"
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A published column: the mean of ``mark`` over the rows of each of ``subtasks``, times ``scale``."""

    name: str
    mark: str
    subtasks: tuple[str, ...]
    scale: float = 100.0


COLUMNS = {
    "mol_und": (
        Column(name="MAE", mark="error", subtasks=COUNTS, scale=1.0),
        Column(name="TMS", mark="tanimoto", subtasks=("Murcko_scaffold",), scale=1.0),
        Column(name="Acc", mark="correct", subtasks=YES_NO),
    ),
    "mol_edit": (Column(name="Acc", mark="correct", subtasks=MOL_EDIT),),
    "mol_opt": (
        Column(name="SR", mark="success", subtasks=MOL_OPT),
        Column(name="VS", mark="valid", subtasks=MOL_OPT),
    ),
    "reaction": (
        Column(name="FTS", mark="morgan", subtasks=PRODUCTS),
        Column(name="Acc", mark="correct", subtasks=("mechsel",)),
    ),
}


def mark(output: str, question: Question) -> dict[str, Any]:
    """Return what the published evaluator finds out about one output, with its sub-task."""
    found = published.mark(output, question)
    return {
        **found,
        "subtask": question.subtask,
        "success": (found.get("improvement") or 0.0) > 0,
    }


def totals(part: str) -> Callable[[Sequence[Mark]], dict[str, float]]:
    """Return what sums up the marks of a part of the benchmark into its columns.

    A column names a sub-task behind a slash for that sub-task alone; a sub-task without marks is left out of its mean.
    """
    return partial(_totals, COLUMNS[part])


def _totals(columns: Sequence[Column], marks: Sequence[Mark]) -> dict[str, float]:
    found = {}
    for column in columns:
        means = {
            subtask: mean
            for subtask in column.subtasks
            if (mean := _mean(column.mark, [each for each in marks if each["subtask"] == subtask]))
            is not None
        }
        if means:
            found[column.name] = column.scale * sum(means.values()) / len(means)
        found |= {
            f"{column.name}/{subtask}": column.scale * mean for subtask, mean in means.items()
        }
    return found


def _mean(name: str, marks: Sequence[Mark]) -> float | None:
    return sum(float(each[name]) for each in marks) / len(marks) if marks else None
