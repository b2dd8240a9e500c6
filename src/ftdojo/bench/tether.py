"""A child that keeps to its share of the machine, and does not outlive its parent, however the parent dies."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def shares(jobs: int) -> list[frozenset[int]]:
    """Return which cores each of ``jobs`` processes may use: equal shares, so that none slows another.

    Where there are fewer cores than jobs, and where a system cannot pin, all share all of them.
    """
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    each = len(cores) // jobs
    if not each:
        return [frozenset(cores)] * jobs
    return [frozenset(cores[at * each : (at + 1) * each]) for at in range(jobs)]


def tethered(cores: frozenset[int]) -> None:
    """Keep this process to ``cores``, and end it when its parent is gone; called in the child before its program starts.

    Only Linux can; elsewhere a run whose bench was killed plays on to its end, and the bench finds its result.
    """
    if sys.platform == "linux":
        os.sched_setaffinity(0, cores)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
