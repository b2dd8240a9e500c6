"""What every test may rely on."""

import signal


def pytest_configure():
    """Let programs that tests start be interrupted, also where the tests themselves run in the background.

    A shell starts background jobs with the interrupt ignored, and a child inherits that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


collect_ignore = ["toys"]
"""Modules that the tests import by themselves; some stand in for what a user has installed."""
