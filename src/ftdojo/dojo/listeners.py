"""Who listens to a run: its log first, then whoever was named or given. None of them can end it but the log."""

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ftdojo.errors import FtdojoError, UsageError
from ftdojo.records import Event, Listener, ListenerFailed
from ftdojo.registry import Registry
from ftdojo.store import EventLog, LossLog, RunFolder

registered: Registry[Callable[[Path], Listener]] = Registry("listener", {})
"""Listeners by name (entry points of the group ``ftdojo.listeners``): each is called with a run folder and returns one."""


class Emitter:
    """Hands every event on, one at a time: to the log of the run once there is one, then to each listener.

    What cannot be put on record ends the run. A listener that raises does not: it is named in one line on stderr and in
    the log, the first time, and goes on being called.
    """

    def __init__(self, given: Sequence[Listener] = ()) -> None:
        self._log: Listener | None = None
        self._listeners = list(given)
        self._failed: list[Listener] = []
        self._lock = threading.RLock()

    def record(self, folder: RunFolder) -> None:
        """Begin to write the log of a run, and call the listeners that its ``spec`` names.

        Raises:
            UnknownName: one of them is not registered.
            UsageError: one of them cannot be made.
        """
        self._log = EventLog(folder)
        named = [_made(name, folder.path) for name in folder.config.spec.listeners]
        self._listeners = [LossLog(folder), *named, *self._listeners]

    def __call__(self, event: Event) -> None:
        """Hand on one event.

        Raises:
            StoreError: it cannot be written to the log.
        """
        with self._lock:
            if self._log:
                self._log(event)
            for each in self._listeners:
                self._hand(event, each)

    def _hand(self, event: Event, listener: Listener) -> None:
        try:
            listener(event)
        except Exception as error:  # whatever a listener raises, the run goes on
            if listener not in self._failed:
                self._failed.append(listener)
                self._complain(listener, error)

    def _complain(self, listener: Listener, error: Exception) -> None:
        name = getattr(listener, "__qualname__", type(listener).__qualname__)
        message = " ".join(f"{type(error).__name__}: {error}".split())
        print(
            f"ftdojo: the listener {name} failed ({message}); the run goes on.",
            file=sys.stderr,
            flush=True,
        )
        self(ListenerFailed(listener=name, message=message))


def _made(name: str, folder: Path) -> Listener:
    try:
        return registered.get(name)(folder)
    except FtdojoError:
        raise
    except Exception as error:  # a plugin's own
        raise UsageError(
            f"The listener {name!r} cannot be made ({error}); fix it, or leave it out."
        ) from error
