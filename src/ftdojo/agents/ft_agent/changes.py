"""What an experiment really changed against the one it was built on: read off the record, whatever its plan says."""

from collections.abc import Iterator
from typing import Any

from ftdojo.records import DataReport, Experiment
from ftdojo.submissions import TrainConfig, read_train

LENGTH = {"num_train_epochs", "max_steps"}
"""Options that say how long is trained. More rows need more steps, so together they are one change, of the data."""
MOVED = 0.05
"""Mean lengths of rows that differ by a smaller share are the same."""


def differences(made: Experiment, parent: Experiment | None) -> str:
    """Return in one sentence how rows, options and steps of ``made`` differ from those of ``parent``; "" for the base."""
    if parent is None:
        return ""
    found = "; ".join((*_rows(made, parent), *_options(made, parent), *_steps(made, parent)))
    return f"What really changed against {parent.id}: {found or 'nothing that can be seen'}."


def is_compound(made: Experiment, parent: Experiment) -> bool:
    """Return whether ``made`` changed both the rows and an option that is not about their number."""
    data = made.submission.data.split() != parent.submission.data.split()
    return data and bool(_changed(made, parent).keys() - LENGTH)


def data_of(made: Experiment) -> DataReport | None:
    """Return what was measured of an experiment's rows, if they were built."""
    return made.feedback.check.data if made.feedback else None


def _rows(made: Experiment, parent: Experiment) -> Iterator[str]:
    now, before = data_of(made), data_of(parent)
    if now is None or before is None:
        return
    if now.digest == before.digest:
        yield f"the same {now.rows} rows"
        return
    yield (
        f"rows {before.rows} to {now.rows}" if now.rows != before.rows else f"other {now.rows} rows"
    )
    if set(now.lineage) != set(before.lineage):
        yield f"sources {', '.join(before.lineage)} to {', '.join(now.lineage)}"
    if abs(now.tokens.mean - before.tokens.mean) > MOVED * before.tokens.mean:
        yield f"tokens a row {before.tokens.mean:.0f} to {now.tokens.mean:.0f}"


def _options(made: Experiment, parent: Experiment) -> Iterator[str]:
    for name, (before, now) in _changed(made, parent).items():
        yield f"{name} {before} to {now}"


def _changed(made: Experiment, parent: Experiment) -> dict[str, tuple[Any, Any]]:
    """Return the options that differ, each as it was and as it is; none if a file could not be read."""
    now, before = read_train(made.submission.train), read_train(parent.submission.train)
    if not (isinstance(now, TrainConfig) and isinstance(before, TrainConfig)):
        return {}
    new, old = (each.model_dump(mode="json") for each in (now, before))
    return {name: (old[name], new[name]) for name in new if new[name] != old[name]}


def _steps(made: Experiment, parent: Experiment) -> Iterator[str]:
    now = made.feedback.training if made.feedback else None
    before = parent.feedback.training if parent.feedback else None
    if now and before and now.steps != before.steps:
        yield f"steps {before.steps} to {now.steps}"
