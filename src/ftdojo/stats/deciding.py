"""Which validation items decide between experiments, and what they can show: those that no agent is shown."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from ftdojo.records import Item, Task
from ftdojo.stats.power import detectable
from ftdojo.stats.scores import effective

OPEN_EACH = 4
"""One validation item of so many is open: agents may see it, so it decides nothing."""


def lot(item: str) -> bytes:
    """Return by what items are dealt: their ids alone, so the order is fair and everywhere the same."""
    return sha256(item.encode()).digest()


def open_items(task: Task, validation: Iterable[str]) -> frozenset[str]:
    """Return the ids of the validation items that an agent may be shown, as far as the task shows any.

    They are the same ones in every run, whatever was answered to them, and every fourth of those that a brief pass scores.
    What agents see of them can be learned by heart, so neither verdicts nor choices count them: the others, which nobody is
    shown, decide.

    Args:
        task: its ``shown`` may be "none"; then all items decide.
        validation: the ids of the items, or of as many as a brief pass scores.
    """
    return frozenset() if task.shown == "none" else every_fourth(validation)


def every_fourth(items: Iterable[str]) -> frozenset[str]:
    """Return the ids of which one in ``OPEN_EACH`` is dealt, whatever the order they come in."""
    return frozenset(sorted(items, key=lot)[OPEN_EACH - 1 :: OPEN_EACH])


def can_show(task: Task, validation: Sequence[Item]) -> float:
    """Return the smallest true difference in the metric that the items which decide show four times in five."""
    seen = open_items(task, [item.id for item in validation])
    over = task.aggregate.over if task.aggregate.kind == "mean-of-slices" else ""
    return detectable(
        effective([item.slices.get(over, "") for item in validation if item.id not in seen])
    )
