"""Opens a run, answers at its socket until it has its result, and goes away.

Until the run is open, this process reports on stdout, one JSON object a line: ``pid``, ``text`` (talk), then ``ready``
(the run folder) or ``error``. From then on stdout and stderr are ``play.log`` in the run folder.
"""

import json
import os
import signal
from contextlib import suppress
from types import FrameType

from ftdojo.dojo import Dojo, resume, start
from ftdojo.errors import FtdojoError, MissingExtra, RunBusy
from ftdojo.records import ActionTaken, Announced, Event, kind_of
from ftdojo.report import write
from ftdojo.serve.jobs import JobWatch
from ftdojo.serve.protocol import (
    Job,
    Kept,
    Resume,
    Start,
    new_socket,
    read_kept,
    remove_socket,
    write_kept,
)
from ftdojo.serve.server import SessionServer, answer
from ftdojo.serve.session import Session
from ftdojo.store import RunFolder, codec, load
from ftdojo.store.trajectory import shortened

LOG = "play.log"


def host(line: str) -> int:
    """Open the run that ``line`` asks for (``start`` or ``resume``, then the record) and hold it; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    _report(pid=os.getpid())
    kind, _, text = line.partition(" ")
    watch = JobWatch(_talk)
    try:
        request = load(Start, text) if kind == "start" else load(Resume, text)
        with _opened(request, watch) as dojo:
            _hold(dojo, watch)
    except FtdojoError as error:
        busy = isinstance(error, RunBusy)
        _report(error=str(error), code=error.exit_code, busy=busy)
        return error.exit_code
    except KeyboardInterrupt as error:  # all is put away, and the next call starts another process
        return 128 + int(error.args[0])
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # one is enough
    raise KeyboardInterrupt(number)


def _opened(request: Start | Resume, watch: JobWatch) -> Dojo:
    """Make the run, or open it again.

    Raises:
        FtdojoError: it cannot be had.
    """
    try:
        if isinstance(request, Resume):
            return resume(request.folder, budget=request.budget, listeners=(watch,))
        return start(request.spec, name=request.name, root=request.root, listeners=(watch,))
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"A run needs the train extra, of which {error.name} is not installed: pip install 'ftdojo[train]'."
        ) from error


def _hold(dojo: Dojo, watch: JobWatch) -> None:
    kept = read_kept(dojo.folder)
    if kept:
        remove_socket(kept.socket)
    place = _Place(dojo.folder, new_socket(), kept.job if kept else None)
    session = Session(dojo, watch=watch, kept=place.job, keep=place.keep)
    server = SessionServer(place.socket, lambda line: answer(session, line))
    server.start()
    place.note(error="")
    _report(ready=str(dojo.folder.path))
    _leave(dojo.folder, watch)
    try:
        session.run()
        write(dojo.folder)
    except FtdojoError as error:
        place.note(error=str(error))
        raise
    finally:
        server.stop()
        remove_socket(place.socket)


class _Place:
    """What ``play.json`` says of this process."""

    def __init__(self, folder: RunFolder, socket: str, job: Job | None) -> None:
        self._folder, self.socket, self.job = folder, socket, job

    def keep(self, job: Job) -> None:
        """Note what is under way, or ended last."""
        self.job = job
        self.note(error="")

    def note(self, *, error: str) -> None:
        """Write it all down; ``error`` is why this process goes away, if it does."""
        kept = Kept(pid=os.getpid(), socket=self.socket, job=self.job, ended=error)
        write_kept(self._folder, kept)


def _leave(folder: RunFolder, watch: JobWatch) -> None:
    """Let go of the streams of whoever started this process; from here on they are the log."""
    log = os.open(folder.path / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    watch.log = _note


def _talk(event: Event) -> None:
    """Hand on what whoever started this is to know."""
    if isinstance(event, Announced):
        _report(text=event.text)


def _note(event: Event) -> None:
    """Write an event to the log, without what may be long."""
    event = shortened(event) if isinstance(event, ActionTaken) else event
    print(f"{kind_of(type(event))} {codec.dump_object(vars(event))}", flush=True)


def _report(**facts: object) -> None:
    with suppress(OSError):  # whoever started this has gone; the run is made all the same
        print(json.dumps(facts), flush=True)
