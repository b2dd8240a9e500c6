"""Cells carried out, each a process of its own that ends with this one."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from signal import SIGINT

from ftdojo.bench.folder import BenchFolder, is_finished
from ftdojo.bench.types import Cell
from ftdojo.config import cache_dir
from ftdojo.store import files

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


PROGRAM = (sys.executable, "-m", "ftdojo.cli.main")
LOOK_S = 0.1
PATIENCE_S = 20.0
"""How long an interrupted run may take to put its things away."""
REASON_CHARS = 400
Tell = Callable[[Cell, str], None]
"""Is told of a cell what has become of it: ``kept``, ``started``, ``resumed``, ``ended`` or ``failed: why``."""


@dataclass(frozen=True, kw_only=True)
class _Going:
    """A cell's process."""

    cell: Cell
    process: subprocess.Popen[bytes]
    cores: frozenset[int]
    began_at: int
    """Where in the log its words begin."""


class Runner:
    """Carries out cells in a bench folder that the caller holds.

    Args:
        place: the bench folder.
        isolated: whether each cell has a cache and a case bank of its own, so that none profits from an earlier one.
        tell: is told of every cell.
    """

    def __init__(self, place: BenchFolder, *, isolated: bool, tell: Tell) -> None:
        self._place, self._isolated, self._tell = place, isolated, tell
        self._going: list[_Going] = []
        self._free: list[frozenset[int]] = []

    def run(self, cells: Sequence[Cell], *, jobs: int) -> None:
        """Carry out the cells that have no result yet, at most ``jobs`` at a time, each on its share of the cores.

        A cell that fails is noted and the next one begins. However this ends, no process is left behind, and what is
        left unfinished goes on at the next call.
        """
        waiting = deque(each for each in cells if not self._keep(each))
        self._free = shares(jobs)
        try:
            while waiting or self._going:
                while waiting and len(self._going) < jobs:
                    self._start(waiting.popleft())
                if not self._reap():
                    time.sleep(LOOK_S)
        finally:
            self._stop()

    def _keep(self, cell: Cell) -> bool:
        kept = is_finished(cell, self._place)
        if kept:
            self._place.forget_cache(cell)  # of a bench that was killed at that very moment
            self._tell(cell, "kept")
        return kept

    def _start(self, cell: Cell) -> None:
        place, log = self._place, self._place.log(cell)
        begun = (place.run(cell) / "run.json").is_file()
        where = ("--runs", str(place.path), "--json")
        go_on = ("resume", cell.id, *where)
        command = go_on if begun else ("run", *cell.arguments, "--name", cell.id, *where)
        place.begin(cell)
        cores = self._free.pop(0)
        with files.writing(log), log.open("ab") as said:
            process = subprocess.Popen(
                [*PROGRAM, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=self._environment(cell),
                start_new_session=True,  # Ctrl-C is ours to act on
                preexec_fn=partial(tethered, cores),
            )
            self._going.append(
                _Going(cell=cell, process=process, cores=cores, began_at=said.tell())
            )
        self._tell(cell, "resumed" if begun else "started")

    def _environment(self, cell: Cell) -> dict[str, str]:
        if not self._isolated:
            return dict(os.environ)
        own = self._place.cache(cell, cache_dir()).resolve()
        return os.environ | {"FTDOJO_CACHE": str(own), "FTDOJO_CASES": str(own / "cases")}

    def _reap(self) -> bool:
        """Note the cells whose process has ended; return whether there was one."""
        ended = [each for each in self._going if each.process.poll() is not None]
        for each in ended:
            self._going.remove(each)
            self._free.append(each.cores)
            reason = self._reason(each)
            self._place.end(each.cell, reason)
            if not reason:
                self._place.forget_cache(each.cell)
            self._tell(each.cell, f"failed: {reason}" if reason else "ended")
        return bool(ended)

    def _reason(self, ended: _Going) -> str:
        """Return in one line why a cell has no result; empty if it has one."""
        code = ended.process.returncode
        if is_finished(ended.cell, self._place):
            return ""
        said = last_line(self._place.log(ended.cell), after=ended.began_at)
        if code < 0:
            return f"its process was ended by signal {-code}"
        return said or f"its process ended with code {code} and said nothing"

    def _stop(self) -> None:
        """Interrupt what still goes on, and end what does not listen."""
        for each in self._going:
            each.process.send_signal(SIGINT)
        end = time.monotonic() + PATIENCE_S
        for each in self._going:
            try:
                each.process.wait(timeout=max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()
            self._place.end(each.cell, "")
        self._going.clear()


def last_line(log: Path, *, after: int) -> str:
    """Return the last line that was written to ``log`` after so many bytes, without the program's name."""
    lines = log.read_bytes()[after:].decode("utf8", "replace").split("\n")
    said = [" ".join(_printable(line).split()) for line in lines if line.strip()]
    return said[-1].removeprefix("ftdojo: ")[:REASON_CHARS] if said else ""


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() else " " for each in line)
