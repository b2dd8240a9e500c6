"""What the one controller of a run keeps in memory of its folder, so that nothing is read twice.

The controller is the only writer, and every write goes through ``RunFolder``, which keeps the index true. Whoever else
reads the folder, in this process or another, reads the files.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from ftdojo.records import BASE, EvaluationReport, Experiment, Status
from ftdojo.store import files

EXPERIMENTS = "experiments"


class RunIndex:
    """The experiments of a run, the base's report, and the bytes of what no longer changes; threads may share it.

    Args:
        path: the run folder.
        read: reads the experiments from it, e1 first; called once, when they are first wanted.
    """

    def __init__(self, path: Path, read: Callable[[], list[Experiment]]) -> None:
        self._path, self._read = path, read
        self._lock = threading.RLock()
        self._experiments: dict[str, Experiment] | None = None
        self._ended: tuple[Experiment, ...] | None = None
        self._ended_bytes: dict[str, int] = {}
        self._ended_total = 0
        self._uncounted: set[str] = set()
        self.base: EvaluationReport | None = None

    def experiments(self) -> list[Experiment]:
        """Return every experiment, e1 first.

        Raises:
            StoreError: one is damaged.
        """
        with self._lock:
            return list(self._known().values())

    def ended(self) -> tuple[Experiment, ...]:
        """Return every experiment that does not run any more, e1 first.

        Raises:
            StoreError: one is damaged.
        """
        with self._lock:
            if self._ended is None:
                self._ended = tuple(each for each in self._known().values() if has_ended(each))
            return self._ended

    def put(self, experiment: Experiment) -> None:
        """Take in an experiment that was just stored."""
        with self._lock:
            known = self._known() | {experiment.id: experiment}
            self._experiments = dict(sorted(known.items(), key=lambda each: int(each[0][1:])))
            self._ended = None
            self.changed(experiment.id)

    def changed(self, name: str) -> None:
        """Note that files of an experiment, or of ``base``, were written."""
        with self._lock:
            self._ended_total -= self._ended_bytes.pop(name, 0)
            self._uncounted.add(name)

    def disk_bytes(self) -> int:
        """Return the bytes that the run's files take, without a second look at an experiment that has ended."""
        with self._lock:
            known, folder = self._known(), self._path / EXPERIMENTS
            total = files.folder_bytes(self._path, without=EXPERIMENTS)
            for name in {*self._uncounted, BASE}:
                found = files.folder_bytes(folder / name)
                if name in known and has_ended(known[name]):
                    self._uncounted.discard(name)
                    self._ended_bytes[name] = found
                    self._ended_total += found
                else:
                    total += found
            return total + self._ended_total

    def _known(self) -> dict[str, Experiment]:
        if self._experiments is None:
            self._experiments = {each.id: each for each in self._read()}
            self._uncounted |= self._experiments.keys()
        return self._experiments


def has_ended(experiment: Experiment) -> bool:
    """Return whether an experiment does not run any more."""
    return experiment.status is not Status.RUNNING
