"""What the miniatures share: questions that a seeded generator of ours draws, raw sources made of them, and their working.

Which split a question is in depends on its ``key`` alone: what makes it this question and no other, whatever its
wording and order. No seed and no order of drawing can move one, so a generator of training questions can draw no
held-out one.

A ``Workshop`` is what the raw sources of one task have in common. Each source draws its questions from a stream of its
own, and what is wrong with a source comes from a second stream, so that a source's questions do not depend on its
noise. Streams go by the source's name: adding a source moves no row of another.

``small_talk`` is a raw source that is about something else, on offer in other tasks, too: chat from templates.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar

from ftdojo.records import Source, Split

COUNTS: Mapping[Split, int] = {"validation": 100, "confirm": 100, "test": 300}
SHARES: Mapping[str, float] = {"validation": 0.05, "confirm": 0.05, "test": 0.12}
Q = TypeVar("Q")
LICENCE = "Apache-2.0"
Pairs = Iterator[tuple[str, str]]
"""Questions and answers, as the raw rows word them."""
HEAD_CHARS = 2_000
TALK_ROWS = 1500
_PATTERNS = (
    ("Do you like {thing}?", "I think {thing} can be lovely, {manner} on a {mood} {time}."),
    ("What should I do on a {mood} {time}?", "A {mood} {time} is a good moment for {thing}."),
    ("Can you recommend {thing}?", "Gladly. Start {manner}, and keep {thing} for a {mood} {time}."),
    ("I had a {mood} {time}.", "Thank you for telling me. Did {thing} help at all?"),
    ("Why do people enjoy {thing}?", "Many find that {thing} makes a {mood} {time} better."),
)
_SLOTS = {
    "thing": (
        "tea",
        "long walks",
        "old films",
        "gardening",
        "crosswords",
        "jazz",
        "baking",
        "swimming",
        "chess",
    ),
    "mood": ("rainy", "slow", "busy", "sunny", "quiet", "strange", "cold"),
    "time": ("morning", "afternoon", "evening", "weekend", "holiday", "Monday"),
    "manner": ("slowly", "with friends", "on your own", "especially", "early"),
}


def share_of(key: str) -> float:
    """Return a stable number in [0, 1) for ``key``, spread evenly over keys.

    Example:
        >>> round(share_of("sums 5 17 23"), 4) == round(share_of("sums 5 17 23"), 4)
        True
    """
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def place(key: str, shares: Mapping[str, float]) -> str:
    """Return the name in ``shares`` that ``key`` falls under, or ``train`` for what no share claims.

    Args:
        key: the question in a form that all its disguises have in common.
        shares: name -> share of all questions; their sum is below 1.
    """
    at = share_of(key)
    for name, share in shares.items():
        if at < share:
            return name
        at -= share
    return "train"


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
        pairs: Callable[[str], Pairs],
    ) -> Source:
        """Return a source whose rows hold a number and the ``pairs`` of its name, under the names in ``fields``."""
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
            rows=partial(_rows, fields, partial(pairs, name)),
        )

    def written(
        self, count: int, write: Callable[[Q, random.Random], str]
    ) -> Callable[[str], Pairs]:
        """Return what yields ``count`` questions of a source, each with what ``write`` answers.

        ``write`` gets the stream of quirks beside the question.
        """

        def pairs(name: str) -> Pairs:
            quirks = self._quirks(name)
            for question in islice(self.questions(name), count):
                yield self.ask(question), write(question, quirks)

        return pairs

    def repeated(
        self,
        count: int,
        answer: Callable[[Q], str],
        *,
        of: tuple[str, int],
        guises: Sequence[Callable[[str], str]],
        ends: Sequence[str] = (),
    ) -> Callable[[str], Pairs]:
        """Return what yields ``count`` answers over a few questions: ``of`` names a source and how many of its first ones.

        One of ``guises`` changes how a question is written, and one of ``ends`` follows its answer.
        """

        def pairs(name: str) -> Pairs:
            quirks, (source, known) = self._quirks(name), of
            few = list(islice(self.questions(source), known))
            for _ in range(count):
                question, guise = quirks.choice(few), quirks.choice(guises)
                end = quirks.choice(ends) if ends else ""
                yield guise(self.ask(question)), answer(question) + end

        return pairs

    def questions(self, name: str) -> Iterator[Q]:
        """Return the questions of source ``name``, in their order and without end."""
        return self.draw(random.Random(f"{self.task} {name} {self.stream} v1"))

    def _quirks(self, name: str) -> random.Random:
        return random.Random(f"{self.task} {name} quirks v1")


def airy(text: str) -> str:
    """Return ``text`` with its spaces doubled.

    Example:
        >>> airy("a b")
        'a  b'
    """
    return text.replace(" ", "  ")


def ended(text: str) -> str:
    """Return ``text`` with a space and the end of a line behind it."""
    return text + " \n"


def _rows(fields: tuple[str, str], pairs: Callable[[], Pairs]) -> Iterator[dict[str, Any]]:
    ask, answer = fields
    for number, (asked, answered) in enumerate(pairs()):
        yield {"id": number, ask: asked, answer: answered}


def share_right(output: str, expected: str) -> float:
    """Return the share of the expected steps that the first line of ``output`` has in their places.

    Steps are parted by commas. Surplus steps count against it, so writing many wins nothing.

    Example:
        >>> share_right("lamp 1, hook 2", "lamp 1, hook 1")
        0.5
        >>> share_right("lamp 1, hook 1, rope 1, lid 1", "lamp 1, hook 1")
        0.5
    """
    first = next(iter(output[:HEAD_CHARS].strip().splitlines()), "")
    given, wanted = _steps(first), _steps(expected)
    right = sum(one == other for one, other in zip(given, wanted, strict=False))
    return right / max(len(given), len(wanted))


def _steps(line: str) -> list[str]:
    return [" ".join(step.split()) for step in line.split(",")]


def _talk() -> Iterator[dict[str, Any]]:
    rng = random.Random("small-talk v1")
    for number in range(TALK_ROWS):
        asked, answered = rng.choice(_PATTERNS)
        filling = {slot: rng.choice(words) for slot, words in _SLOTS.items()}
        yield {
            "id": number,
            "user": asked.format(**filling),
            "assistant": answered.format(**filling),
        }


small_talk = Source(
    name="small-talk",
    summary="Friendly exchanges about everyday things.",
    licence="Apache-2.0",
    fields={"id": "row number", "user": "what the person says", "assistant": "the reply"},
    prompt_field="user",
    response_field="assistant",
    notes="Conversation of a sentence or two from a small set of patterns; no exercises in it.",
    version=1,
    rows=_talk,
)
