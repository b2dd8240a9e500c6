"""What a task, a raw source and an item are. Declarations fill these in; nothing here behaves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from ftdojo.records.grades import Direction, Grade

Split = Literal["validation", "confirm", "test"]
"""``validation`` steers the search; ``confirm`` checks the one choice; ``test`` is scored once, at the end."""


class Message(TypedDict):
    """One chat turn, as OpenAI and TRL write it."""

    role: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One held-out question.

    ``gold`` is never shown to an agent unless the task says so.
    """

    id: str
    messages: tuple[Message, ...]
    gold: str
    slices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One raw data set on offer.

    ``rows`` yields the raw rows, the same ones in the same order at every call; they need not be training rows.
    ``prompt_field`` and ``response_field`` name the raw fields that come nearest to a question and its answer.
    """

    name: str
    summary: str
    licence: str
    fields: Mapping[str, str]
    prompt_field: str
    response_field: str
    notes: str
    version: int
    rows: Callable[[], Iterator[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to improve. One declaration a task; everything that decides the score is said to the agent.

    ``system`` and ``template`` make the prompt of an item; ``template`` has one hole, ``{question}``.
    ``items`` returns the questions of a split, always the same ones. ``grade`` never raises, whatever the output.
    ``shown`` says how much of a wrong validation item an agent may see. ``version`` is raised whenever scores stop
    being comparable. ``max_score`` is 1.0 for shares.
    """

    name: str
    version: int
    domain: str
    summary: str
    answer_format: str
    system: str
    template: str
    metric: str
    direction: Direction
    unit: str
    max_new_tokens: int
    stop: tuple[str, ...]
    sources: tuple[Source, ...]
    items: Callable[[Split], Sequence[Item]]
    grade: Callable[[str, Item], Grade]
    shown: Literal["full", "output", "none"] = "full"
    overlap_words: int = 8
    """A training row that shares this many words in a row with a held-out question is a leak."""

    def prompt(self, question: str) -> tuple[Message, ...]:
        """Return the chat turns that ask ``question`` the way items ask it."""
        asked = Message(role="user", content=self.template.replace("{question}", question))
        return (Message(role="system", content=self.system), asked) if self.system else (asked,)
