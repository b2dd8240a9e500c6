"""What every test may rely on."""

import os
import signal

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


def _keep_to_a_core():
    """Give each of several test processes a core of its own, and with it the models that its tests start."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    if name and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(name.removeprefix("gw")) % len(cores)]})


collect_ignore = ["toys"]
"""Modules that the tests import by themselves; some stand in for what a user has installed."""
