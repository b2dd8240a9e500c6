"""A child that does not outlive its parent, however the parent dies."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1


def tethered() -> None:
    """Ask the kernel to end this process when its parent is gone; called in the child before its program starts.

    Only Linux can; elsewhere a run whose bench was killed plays on to its end, and the bench finds its result.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
