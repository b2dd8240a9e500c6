"""What every test may rely on."""

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile(
    "untimed"
)  # how long an example takes says more about the machine than about the code


def pytest_configure():
    """Let programs that tests start be interrupted, also where the tests themselves run in the background.

    A shell starts background jobs with the interrupt ignored, and a child inherits that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_to_a_core()


def pytest_collection_modifyitems(items):
    """Begin with the files whose tests are given most time, so that at the end no core waits for one of them."""
    longest = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0), mark.args[0] if mark else 0)
    items.sort(key=lambda item: -longest[item.path])


def _keep_to_a_core():
    """Give each of several test processes a core of its own, and with it the models that its tests start."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    if name and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(name.removeprefix("gw")) % len(cores)]})


collect_ignore = ["toys"]
"""Modules that the tests import by themselves; some stand in for what a user has installed."""


class WarmWorkers:
    """Workers that runs of this process are done with, kept for the next run with an equal model and environment.

    Loading a worker's libraries takes seconds, many times what most tests let it compute. It is the real process; one
    that was let go in the middle of a request is ended as ever.
    """

    MOST = 3

    def __init__(self):
        from ftdojo.worker import client

        self._client, self._kept, self._busy = client, {}, set()
        self._started, self._asked = client.Worker.start, client.Worker._ask
        self._closed = client.Worker.close

    def patch(self, patch):
        """Let every ``Worker`` take from here and leave here."""
        for name in ("start", "_ask", "close"):
            own = getattr(self, name.strip("_"))
            patch.setattr(
                self._client.Worker, name, lambda *args, own=own, **how: own(*args, **how)
            )

    def unpatch(self, patch):
        """Let every ``Worker`` start and end a process of its own, as outside of tests."""
        for name, own in (("start", self._started), ("_ask", self._asked), ("close", self._closed)):
            patch.setattr(self._client.Worker, name, own)

    def start(self, worker):
        if not worker.pid and not self._go_on(worker):
            self._unshared(self._started, worker)

    def _go_on(self, worker):
        """Give ``worker`` a process that was kept, and return whether there was one."""
        process, lines, shortcuts = self._kept.pop(self._key(worker), (None, None, None))
        if process is None or process.poll() is not None:
            return False
        worker._log.parent.mkdir(parents=True, exist_ok=True)
        worker._log.touch()
        worker._process, worker._lines = process, lines
        worker._learn_shortcuts(self._client.dump(shortcuts))
        return True

    def ask(self, worker, *args, **how):
        return self._unshared(self._asked, worker, *args, **how)

    def close(self, worker):
        ready = worker.pid and worker._shortcuts and id(worker) not in self._busy
        if not ready or self._key(worker) in self._kept:
            return self._closed(worker)
        self._kept[self._key(worker)] = (worker._process, worker._lines, worker._shortcuts)
        worker._process = None
        return self.end(all_but=self.MOST)

    def end(self, all_but=0):
        while len(self._kept) > all_but:
            process, *_ = self._kept.pop(next(iter(self._kept)))
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def _unshared(self, work, worker, *args, **how):
        outer = id(worker) in self._busy
        self._busy.add(id(worker))
        try:
            return work(worker, *args, **how)
        finally:
            if not outer:
                self._busy.discard(id(worker))

    def _key(self, worker):
        model, environment = worker._model, self._client.environment()
        environment.pop("FTDOJO_CACHE", None)  # the files it works with are named to it
        return (model.identity, model.name, *sorted(environment.items()))


@pytest.fixture(scope="session")
def _warm_workers():
    made = WarmWorkers()
    yield made
    made.end()


@pytest.fixture(scope="module")
def warm_workers(_warm_workers):
    """Let the runs of a module go on with the workers of those before; what is about a worker's start or end, do without."""
    with pytest.MonkeyPatch.context() as patch:
        _warm_workers.patch(patch)
        yield


@pytest.fixture
def fresh_workers(_warm_workers, monkeypatch):
    """Start and end a worker for each run of a test after all."""
    _warm_workers.unpatch(monkeypatch)
