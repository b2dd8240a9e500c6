"""The warm worker as an engine: one that is killed for no known reason is asked once more, whatever it was doing."""

import pytest

from ftdojo.errors import WorkerDied
from ftdojo.records import Decoding
from ftdojo.worker import WorkerEngine

REQUESTS = {
    "start": lambda engine: engine.start(),
    "generate": lambda engine: engine.generate(
        (), decoding=Decoding(max_new_tokens=1), weights=None
    ),
    "calibrate": lambda engine: engine.calibrate(),
    "shortcuts": lambda engine: engine.shortcuts(),
    "lengths": lambda engine: engine.lengths((), answer=1, timeout_s=1.0),
}


class Dying:
    """A worker that is killed at its first request."""

    def __init__(self, error):
        self._errors, self.asked = [error], []

    def __getattr__(self, name):
        def request(*args, **how):
            self.asked.append(name)
            if self._errors:
                raise self._errors.pop()

        return request


@pytest.mark.parametrize("name", REQUESTS)
def test_a_worker_that_was_killed_is_asked_once_more_for_anything(name):
    worker, told = Dying(WorkerDied("killed")), []
    REQUESTS[name](WorkerEngine(worker, told.append))
    assert (worker.asked, told) == ([name, name], ["killed"])


def test_a_worker_that_ran_out_of_memory_is_not_asked_again():
    worker = Dying(WorkerDied("killed", memory_suspected=True))
    with pytest.raises(WorkerDied):
        WorkerEngine(worker).calibrate()
    assert worker.asked == ["calibrate"]
