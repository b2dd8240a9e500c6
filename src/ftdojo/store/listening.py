"""What a run folder keeps of events: the log, and the losses of a training while it goes on."""

import os

from ftdojo.records import (
    ActionTaken,
    Announced,
    Event,
    PassAdvanced,
    StageReached,
    TrainingStepped,
)
from ftdojo.store import codec, files
from ftdojo.store.run import RunFolder
from ftdojo.store.trajectory import shortened

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
