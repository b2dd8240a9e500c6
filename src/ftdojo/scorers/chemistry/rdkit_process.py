"""Asks RDKit about molecules that a model wrote, in a process that can be killed.

A short SMILES can keep RDKit busy for hours or crash it. So one warm child process (``rdkit_helper``) answers, line by
line, and is replaced when it misses the deadline or dies; what was asked then has no answer.
"""

import atexit
import contextlib
import json
import selectors
import subprocess
import sys
import threading
from functools import cache
from importlib.util import find_spec
from typing import Any

from ftdojo.errors import MissingExtra

DEADLINE_S = 5.0
START_S = 120.0
MOST_CHARS = 2_000
"""A longer SMILES is no molecule: the longest of the benchmark has 300 characters."""
HELPER = "ftdojo.scorers.chemistry.rdkit_helper"
Plain = str | float | None | list[str]


class Chemist:
    """Answers questions about molecules in a child process of its own.

    Args:
        deadline_s: seconds one question may take.
        helper: the module that answers; another one in tests.
    """

    def __init__(self, deadline_s: float = DEADLINE_S, helper: str = HELPER) -> None:
        self._deadline_s, self._helper = deadline_s, helper
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, question: str, *given: Plain) -> Any:
        """Return what the child's function ``question`` makes of ``given``; None when it has no answer in time.

        Raises:
            MissingExtra: RDKit is not installed.
        """
        if any(isinstance(each, str) and len(each) > MOST_CHARS for each in given):
            return None
        with self._lock:
            said = self._said(json.dumps([question, *given]))
        return json.loads(said) if said else None

    def close(self) -> None:
        """End the child process; the next question starts another one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _said(self, line: str) -> str:
        child = self._child or self._started()
        assert child.stdin is not None
        with contextlib.suppress(OSError):  # A child that is gone is found out by its silence.
            child.stdin.write(line.encode() + b"\n")
            child.stdin.flush()
        said = _line(child, self._deadline_s)
        if not said:
            self.close()
        return said

    def _started(self) -> subprocess.Popen[bytes]:
        if find_spec("rdkit") is None:
            raise MissingExtra("Scoring molecules needs rdkit: pip install 'ftdojo[chem]'.")
        self._child = child = subprocess.Popen(
            [sys.executable, "-P", "-m", self._helper],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if _line(child, START_S) != '"ready"':
            self.close()
            raise MissingExtra(
                "rdkit is installed but does not start; reinstall it: pip install 'ftdojo[chem]'."
            )
        return child


def _line(child: subprocess.Popen[bytes], deadline_s: float) -> str:
    """Return the next line of ``child``, which writes whole lines at once; "" when it is late or gone."""
    assert child.stdout is not None
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        if not ready.select(deadline_s):
            return ""
    line = child.stdout.readline()
    return line.decode().strip() if line.endswith(b"\n") else ""


@cache
def _shared() -> Chemist:
    chemist = Chemist()
    atexit.register(chemist.close)
    return chemist


def ask(question: str, *given: Plain) -> Any:
    """Return what RDKit says to ``question``, asked of the process that this one shares."""
    return _shared().ask(question, *given)
