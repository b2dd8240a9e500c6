"""A process that stays warm, answers requests line by line, and can be killed.

Some packages may take forever on text that a model wrote, or crash, and no signal interrupts their C code. So they run in
a child process: requests and replies are JSON, a line each, and nothing is pickled. A child that takes too long or
dies is replaced; the request it had gets no reply.
"""

import atexit
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ftdojo.errors import MissingExtra

START_S = 180.0
"""How long loading a package may take on a busy machine; it is not counted as the first answer's own time."""
BUSY = 6
"""How much longer than its processor time an answer may take by the clock."""
READY = "ready"
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What packages raise over an answer that is wrong; anything else, such as too little memory, ends the process."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """A package that may be missing, the extra it comes with, and what needs it ("Scoring molecules")."""

    what: str
    package: str
    extra: str

    def require(self) -> None:
        """Make sure that the package is there.

        Raises:
            MissingExtra: it is not.
        """
        if find_spec(self.package.replace("-", "_")) is None:
            raise MissingExtra(f"{self.what} needs {self.package}: {self.install()}.")

    def install(self) -> str:
        """Return the command that installs the package."""
        return f"pip install 'ftdojo[{self.extra}]'"


class WarmProcess:
    """Sends requests to a module that ends in ``serve``; it starts with the first one. Safe to share between threads.

    Args:
        module: what the child runs, by ``python -m``.
        needs: the package without which it does not start.
        env: the child's whole environment; this process's own where not given.
        cwd: the child's folder; this process's own where not given.
    """

    def __init__(
        self,
        module: str,
        needs: Needs,
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        self._module, self._needs, self._env, self._cwd = module, needs, env, cwd
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def ask(self, question: object, cpu_s: float) -> Any:
        """Return the child's reply to ``question``, or None if it is late, gone or has none.

        It is late after ``cpu_s`` seconds of processor time, so that a busy machine decides nothing; one that takes none is
        after ``BUSY`` times as long by the clock.

        Raises:
            MissingExtra: the package is not installed.
        """
        with self._lock:
            if self._child and self._child.poll() is not None:  # It died after its last answer.
                self.close()
            child = self._child or self._started()
            assert child.stdin is not None
            with suppress(OSError):  # One that dies just now is found out by its silence.
                child.stdin.write(json.dumps([cpu_s, question]).encode() + b"\n")
                child.stdin.flush()
            reply = _line(child, BUSY * cpu_s)
            if not reply:
                self.close()
        return json.loads(reply) if reply else None

    def close(self) -> None:
        """End the child; the next request starts another one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        self._needs.require()
        self._child = child = subprocess.Popen(
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._cwd,
            env=self._env,
        )
        if _line(child, START_S) != READY:
            self.close()
            raise MissingExtra(
                f"{self._needs.package} is installed but does not start; reinstall it: {self._needs.install()}."
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


def serve(
    answer: Callable[[Any], object], *, memory_bytes: int, prepare: Callable[[], object]
) -> None:
    """Be the child: ``prepare``, report that, and reply line by line until the input ends.

    A request that takes more processor time than it may ends the process, in the middle of C code too. Memory is capped,
    because a short text can use all there is. A request that cannot be answered gets null.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)  # Whatever a package prints must not be taken for an answer.
    prepare()
    print(READY, file=answers, flush=True)
    for line in sys.stdin:
        cpu_s, question = json.loads(line)
        signal.setitimer(
            signal.ITIMER_PROF, cpu_s
        )  # its signal ends a process that does not handle it
        try:
            reply = json.dumps(answer(question))
        except FAILURES:
            reply = "null"
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(reply, file=answers, flush=True)
