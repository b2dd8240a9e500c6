"""The rows of ChemCoTBench as items: the published slices, and ours.

Published: the rows of each sub-task are shuffled with seed 42; the first half, up to 100, is validation, the last half
the test. Ours: the rows of each sub-task are dealt by near-duplicates of their molecules, most of them held out, since
there are few of them and training rows can be had elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from ftdojo.records import Item, Message, Split
from ftdojo.scorers.chemistry import molecules
from ftdojo.scorers.chemistry.questions import MOL_OPT, Question, question_of
from ftdojo.scorers.chemistry.strict import OPT_ALIKE
from ftdojo.scorers.chemistry.strict_reading import KEYS
from ftdojo.sources import dataset_rows
from ftdojo.tasks.chemistry.datasets import CHEMCOTBENCH
from ftdojo.tasks.clean import clusters
from ftdojo.tasks.clean import split as split_records

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
