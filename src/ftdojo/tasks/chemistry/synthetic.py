"""Questions in ChemCoTBench's words over molecules of our own, answered by RDKit, with the working written out.

They stand in for ChemCoTDataset where it cannot be had. No molecule of a held-out question is asked about.
"""

import random
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import islice

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


@cache
def worked(
    subtasks: tuple[str, ...], count: int, seed: str, without: frozenset[str]
) -> tuple[Worked, ...]:
    """Return ``count`` questions, the sub-tasks in turn.

    Args:
        subtasks: which ones.
        count: how many in all.
        seed: another one gives other molecules.
        without: canonical SMILES that must not be asked about.
    """
    share = -(-count // len(subtasks))
    columns = [list(islice(_made(subtask, seed, without), share)) for subtask in subtasks]
    return tuple(row for together in zip(*columns, strict=True) for row in together)[:count]


def _made(subtask: str, seed: str, without: frozenset[str]) -> Iterator[Worked]:
    rng = random.Random(f"chemcot {subtask} {seed} v1")
    seen: set[str] = set()
    for drawn in distinct(rng, without):
        made = MAKERS[subtask](rng, drawn)
        if made and made.query not in seen and without.isdisjoint(made.others):
            seen.add(made.query)
            yield made
