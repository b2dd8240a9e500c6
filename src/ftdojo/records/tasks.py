"""What a task, a raw source, a published data set and an item are. Declarations fill these in; nothing here behaves.

Text with holes: ``{column}`` stands for the value of that column of a raw row.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from ftdojo.records.grades import Decoding, Direction, Grade


def as_it_is(row: dict[str, Any]) -> dict[str, Any]:
    """Return a raw row unchanged."""
    return row


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a data set.

    ``files`` are glob patterns of the hub repository's files that hold it (JSON, CSV, Parquet or Arrow). ``read`` turns
    a row of those files into a row with the data set's own field names, or None for one that does not belong here. It
    finds the file's name, without its ending, under ``_file`` and the line, from 1, under ``_line``.
    """

    files: tuple[str, ...]
    read: Callable[[dict[str, Any]], dict[str, Any] | None] = as_it_is


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One published data set.

    ``name`` is also its folder in a mirror, where each part is ``<part>.jsonl`` or ``<part>.parquet`` with the fields
    that ``Part.read`` gives. ``revision`` pins what is fetched from the hub. ``commercial`` is whether the licence
    allows commercial use; ``gated`` whether the hub asks for an agreement first.
    """

    name: str
    hub_id: str
    revision: str
    licence: str
    parts: Mapping[str, Part]
    fields: Mapping[str, str]
    commercial: bool = True
    gated: bool = False


NO_NAME = '{}"\n:'
"""What a column's name must not hold to be named in a template; JSON in a template is no hole."""
_HOLE = re.compile(f"{{([^{NO_NAME}]+)}}")


def hole(column: str) -> str:
    """Return the template that is one column as it stands.

    Example:
        >>> hole("answer")
        '{answer}'
    """
    return f"{{{column}}}"


