"""text/sst2 and text/agnews: tasks whose answer is one of a few labels, with sources that differ in their labels.

SST-2 (GLUE): is a phrase of a film review positive or negative? Of the labelled GLUE validation part 400 sentences are the
test. Training phrases are often pieces of one another, and none that contains a held-out one is on offer. AG News: is a
piece of news about the world, sports, business, or science and technology? Of its official test part 400 texts are the
test. Of both, validation and confirmation, 150 each, come from the training part, and the rest of its first rows is on offer.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from ftdojo.records import (
    Dataset,
    Direction,
    Grade,
    Item,
    Message,
    Part,
    Replication,
    Source,
    Split,
    Task,
)
from ftdojo.scorers.answers import label_grade
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split
from ftdojo.tasks.miniature import small_talk
from ftdojo.texts import Gate

Row = dict[str, Any]
TEST = {"test": 400}
HELD_BACK = {"validation": 150, "confirm": 150}
MOST_ROWS = 6_000
SWAPPED = 0.5
FEELINGS = ("negative", "positive")
TOPICS = ("World", "Sports", "Business", "Sci/Tech")
FIELDS = {"text": "the text", "label": "its label"}
MAX_NEW_TOKENS = 8
SST2_OVERLAP_WORDS = 8
AGNEWS_OVERLAP_WORDS = 16


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

    def reference(self) -> Replication:
        """Return our own rule once more: no evaluator is published."""
        return Replication(
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
        held_out = Gate(
            [row["text"] for row in _deal(test, TEST)["test"]], overlap_words=self.overlap_words
        )
        free = [row for row in train if not held_out.holds(row["text"])]
        return {**_deal(free, HELD_BACK), "test": _deal(test, TEST)["test"]}

    @cached_property
    def _train(self) -> tuple[Row, ...]:
        """Return training texts, only those that give away nothing of a held-out text."""
        asked = [row["text"] for part in (*TEST, *HELD_BACK) for row in self._dealt[part]]
        held_out = Gate(asked, overlap_words=self.overlap_words)
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
            version=2,
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


def _feeling(row: Row) -> Row | None:
    """Read a row of GLUE; its own test part has no labels (-1)."""
    known = row["label"] in (0, 1)
    return {"text": row["sentence"].strip(), "label": FEELINGS[row["label"]]} if known else None


def _topic(row: Row) -> Row:
    return {"text": row["text"].strip(), "label": TOPICS[row["label"]]}


SST2 = Dataset(
    name="sst2",
    hub_id="nyu-mll/glue",
    revision="main",
    licence="free for research (no licence is named)",
    commercial=False,
    parts={
        "test": Part(files=("sst2/validation-*",), read=_feeling),
        "train_sample": Part(files=("sst2/train-*",), read=_feeling),
    },
    fields=FIELDS,
)

AGNEWS = Dataset(
    name="agnews",
    hub_id="fancyzhx/ag_news",
    revision="main",
    licence="non-commercial use (AG's corpus of news articles)",
    commercial=False,
    parts={
        "test": Part(files=("data/test-*",), read=_topic),
        "train_sample": Part(files=("data/train-*",), read=_topic),
    },
    fields=FIELDS,
)


def _sst2_prompt(text: str) -> tuple[Message, ...]:
    return sst2.prompt(text)


_sst2 = Labelled(
    dataset=SST2,
    labels=FEELINGS,
    first_word=True,
    overlap_words=SST2_OVERLAP_WORDS,
    prompt=_sst2_prompt,
)

sst2 = Task(
    name="text/sst2",
    version=1,
    domain="text",
    summary=(
        "Tell whether a sentence or phrase of a film review is positive or negative. Texts are lower-cased and cut into words. "
        "A constant answer scores about 0.5."
    ),
    answer_format=(
        "The first word is the answer: positive or negative, in any case; marks are ignored, and what follows as well. An "
        f"output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Any other first word is unreadable and scores 0."
    ),
    system="",
    template="Review: {question}\nIs it positive or negative? Answer with one word.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=_sst2.sources(),
    items=_sst2.items,
    grade=_sst2.grade,
    overlap_words=SST2_OVERLAP_WORDS,
    datasets=(SST2,),
    slices={"label": "the right label"},
    replication=_sst2.reference(),
)


def _agnews_prompt(text: str) -> tuple[Message, ...]:
    return agnews.prompt(text)


_agnews = Labelled(
    dataset=AGNEWS,
    labels=TOPICS,
    first_word=False,
    overlap_words=AGNEWS_OVERLAP_WORDS,
    prompt=_agnews_prompt,
)

agnews = Task(
    name="text/agnews",
    version=1,
    domain="text",
    summary=(
        "Name the topic of a piece of news, title and a sentence or two: World, Sports, Business or Sci/Tech. A constant answer "
        "scores about 0.25."
    ),
    answer_format=(
        "The first line is the answer: World, Sports, Business or Sci/Tech; case and everything but letters and digits are "
        f"ignored. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Any other line is unreadable and scores 0."
    ),
    system="",
    template="News: {question}\nIs its topic World, Sports, Business or Sci/Tech? Answer with the topic alone.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=_agnews.sources(),
    items=_agnews.items,
    grade=_agnews.grade,
    overlap_words=AGNEWS_OVERLAP_WORDS,
    datasets=(AGNEWS,),
    slices={"label": "the right label"},
    replication=_agnews.reference(),
)
