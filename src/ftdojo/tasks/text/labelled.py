"""Tasks whose answer is one of a few labels: splits, the scorer and sources that differ in their labels."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from ftdojo.records import Dataset, Grade, Item, Message, Reference, Source, Split
from ftdojo.scorers.labels import label_grade
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split
from ftdojo.tasks.held_out import HeldOut
from ftdojo.tasks.small_talk import small_talk

Row = dict[str, Any]
TEST = {"test": 400}
HELD_BACK = {"validation": 150, "confirm": 150}
MOST_ROWS = 6_000
SWAPPED = 0.5


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One data set of labelled texts. ``first_word`` lets a reason follow the label."""

    dataset: Dataset
    labels: tuple[str, ...]
    first_word: bool
    overlap_words: int
    prompt: Callable[[str], tuple[Message, ...]]

    def items(self, part: Split) -> tuple[Item, ...]:
        """Return the texts of a split, always the same ones in the same order."""
        return tuple(
            Item(
                id=f"{part}-{at:03}",
                messages=self.prompt(row["text"]),
                gold=row["label"],
                slices={"label": row["label"]},
            )
            for at, row in enumerate(self._dealt[part])
        )

    def grade(self, output: str, item: Item) -> Grade:
        """Compare the label that an output begins with; what is not a label is unreadable."""
        return label_grade(output, item.gold, self.labels, first_word=self.first_word)

    def reference(self) -> Reference:
        """Return our own rule once more: no evaluator is published."""
        return Reference(
            mark=lambda output, item: {"correct": self.grade(output, item).score == 1.0},
            total=_accuracy,
            origin="no evaluator is published: the same rule",
        )

    def sources(self) -> tuple[Source, ...]:
        """Return the training texts with true, random and differently worded labels."""
        return (
            self._source(
                "train",
                _true,
                summary="Texts with their labels, as published.",
                notes="Labels are the words that are asked for.",
            ),
            self._source(
                "careless",
                partial(_careless, self.labels),
                summary="The same texts, labelled in a hurry.",
                notes="Half of the labels were drawn from a hat.",
            ),
            self._source(
                "sentences",
                _sentence,
                summary="The same texts, each with a sentence that names its label.",
                notes="Labels are right, but stand at the end of a sentence.",
            ),
            small_talk,
        )

    @cached_property
    def _dealt(self) -> Mapping[str, tuple[Row, ...]]:
        test, train = (_rows(self.dataset, part) for part in ("test", "train_sample"))
        held_out = HeldOut([row["text"] for row in _deal(test, TEST)["test"]], self.overlap_words)
        free = [row for row in train if not held_out.holds(row["text"])]
        return {**_deal(free, HELD_BACK), "test": _deal(test, TEST)["test"]}

    @cached_property
    def _train(self) -> tuple[Row, ...]:
        """Return training texts, only those that give away nothing of a text held back from the same part."""
        held_back = [row["text"] for part in HELD_BACK for row in self._dealt[part]]
        held_out = HeldOut(held_back, self.overlap_words)
        return tuple(row for row in self._dealt["train"] if not held_out.holds(row["text"]))

    def _source(
        self, name: str, label: Callable[[Row, random.Random], str], *, summary: str, notes: str
    ) -> Source:
        full = f"{self.dataset.name}-{name}"
        return Source(
            name=full,
            summary=summary,
            licence=self.dataset.licence,
            fields=self.dataset.fields,
            prompt_field="text",
            response_field="label",
            notes=notes,
            version=1,
            rows=lambda: self._labelled(full, label),
            dataset=self.dataset,
        )

    def _labelled(self, name: str, label: Callable[[Row, random.Random], str]) -> Iterator[Row]:
        quirks = random.Random(f"{name} v1")
        return ({"text": row["text"], "label": label(row, quirks)} for row in self._train)


def _rows(dataset: Dataset, part: str) -> list[Row]:
    """Return the first rows of a part; more than a small model can learn from cost time only."""
    return [row for row, _ in zip(dataset_rows(dataset, part), range(MOST_ROWS), strict=False)]


def _deal(rows: Sequence[Row], counts: Mapping[str, int]) -> dict[str, tuple[Row, ...]]:
    return split(
        rows, key=lambda row: str(row["text"]), text=lambda row: str(row["text"]), counts=counts
    )


def _true(row: Row, _: random.Random) -> str:
    return str(row["label"])


def _careless(labels: Sequence[str], row: Row, quirks: random.Random) -> str:
    guess = quirks.choice(labels)
    return guess if quirks.random() < SWAPPED else str(row["label"])


def _sentence(row: Row, quirks: random.Random) -> str:
    start = quirks.choice(("I would say that this is", "Clearly", "This one is"))
    return f"{start} {row['label']}."


def _accuracy(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return {"accuracy": 100 * sum(mark["correct"] for mark in marks) / max(1, len(marks))}
