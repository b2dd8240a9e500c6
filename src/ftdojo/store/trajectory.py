"""What a run folder keeps of events: the log, the losses of a training while it goes on, and every step, which is rebuilt from it.

A step is one ``ActionTaken`` of the log. What the run folder has elsewhere is not stored again: the reports of an
experiment come from its own record, reward and ending from the result. Of a page that a look found, only the digest is
kept, so a step takes a few kilobytes; the answers of a shell command and of the looks in ``WHOLE`` are short and kept whole.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from ftdojo.records import (
    ActionTaken,
    Announced,
    Event,
    Experiment,
    Look,
    Outcome,
    PassAdvanced,
    Result,
    StageReached,
    TrainingStepped,
    Transition,
)
from ftdojo.store import codec, files
from ftdojo.store.run import RunFolder

WHOLE = ("ledger", "likelihood", "fits")
"""Looks whose answer is one short entry."""


def digest_of(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of what a look found, as JSON; "" for nothing.

    Raises:
        StoreError: it is not plain data.
    """
    return sha256(codec.dump_object({"found": found}).encode()).hexdigest() if found else ""


def shortened(event: ActionTaken) -> ActionTaken:
    """Return ``event`` without what is stored elsewhere or may be long, as the log keeps it."""
    return replace(event, outcome=_shortened(event.outcome))


def trajectory(folder: RunFolder) -> list[Transition]:
    """Return the steps that were taken in a run, in order, each with its outcome.

    Equal to what the agent was given but for the pages of its looks, of which ``outcome.found`` is empty and
    ``outcome.digest`` is there. An action that a kill interrupted is not among them: the run takes it again.

    Raises:
        StoreError: the record is damaged, or of a version that did not keep whole actions.
    """
    experiments = {each.id: each for each in folder.experiments()}
    taken = [each for each in folder.events() if isinstance(each, ActionTaken)]
    made = [_transition(each, experiments) for each in taken]
    result = folder.result()
    if made and result:
        made[-1] = _ended(made[-1], result)
    return made


def _shortened(outcome: Outcome) -> Outcome:
    if outcome.experiment:
        return replace(outcome, checked=None, failure=None)
    page = isinstance(outcome.action, Look) and outcome.action.what not in WHOLE
    return replace(outcome, found=()) if page else outcome


def _transition(taken: ActionTaken, experiments: Mapping[str, Experiment]) -> Transition:
    outcome = taken.outcome
    made = experiments.get(outcome.experiment)
    if made:
        report = made.feedback.check if made.feedback else None
        outcome = replace(outcome, checked=report, failure=made.failure)
    return Transition(**vars(taken) | {"outcome": outcome})


def _ended(last: Transition, result: Result) -> Transition:
    truncated = result.stopped_by is not None
    return replace(
        last,
        reward=result.reward,
        terminated=not truncated,
        truncated=truncated,
        stopped_by=result.stopped_by,
    )


PASSING = (Announced, PassAdvanced, StageReached, TrainingStepped)
"""Good for a display, and too often or too fleeting for the log."""


class EventLog:
    """Writes what happens in a run to its log; on the disk on return."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def __call__(self, event: Event) -> None:
        """Write one event, unless it is only good for a display.

        Raises:
            StoreError: it cannot be written.
        """
        if isinstance(event, PASSING):
            return
        self._folder.event(shortened(event) if isinstance(event, ActionTaken) else event)


class LossLog:
    """Writes each step of a training to ``steps.jsonl`` of its experiment, as it is made.

    A line is handed to the system at once, so a killed controller loses none; it is not forced onto the disk, which would
    slow a training of many short steps down. A training that is done again begins the file anew.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._at: tuple[str, int] = ("", 0)

    def __call__(self, event: Event) -> None:
        """Write one step.

        Raises:
            StoreError: it cannot be written.
        """
        if not isinstance(event, TrainingStepped):
            return
        experiment, step = self._at
        goes_on = event.experiment == experiment and event.point.step > step
        self._at = (event.experiment, event.point.step)
        path, line = self._folder.losses_path(event.experiment), codec.dump(event.point) + "\n"
        how = os.O_APPEND if goes_on else os.O_TRUNC
        with files.writing(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o666)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
