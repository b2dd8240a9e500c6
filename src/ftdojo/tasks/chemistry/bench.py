"""The rows of ChemCoTBench as items, the published slices and ours, and the columns of the published tables.

Published: the rows of each sub-task are shuffled with seed 42; the first half, up to 100, is validation, the last half
the test. Ours: the rows of each sub-task are dealt by near-duplicates of their molecules, most of them held out, since
there are few of them and training rows can be had elsewhere. A column is made up from marks: a mean over sub-tasks of a
mean over rows.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from ftdojo.records import Item, Message, Split
from ftdojo.scorers.chemistry import molecules
from ftdojo.sources import dataset_rows
from ftdojo.tasks.chemistry import published
from ftdojo.tasks.chemistry.questions import (
    CHEMCOTBENCH,
    COUNTS,
    MOL_EDIT,
    MOL_OPT,
    PRODUCTS,
    YES_NO,
    Question,
    question_of,
)
from ftdojo.tasks.chemistry.strict import KEYS, OPT_ALIKE
from ftdojo.tasks.clean import split as split_records
from ftdojo.texts.near import clusters

Mark = Mapping[str, Any]
ORIGIN = (
    "the ChemCoTBench evaluators of RD-Agent's OpenCompass fork (Jensen246/opencompass, abc7c91)"
)
Row = Mapping[str, Any]
SHARES: dict[Split, float] = {"validation": 0.35, "confirm": 0.2, "test": 0.4}
"""What part of a sub-task's rows each split gets; the rest may be trained on."""
DOTTED = "_gt_fixed"
"""Where a mirror's rows of retro have the answer with its dots; the hub's rows have none."""
FEWEST = 20
"""A sub-task of which there are fewer rows is left out of our splits: its mean would be luck."""
SEED = 42
IMPOSSIBLE = {("carboxyl", "hydroxyl")}
"""(added, removed): a new carboxyl is a hydroxyl, too, so their counts cannot change as the rule requires."""


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


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One task's share of the benchmark: ``part`` of the data set, ``subtasks`` of which can be scored strictly.

    ``subtasks`` are in our splits, ``published`` in the published ones.
    """

    part: str
    subtasks: tuple[str, ...]
    published: tuple[str, ...]

    def items(self, split: Split) -> tuple[Item, ...]:
        """Return the items of our ``split``, sub-task by sub-task."""
        rows = (row for subtask in self.subtasks for row in dealt(self.part, subtask)[split])
        return tuple(item for row in rows if (item := item_of(row)).gold)

    def published_items(self, split: Split) -> tuple[Item, ...]:
        """Return the items of the published slice, sub-task by sub-task in the published order."""
        return tuple(
            item_of(row)
            for subtask in self.published
            for row in published_rows(rows_of(self.part, subtask), split)
        )

    def held_out(self) -> tuple[Row, ...]:
        """Return every row that is in a split of ours."""
        return tuple(
            row
            for subtask in self.subtasks
            for split in SHARES
            for row in dealt(self.part, subtask)[split]
        )

    def left(self) -> tuple[Row, ...]:
        """Return the rows that may be trained on."""
        return tuple(row for subtask in self.subtasks for row in dealt(self.part, subtask)["train"])


@cache
def rows_of(part: str, subtask: str) -> tuple[Row, ...]:
    """Return the rows of a sub-task, in their published order."""
    rows = (row for row in dataset_rows(CHEMCOTBENCH, part) if row["subtask"] == subtask)
    return tuple(map(_dotted, rows) if subtask == "retro" else rows)


def published_rows(rows: Sequence[Row], split: Split) -> list[Row]:
    """Return the published slice of a sub-task's ``rows``."""
    import numpy as np

    half = min(100, len(rows) // 2)
    order = np.random.default_rng(SEED).permutation(len(rows))
    chosen = {"validation": order[:half], "test": order[len(rows) - half :]}.get(split, order[:0])
    return [rows[at] for at in chosen]


@cache
def dealt(part: str, subtask: str) -> Mapping[str, tuple[Row, ...]]:
    """Return our splits of a sub-task, and what is left under ``train``."""
    rows = [row for row in rows_of(part, subtask) if _possible(row)]
    if len(rows) < FEWEST:
        return {**dict.fromkeys(SHARES, ()), "train": tuple(rows)}
    count = len(clusters([asked_of(row) for row in rows]))
    return split_records(
        rows,
        key=lambda row: str(row["id"]),
        text=asked_of,
        counts={split: int(share * count) for split, share in SHARES.items()},
    )


def item_of(row: Row) -> Item:
    """Return the item of a row; its gold is "" where we know no right answer."""
    question = question_of(row)
    return Item(
        id=f"{row['subtask']}-{row['id']}",
        messages=(Message(role="user", content=row["query"]),),
        gold=gold_of(question),
        slices={"subtask": row["subtask"]},
        facts=asdict(question),
    )


@cache
def gold_of(question: Question) -> str:
    """Return an output that earns full marks, in the format that the prompt requests."""
    answer = question.right
    if question.subtask in MOL_OPT:
        answer = molecules.improved(question.source, question.subtask, least=OPT_ALIKE) or ""
    return json.dumps({KEYS[question.subtask][0]: answer}) if answer else ""


def asked_of(row: Row) -> str:
    """Return what distinguishes a row's question from the others of its sub-task: the molecules in it."""
    query = str(row["query"]).strip()
    if "Question:\n" in query:
        return query.partition("Question:\n")[2].partition("\n\nAnswer:")[0]
    last = query.splitlines()[-1] if query else ""
    return last if "Molecule" in last else query


def _dotted(row: Row) -> Row:
    """Return a row of retro with the dots of its answer, "" where they cannot be put back for certain."""
    return row if DOTTED in row else {**row, DOTTED: molecules.dotted(row["gt"]) or ""}


def _possible(row: Row) -> bool:
    """Return whether the row's question has a right answer that we know."""
    question = question_of(row)
    return (question.added, question.removed) not in IMPOSSIBLE and row.get(DOTTED) != ""
