"""Raw sources of our own: rows written by a seeded generator, and a few questions that come again and again.

A ``Workshop`` is what the sources of one task have in common. Each source draws its questions from a stream of its
own, and what is wrong with a source comes from a second stream, so that a source's questions do not depend on its
noise. Streams go by the source's name: adding a source moves no row of another.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar

from ftdojo.records import Source

LICENCE = "Apache-2.0"

Q = TypeVar("Q")
Pairs = Iterator[tuple[str, str]]
"""Questions and answers, as the raw rows word them."""


@dataclass(frozen=True, kw_only=True)
class Workshop(Generic[Q]):
    """Makes the raw sources of ``task``.

    ``draw`` yields training questions without end, and ``ask`` words one. ``stream`` is what the stream of questions
    is called. ``holds`` describes, for a source's card, the fields of question and answer.
    """

    task: str
    draw: Callable[[random.Random], Iterator[Q]]
    ask: Callable[[Q], str]
    stream: str = "questions"
    holds: tuple[str, str] = ("the question", "the answer, as text")

    def source(
        self,
        name: str,
        *,
        fields: tuple[str, str],
        about: str,
        notes: str,
        pairs: Callable[[], Pairs],
    ) -> Source:
        """Return a source whose rows hold a number and ``pairs``, under the names in ``fields``."""
        ask, answer = fields
        asked, answered = self.holds
        return Source(
            name=name,
            summary=about,
            licence=LICENCE,
            fields={"id": "row number", ask: asked, answer: answered},
            prompt_field=ask,
            response_field=answer,
            notes=notes,
            version=1,
            rows=partial(_rows, fields, pairs),
        )

    def written(
        self, name: str, count: int, write: Callable[[Q, random.Random], str]
    ) -> Callable[[], Pairs]:
        """Return what yields ``count`` questions of source ``name``, each with what ``write`` answers.

        ``write`` gets the stream of quirks beside the question.
        """
        return partial(self._written, name, count, write)

    def repeated(
        self,
        name: str,
        count: int,
        write: Callable[[Q, random.Random], tuple[str, str]],
        *,
        of: str,
        known: int,
    ) -> Callable[[], Pairs]:
        """Return what yields ``count`` pairs over the first ``known`` questions of source ``of``.

        ``write`` gets a question and the stream of quirks, and returns question and answer in the guise of the day.
        """
        return partial(self._repeated, name, count, write, (of, known))

    def questions(self, name: str) -> Iterator[Q]:
        """Return the questions of source ``name``, in their order and without end."""
        return self.draw(random.Random(f"{self.task} {name} {self.stream} v1"))

    def _written(self, name: str, count: int, write: Callable[[Q, random.Random], str]) -> Pairs:
        quirks = self._quirks(name)
        for question in islice(self.questions(name), count):
            yield self.ask(question), write(question, quirks)

    def _repeated(
        self,
        name: str,
        count: int,
        write: Callable[[Q, random.Random], tuple[str, str]],
        few: tuple[str, int],
    ) -> Pairs:
        quirks, (of, known) = self._quirks(name), few
        asked = list(islice(self.questions(of), known))
        for _ in range(count):
            yield write(quirks.choice(asked), quirks)

    def _quirks(self, name: str) -> random.Random:
        return random.Random(f"{self.task} {name} quirks v1")


def airy(text: str) -> str:
    """Return ``text`` with its spaces doubled.

    Example:
        >>> airy("a b")
        'a  b'
    """
    return text.replace(" ", "  ")


def _rows(fields: tuple[str, str], pairs: Callable[[], Pairs]) -> Iterator[dict[str, Any]]:
    ask, answer = fields
    for number, (asked, answered) in enumerate(pairs()):
        yield {"id": number, ask: asked, answer: answered}
