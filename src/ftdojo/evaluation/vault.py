"""The vault: the only door to held-out items.

Before the selection is frozen it hands out validation and confirmation items; opening the test freezes the selection,
closes that door and hands out the test items, once. The contamination gate needs every held-out question at any time,
so it works in here and lets out nothing but row numbers.

Validation is in two parts (``stats.open_items``): one that agents are shown, and a larger one that decides between experiments.

``leaks`` asks the same gate about the raw sources: which of their rows an agent could not train on as they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from ftdojo.errors import FtdojoError, UsageError
from ftdojo.records import Item, Message, Overlap, Source, Split, Task
from ftdojo.texts import Gate

SPLITS: tuple[Split, ...] = ("validation", "confirm", "test")


class Vault:
    """Holds the items of one task for one run.

    Args:
        task: its ``items`` are read when they are first needed.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._opened = False

    def __repr__(self) -> str:
        """Name the task and show no item."""
        return f"Vault({self._task.name!r})"

    def items(self, split: Split) -> tuple[Item, ...]:
        """Return the items of ``validation`` or ``confirm``.

        Raises:
            UsageError: the test is asked for, the selection is frozen, or two items have one id.
        """
        if split == "test":
            raise UsageError(
                "The test is not handed out by items(); freeze the selection with open_test()."
            )
        if self._opened:
            raise UsageError(
                f"The test of {self._task.name!r} was opened, so the selection is frozen and {split!r} is closed; "
                "choose before opening the test."
            )
        return self._read(split)

    def count(self, split: Split) -> int:
        """Return how many items a split has, whichever door is open."""
        return len(self._read(split))

    def open_test(self) -> tuple[Item, ...]:
        """Freeze the selection and return the test items, this once.

        Raises:
            UsageError: the test was opened before, or two items have one id.
        """
        if self._opened:
            raise UsageError(
                f"The test of {self._task.name!r} was already opened; it is scored once, so keep its items."
            )
        self._opened = True
        return self._read("test")

    def overlap(self, rows: Iterable[tuple[int, Sequence[Message]]]) -> Overlap:
        """Return which numbered training rows hold a held-out question of any split; see ``Gate``."""
        return self._gate.overlap(rows)

    @cached_property
    def _gate(self) -> Gate:
        held_out = (item for split in SPLITS for item in self._read(split))
        asked = (_question(item) for item in held_out)
        return Gate.of(
            self._task, asked, phrasing=self._task.phrasing() if self._task.phrasing else ()
        )

    def _read(self, split: Split) -> tuple[Item, ...]:
        items = tuple(self._task.items(split))
        if len({item.id for item in items}) < len(items):
            raise UsageError(
                f"Two {split} items of {self._task.name!r} have one id; give every item an id of its own."
            )
        return items


def _question(item: Item) -> str:
    """Return the last user turn, which asks; turns before it only set the scene."""
    asked = [turn["content"] for turn in item.messages if turn["role"] == "user"]
    return asked[-1] if asked else ""


MOST_ROWS = 20_000
"""So many rows of a source are looked at."""


def leaks(task: Task) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (source, numbers of the rows that the gate refuses) for each source with such rows.

    Sources that cannot be read are passed over; ``tasks.check`` says so.
    """
    vault = Vault(task)
    for source in task.sources:
        try:
            refused = vault.overlap(enumerate(_turns(source))).rows
        except FtdojoError:
            continue
        if refused:
            yield source.name, refused


def _turns(source: Source) -> Iterator[tuple[Message, Message]]:
    for row in islice(source.rows(), MOST_ROWS):
        asked, answered = source.example(row)
        yield (
            Message(role="user", content=asked),
            Message(role="assistant", content=answered),
        )
