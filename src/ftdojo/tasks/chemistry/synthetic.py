"""Questions in ChemCoTBench's words over molecules of our own, answered by RDKit, with the working written out.

They replace ChemCoTDataset where it cannot be obtained. No question is about a molecule of a held-out question.
"""

import random
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import count, cycle

from ftdojo.tasks.chemistry import changes, understanding
from ftdojo.tasks.chemistry.fragments import Drawn, distinct
from ftdojo.tasks.chemistry.worked import Worked

Maker = Callable[[random.Random, Drawn], Worked | None]
MAKERS: dict[str, Maker] = {
    "fg_count": understanding.fg_count,
    "ring_count": understanding.ring_count,
    "Murcko_scaffold": understanding.murcko,
    "ring_system_scaffold": understanding.ring_system,
    "equivalence": understanding.equivalence,
    **{subtask: partial(changes.edit, subtask) for subtask in ("add", "delete", "sub")},
    **{prop: partial(changes.improvement, prop) for prop in changes.FILLS},
    **{subtask: partial(changes.reaction, subtask) for subtask in ("fs", "retro")},
}


def worked(subtasks: tuple[str, ...], seed: str, without: frozenset[str]) -> Iterator[Worked]:
    """Yield questions without end, the sub-tasks in turn; they are made as they are read, and only once.

    Args:
        subtasks: which ones.
        seed: another one gives other molecules.
        without: canonical SMILES that no question may be about.
    """
    made, coming = _endless(subtasks, seed, without)
    for at in count():
        if at == len(made):
            made.append(next(coming))
        yield made[at]


@cache
def _endless(
    subtasks: tuple[str, ...], seed: str, without: frozenset[str]
) -> tuple[list[Worked], Iterator[Worked]]:
    """Return the questions made so far, and those to come."""
    columns = [_made(subtask, seed, without) for subtask in subtasks]
    return [], (next(column) for column in cycle(columns))


def _made(subtask: str, seed: str, without: frozenset[str]) -> Iterator[Worked]:
    rng = random.Random(f"chemcot {subtask} {seed} v1")
    seen: set[str] = set()
    for drawn in distinct(rng, without):
        made = MAKERS[subtask](rng, drawn)
        if made and made.query not in seen and without.isdisjoint(made.others):
            seen.add(made.query)
            yield made