def columns_of(template: str, known: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the columns that ``template`` shows, each once, in order: those among ``known``, or all it names.

    Example:
        >>> columns_of("{premise} So: {hypothesis}? {no such thing}", ["hypothesis", "premise"])
        ('premise', 'hypothesis')
    """
    named = dict.fromkeys(_HOLE.findall(template))
    return tuple(name for name in named if known is None or name in known)


def filled(template: str, row: Mapping[str, Any]) -> str:
    """Return ``template`` with the values of ``row``, stripped, in one pass: a value is never read as a template.

    Braces around what is no column of the row stay as they are. None is nothing; what is no text is JSON.

    Example:
        >>> filled("{a} and {b}, {c}", {"a": "{b}", "b": 2})
        '{b} and 2, {c}'
    """
    return _HOLE.sub(lambda found: _text(row, found), template)


def _text(row: Mapping[str, Any], found: re.Match[str]) -> str:
    if found[1] not in row:
        return found[0]
    value = row[found[1]]
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else json.dumps(value, ensure_ascii=False)


Split = Literal["validation", "confirm", "test"]
"""``validation`` steers the search; ``confirm`` checks the one choice; ``test`` is scored once, at the end."""


class Message(TypedDict):
    """One chat turn, as OpenAI and TRL write it."""

    role: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One held-out question.

    ``gold`` is an output that earns full marks; it is never shown to an agent unless the task says so. ``facts`` is
    what the scorer needs beside it (a table, a source molecule), and is never shown.
    """

    id: str
    messages: tuple[Message, ...]
    gold: str
    slices: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One raw data set on offer.

    ``rows`` yields the raw rows, the same ones in the same order at every call; they need not be training rows.
    ``prompt_field`` and ``response_field`` name the raw fields that come nearest to a question and its answer.
    ``dataset`` is what ``rows`` has to fetch first, if anything. ``prompt_template`` and ``response_template`` say how a
    raw row becomes a question and an answer that the task's scorer reads, as ``{field}`` in text; empty, they are those
    two fields as they stand. ``item`` returns what a raw row would be as a held-out item, where the source knows the
    right answers; ``tasks.check`` then proves that its rows teach what the scorer rewards.
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
    dataset: Dataset | None = None
    prompt_template: str = ""
    response_template: str = ""
    item: Callable[[Mapping[str, Any]], Item] | None = None

    @property
    def templates(self) -> tuple[str, str]:
        """How a row becomes a question and an answer: two texts with ``{field}`` in them."""
        asked = self.prompt_template or hole(self.prompt_field)
        return asked, self.response_template or hole(self.response_field)

    def example(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """Return a raw row as a question, without the task's own template, and its answer."""
        asked, answered = self.templates
        return filled(asked, row), filled(answered, row)


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """How the scores of items become the score of a split.

    ``mean`` is over items; ``mean-of-slices`` is the unweighted mean, over the values of the slice ``over``, of the
    mean in each; ``macro-f1`` is the unweighted mean F1 of the labels that ``over`` holds as the right ones, with
    ``Grade.extracted`` as the given one: an unreadable answer is a miss of its label.
    """

    kind: Literal["mean", "mean-of-slices", "macro-f1"] = "mean"
    over: str = ""

    @property
    def words(self) -> str:
        """How items make up the score, in words."""
        return {
            "mean": "mean over items",
            "mean-of-slices": f"mean over the values of {self.over!r} of the mean in each",
            "macro-f1": f"mean F1 over the labels ({self.over!r}), an unreadable answer being a miss",
        }[self.kind]


@dataclass(frozen=True, kw_only=True)
class Judge:
    """How a language model is asked about an output whose mark is not ``correct``, where the published evaluator does so.

    Off unless a run asks for it. Its word makes a second reference score beside the first, and touches nothing else.
    """

    asks: Callable[[str, Item], tuple[Message, ...]]
    accepts: Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Published:
    """One figure of the paper: ``score`` of ``who`` (``base`` or ``FT-Agent``) with a base model, in ``metric``'s unit."""

    metric: str
    model: str
    who: str
    score: float
    direction: Direction

    @classmethod
    def figures(
        cls,
        metric: str,
        *figures: tuple[str, str, float],
        direction: Direction = Direction.HIGHER,
    ) -> "tuple[Published, ...]":
        """Return figures of one metric, each given as (model, who, score)."""
        return tuple(
            cls(metric=metric, model=model, who=who, score=score, direction=direction)
            for model, who, score in figures
        )


@dataclass(frozen=True, kw_only=True)
class Replication:
    """What was published about a task: the evaluator, defects included, the splits and the figures.

    ``mark`` reads one output and never raises; ``total`` sums up the marks of a whole split into metrics under their
    published names and in their published units (0-100, unless a metric has its own). ``origin`` says whose it is.
    ``items`` returns the published splits, where ours differ; ``tasks.get`` serves them as ``NAME@reference``.
    ``published`` are the paper's figures; ``known_leaks`` returns the records that the published splits hold in more than
    one of them.
    """

    mark: Callable[[str, Item], Mapping[str, Any]]
    total: Callable[[Sequence[Mapping[str, Any]]], Mapping[str, float]]
    origin: str
    judge: Judge | None = None
    items: Callable[[Split], Sequence[Item]] | None = None
    published: tuple[Published, ...] = ()
    known_leaks: Callable[[], Sequence[str]] | None = None


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
    datasets: tuple[Dataset, ...] = ()
    """What ``items`` has to fetch first; empty where they are made on the spot."""
    temperature: float = 0.0
    """0 is greedy; else ``samples`` completions of every item are drawn, and its score is their mean."""
    top_p: float = 1.0
    samples: int = 1
    aggregate: Aggregate = Aggregate()
    also: Mapping[str, Aggregate] = field(default_factory=dict)
    """Secondary metric -> how the items' scores make it up; beside those that ``Grade.secondary`` gives item by item."""
    question: str = ""
    """How a row's columns make up a question, as ``{column}`` in text; empty where a task's questions are single texts."""
    phrasing: Callable[[], Iterable[str]] | None = None
    """More questions that were asked the same way, none of them held out. A run of words that one of them has is a way to put
    such questions, and gives none away."""
    secondary: Mapping[str, str] = field(default_factory=dict)
    """Secondary metric -> one sentence, with its unit and direction."""
    slices: Mapping[str, str] = field(default_factory=dict)
    """Slice -> what its values tell apart."""
    replication: Replication | None = None
    """The published evaluator, splits and figures, where there are any."""
    ready: Callable[[], None] | None = None
    """Raises ``MissingExtra`` or ``SandboxError`` where the scorer lacks what it needs on this machine."""

    @property
    def decoding(self) -> Decoding:
        """How outputs for its items are decoded."""
        return Decoding(
            max_new_tokens=self.max_new_tokens,
            stop=self.stop,
            temperature=self.temperature,
            top_p=self.top_p,
            samples=self.samples,
        )

    def prompt(self, question: str) -> tuple[Message, ...]:
        """Return the chat turns that ask ``question`` the way items ask it."""
        return asking(question, system=self.system, template=self.template)


def asking(question: str, *, system: str, template: str) -> tuple[Message, ...]:
    """Return the chat turns of ``question``: put into the one hole of ``template``, after ``system`` if there is any."""
    asked = Message(role="user", content=template.replace("{question}", question))
    return (Message(role="system", content=system), asked) if system else (asked,)
