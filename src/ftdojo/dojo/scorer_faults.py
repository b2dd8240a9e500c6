"""A custom scorer that fails ends the run in one line; once it is fixed, the run goes on.

The scorer is part of a task's version, so a fixed one makes another version, and such a run would not be resumed. It is,
if nothing else of the task changed and the fixed scorer grades every stored answer as it was graded: then no score on
record would be another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import get_args

from ftdojo import tasks
from ftdojo.dojo.run import Run
from ftdojo.errors import ScorerError, StoreError
from ftdojo.records import BASE, Graded, Item, ScorerFailed, Split, Task
from ftdojo.store import RunConfig, RunFolder
from ftdojo.tasks.own.folder import version_without_scorer


@contextmanager
def recorded(run: Run) -> Iterator[None]:
    """Put a failure of the scorer on record, with what else the task is made of, and say how the run goes on."""
    try:
        yield
    except ScorerError as error:
        config = run.folder.config
        folder = tasks.folder_of(config.spec.task)
        rest = version_without_scorer(folder) if folder else None
        run.emit(ScorerFailed(message=str(error), rest=rest))
        raise ScorerError(f"{error} Then `ftdojo resume {config.id}` goes on.") from error


def with_fixed_scorer(run: RunFolder, task: Task) -> RunConfig:
    """Return the configuration of ``run``, with the version of ``task`` if that only fixes the scorer that failed.

    Raises:
        StoreError: the fixed scorer grades a stored answer otherwise than the run did.
        ScorerError: it fails at a stored answer.
    """
    config, folder = run.config, tasks.folder_of(run.config.spec.task)
    failed = [each for each in run.events() if isinstance(each, ScorerFailed)]
    if task.version == config.task_version or not failed or folder is None:
        return config
    if failed[-1].rest != version_without_scorer(folder):
        return config
    stored = list(_stored(run, task))
    changed = [item for graded, item in stored if task.grade(graded.output, item) != graded.grade]
    if changed:
        raise StoreError(
            f"The scorer of {config.spec.task} now grades {len(changed)} of {len(stored)} stored answers of the run {config.id} "
            f"otherwise, the first to {changed[0].id}; its scores would not compare. Change only what failed, or start a "
            "new run."
        )
    return replace(config, task_version=task.version)


def _stored(run: RunFolder, task: Task) -> Iterator[tuple[Graded, Item]]:
    """Yield every answer on record with its item."""
    names = [BASE, *(each.id for each in run.experiments())]
    for split in get_args(Split):
        graded = [each for name in names for each in run.predictions(name, split)]
        items = {item.id: item for item in task.items(split)} if graded else {}
        yield from ((each, items[each.item]) for each in graded)
