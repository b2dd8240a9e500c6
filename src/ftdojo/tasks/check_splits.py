"""Proving the splits of a task: enough items, none of them twice, prompts that fit, and what they can show.

Whatever a proof finds, of splits or of the rest, is a ``Finding``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal, get_args

from ftdojo.errors import FtdojoError
from ftdojo.records import Item, Split, Task
from ftdojo.stats import can_show
from ftdojo.texts.near import common_runs, near

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An ``error`` is a broken promise, a ``warning`` a weakness, a ``note`` a figure; ``about`` names the part."""

    severity: Severity
    about: str
    message: str


def error(about: str, message: str) -> Finding:
    """Return a broken promise."""
    return Finding(severity="error", about=about, message=message)


def warning(about: str, message: str) -> Finding:
    """Return a weakness."""
    return Finding(severity="warning", about=about, message=message)


def note(about: str, message: str) -> Finding:
    """Return a figure that a user should know."""
    return Finding(severity="note", about=about, message=message)


FEWEST_ITEMS = 100
"""Fewer items cannot distinguish a difference of some 20 points from luck."""
SHARED_BY = 5
"""Runs of words in this many held-out questions are the task's usual wording and identify none of them."""


class Questions:
    """The held-out questions of a task, without what it puts around all of them."""

    def __init__(self, task: Task, items: Mapping[Split, Sequence[Item]]) -> None:
        self._before, _, self._after = task.template.partition("{question}")
        self.of = {
            split: [self.bare(each.messages[-1]["content"]) for each in items[split]]
            for split in items
        }
        self.plain = {plain(text) for texts in self.of.values() for text in texts}
        self.plain |= {
            plain(each.messages[-1]["content"]) for found in items.values() for each in found
        }

    def near(self, texts: list[str], questions: list[str]) -> set[int]:
        """Return the places of ``texts`` that are near-duplicates of one of ``questions``."""
        return near(texts, questions, common=self._common)

    @cached_property
    def _common(self) -> frozenset[int]:
        return common_runs(self.all, shared_by=SHARED_BY)

    @property
    def all(self) -> list[str]:
        """Every question of every split."""
        return [text for texts in self.of.values() for text in texts]

    def bare(self, text: str) -> str:
        """Return ``text`` without the task's template around it."""
        return text.removeprefix(self._before).removesuffix(self._after)


def plain(text: str) -> str:
    """Return ``text`` without what does not make it another question: case, spacing, closing marks."""
    return re.sub(r"\s+", " ", text.casefold()).strip(" .?!")


def split_findings(task: Task, items: Mapping[Split, Sequence[Item]]) -> Iterator[Finding]:
    """Yield the findings about the splits."""
    for split in items:
        yield from _counts(task, split, items[split])
    yield from _overlaps(Questions(task, items))
    yield from _published(task)
    yield from _figures(task, items)


def longest_prompt(items: Mapping[Split, Sequence[Item]]) -> tuple[int, int]:
    """Return the most characters that a prompt has, and the most tokens, roughly.

    Four characters of ASCII are taken as a token, and any other character as one.
    """
    texts = [
        "".join(turn["content"] for turn in item.messages)
        for found in items.values()
        for item in found
    ]
    return max(map(len, texts), default=0), max(map(_tokens, texts), default=0)


def _tokens(text: str) -> int:
    ascii_only = len(text.encode("ascii", "ignore"))
    return ascii_only // 4 + len(text) - ascii_only + 1


def _counts(task: Task, split: Split, items: Sequence[Item]) -> Iterator[Finding]:
    if not items and split != "confirm":
        yield error(split, "It has no items; every task needs some.")
    elif not items:
        yield warning(
            split,
            "It has no items, so the selected model has to pass a stricter level in place of a confirmation.",
        )
    elif len(items) < FEWEST_ITEMS:
        yield warning(
            split,
            f"{len(items)} items are few; {FEWEST_ITEMS} or more distinguish a real gain from luck.",
        )
    if len({item.id for item in items}) < len(items):
        yield error(split, "Two items have one id; give each its own.")
    if tuple(items) != tuple(task.items(split)):
        yield error(split, "The items change from call to call; draw them from a fixed seed.")


def _overlaps(questions: Questions) -> Iterator[Finding]:
    asked = {split: [plain(text) for text in texts] for split, texts in questions.of.items()}
    for split, texts in asked.items():
        if len(set(texts)) < len(texts):
            yield error(split, "A question occurs twice, apart from case and spacing; drop one.")
    for one, other in combinations(asked, 2):
        about = f"{one}, {other}"
        if shared := set(asked[one]) & set(asked[other]):
            yield error(
                about, f"{len(shared)} questions are in both; split by the question itself."
            )
        elif close := questions.near(questions.of[other], questions.of[one]):
            yield error(
                about,
                f"{len(close)} questions of {other} are near-duplicates of some of {one}; deal them out by "
                "ftdojo.tasks.clean.split.",
            )


def _published(task: Task) -> Iterator[Finding]:
    """Yield what the published splits share; it is theirs to fix, and ours to know."""
    replication = task.replication
    if replication and replication.known_leaks and (found := replication.known_leaks()):
        yield note(
            "published splits",
            f"{len(found)} records are in more than one of them: {', '.join(found)}.",
        )
    if replication is None or replication.items is None:
        return
    try:
        items = {split: tuple(replication.items(split)) for split in get_args(Split)}
    except FtdojoError as failed:
        yield warning("published splits", f"They cannot be obtained: {failed}")
        return
    asked = Questions(task, items).of
    shared = {plain(text) for text in asked["validation"]} & {plain(text) for text in asked["test"]}
    sizes = ", ".join(f"{split} {len(found)}" for split, found in items.items() if found)
    leaks = f"; {len(shared)} questions are in validation and in test" if shared else ""
    yield note("published splits", f"{task.name}@reference has {sizes} items{leaks}.")


def _figures(task: Task, items: Mapping[Split, Sequence[Item]]) -> Iterator[Finding]:
    count = len(items["validation"])
    if count:
        points = round(100 * can_show(task, items["validation"]))
        many = "1 item" if count == 1 else f"{count} items"
        yield note(
            "validation", f"{many} can show a difference of {points} points, four times in five."
        )
    characters, tokens = longest_prompt(items)
    yield note(
        "prompts",
        f"The longest has {characters:,} characters, about {tokens:,} tokens; with {task.max_new_tokens:,} for the "
        f"answer a model needs a context of about {tokens + task.max_new_tokens:,}.",
    )
