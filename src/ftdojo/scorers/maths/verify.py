"""Whether two mathematical answers are equal, by math-verify, in a process that can be killed.

math-verify parses LaTeX and asks sympy, either of which may take forever on text that a model wrote. Its own deadline
is a signal, which works in a main thread only and not inside C code. So one warm child process answers, line by line,
and is replaced when it misses the deadline or dies.
"""

import atexit
import contextlib
import json
import select
import subprocess
import sys
import threading
from functools import cache
from importlib.util import find_spec

from ftdojo.errors import MissingExtra

DEADLINE_S = 10.0
"""As in the published evaluator."""
START_S = 120.0
TAIL_CHARS = 50_000
"""The published evaluator takes the last match, so the tail holds it; parsing megabytes would take minutes."""
HELPER = "ftdojo.scorers.maths.verify_helper"


class Verifier:
    """Compares answers in a child process of its own.

    Args:
        deadline_s: seconds one comparison may take.
        helper: the module that answers; another one in tests.
    """

    def __init__(self, deadline_s: float = DEADLINE_S, helper: str = HELPER) -> None:
        self._deadline_s, self._helper = deadline_s, helper
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def same(self, prediction: str, reference: str) -> bool:
        """Return whether ``prediction`` gives ``reference``; an answer that cannot be compared in time is wrong.

        Raises:
            MissingExtra: math-verify is not installed.
        """
        if not prediction.strip():
            return False
        with self._lock:
            said = self._ask(json.dumps([prediction[-TAIL_CHARS:], reference]))
        return said == "true"

    def close(self) -> None:
        """End the child process; the next comparison starts another one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _ask(self, question: str) -> str:
        if self._child and self._child.poll() is not None:  # It died after its last answer.
            self.close()
        child = self._child or self._started()
        assert child.stdin is not None
        with contextlib.suppress(OSError):  # One that dies just now is found out by its silence.
            child.stdin.write(question.encode() + b"\n")
            child.stdin.flush()
        said = _line(child, self._deadline_s)
        if not said:
            self.close()
        return said

    def _started(self) -> subprocess.Popen[bytes]:
        if find_spec("math_verify") is None:
            raise MissingExtra(
                "Comparing mathematical answers needs math-verify: pip install 'ftdojo[math]'."
            )
        self._child = child = subprocess.Popen(
            [sys.executable, "-P", "-m", self._helper],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if _line(child, START_S) != "ready":
            self.close()
            raise MissingExtra(
                "math-verify is installed but does not start; reinstall it: pip install 'ftdojo[math]'."
            )
        return child


def _line(child: subprocess.Popen[bytes], deadline_s: float) -> str:
    """Return the next line of ``child``, which writes whole lines at once; "" when it is late or gone."""
    assert child.stdout is not None
    if not select.select([child.stdout], [], [], deadline_s)[0]:
        return ""
    return child.stdout.readline().decode().strip()


@cache
def _shared() -> Verifier:
    verifier = Verifier()
    atexit.register(verifier.close)
    return verifier


def same(prediction: str, reference: str) -> bool:
    """Return whether ``prediction`` gives ``reference``, asked of the process that this one shares."""
    return _shared().same(prediction, reference)
