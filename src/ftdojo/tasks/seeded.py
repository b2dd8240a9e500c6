"""Questions that a seeded generator of ours draws, and where each belongs.

Which split a question is in depends on its ``key`` alone: what makes it this question and no other, whatever its
wording and order. No seed and no order of drawing can move one, so a generator of training questions can draw no
held-out one.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from ftdojo.records import Split
from ftdojo.tasks.splits import place

COUNTS: Mapping[Split, int] = {"validation": 100, "confirm": 100, "test": 300}
SHARES: Mapping[str, float] = {"validation": 0.05, "confirm": 0.05, "test": 0.12}

Q = TypeVar("Q")


@dataclass(frozen=True, kw_only=True)
class Generator(Generic[Q]):
    """Draws the questions of ``task``.

    ``draw`` makes one, ``ask`` words it, ``key`` is what it is held out by. ``shares`` of all keys are held out.
    A held-out split has each key once, unless there are too few (``scarce``); then it has each wording once.
    """

    task: str
    draw: Callable[[random.Random], Q]
    ask: Callable[[Q], str]
    key: Callable[[Q], str]
    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)
    scarce: bool = False

    def split_of(self, question: Q) -> str:
        """Return ``validation``, ``confirm``, ``test`` or ``train``: a property of the key alone."""
        return place(f"{self.task} {self.key(question)}", self.shares)

    def distinct(self, rng: random.Random, *, split: str, by: Callable[[Q], str]) -> Iterator[Q]:
        """Yield questions of ``split``, no two alike in ``by``, without end as long as there are any left."""
        seen = set()
        while True:
            question = self.draw(rng)
            name = by(question)
            if name not in seen and self.split_of(question) == split:
                seen.add(name)
                yield question

    def train(self, rng: random.Random) -> Iterator[Q]:
        """Yield training questions without end, no two worded alike."""
        return self.distinct(rng, split="train", by=self.ask)

    def held_out(self, split: Split) -> list[tuple[str, Q]]:
        """Return an id and a question for each item of ``split``, always the same ones in the same order."""
        rng, by = random.Random(f"{self.task} {split} v1"), self.ask if self.scarce else self.key
        drawn = self.distinct(rng, split=split, by=by)
        return [(f"{split}-{at:03}", each) for at, each in enumerate(islice(drawn, COUNTS[split]))]
