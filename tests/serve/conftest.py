"""Runs of the toy task that are held by processes of their own."""

import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ftdojo.records import OUTSIDE, ActionTaken, Budget, RunSpec
from ftdojo.serve import Start, TrainRequest, ask, await_quiet, begin, hand_in
from ftdojo.serve.protocol import read_kept, remove_socket
from ftdojo.store import RunFolder

TOYS = Path(__file__).parent.parent / "toys"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Held:
    """A run and the process that holds it; ``said`` is what the client told meanwhile."""

    folder: RunFolder
    said: list[str]

    @property
    def socket(self):
        return read_kept(self.folder).socket

    def ask(self, request):
        return ask(self.folder, request, say=self.said.append)

    def hand_in(self, request):
        return hand_in(self.folder, request, say=self.said.append)

    def quiet(self):
        """Return how the run stands once no job is under way."""
        return await_quiet(self.folder, seconds=PATIENCE_S, say=self.said.append)

    def send(self, line):
        """Send bytes and return what comes back, as data."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as to:
            to.settimeout(PATIENCE_S)
            to.connect(self.socket)
            to.sendall(line + b"\n")
            return json.loads(to.makefile("rb").read())

    def standing(self):
        return self.send(b'{"verb": "status"}')["answer"]

    def changes(self):
        """Return what happened, but for the steps: a refused action is one too."""
        return [each for each in self.folder.events() if not isinstance(each, ActionTaken)]

    def process(self):
        """Return the process that holds the run, or None."""
        with contextlib.suppress(psutil.NoSuchProcess):
            found = psutil.Process(read_kept(self.folder).pid)
            if "ftdojo.serve.daemon" in found.cmdline():
                return found
        return None

    def kill(self):
        """Kill the process that holds the run, if one does, and wait until it is gone."""
        found = self.process()
        if found:
            os.kill(found.pid, signal.SIGKILL)
            until(lambda: self.process() is None)


def until(found):
    """Wait until ``found()`` is true and return it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError(f"{found} never came true")


@pytest.fixture(scope="session", name="until")
def _until():
    return until


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("serve")


@pytest.fixture(scope="session")
def toy(home):
    """The toy task's module; processes that are started find it too."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(TOYS)
    patch.setenv("PYTHONPATH", str(TOYS))
    patch.setenv("FTDOJO_CACHE", str(home / "cache"))
    patch.setenv("OMP_NUM_THREADS", "1")
    import ftdojo_toy

    yield ftdojo_toy
    patch.undo()


@pytest.fixture(scope="session")
def training(toy):
    """Return a function that makes the request to train a submission of the toy task."""

    def asked(*name, **how):
        texts = toy.handed_in(*name, **how)
        return TrainRequest(plan=texts.plan, data=texts.data, train=texts.train)

    return asked


@pytest.fixture(scope="session")
def start(home, toy):
    """Return a function that starts a run in a process of its own; whatever is left of those is ended afterwards."""
    made = []

    def started(run, *, wall_s=3600.0, **limits):
        spec = RunSpec(
            task="ftdojo_toy:task",
            agent=OUTSIDE,
            model="tiny",
            budget=Budget(wall_s=wall_s, **limits),
        )
        request = Start(spec=spec, name=run, root=home / "runs")
        held = Held(begin(request, say=lambda text: None), [])
        made.append(held)
        return held

    yield started
    for held in made:
        held.kill()
        remove_socket(held.socket)


@pytest.fixture(scope="session")
def held(start):
    """A run that waits for its agent; the tests that share it leave it waiting."""
    run = start("held")
    assert run.quiet()["state"] == "waiting"
    return run
