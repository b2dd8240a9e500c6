"""Follows a running tree to its end: drains what it prints, and ends it at the first limit it crosses.

The kernel's own limits (see ``launch``) stop what is sudden in one process; this watch adds up the whole tree and the
folder many times a second, and works on every system and for every user.
"""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ftdojo.sandbox.base import Ending, Limits, OnTick, SandboxOutcome
from ftdojo.sandbox.log import Tail
from ftdojo.sandbox.outputs import Size, measure
from ftdojo.sandbox.tree import ProcessTree, ProcessUsage

_EVERY_S = 0.05
_TICK_S = 1.0
_FOLDER_EVERY_S = 0.2
_FOLDER_SHARE = 10
"""A folder that takes long to measure is measured less often: it rests this many times as long as it took."""

_LAST_WORDS_S = 0.2
_OWN_PROCESSES = 8
"""The sandbox's own processes and those already on their way when the count was taken."""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What the watch saw. ``ended`` is None where the tree ended by itself, then with ``status``."""

    ended: Ending | None
    status: int
    seconds: float
    log: str
    peak_bytes: int | None
    size: Size

    def outcome(self, exit_code: int, limits: Limits) -> SandboxOutcome:
        """Return the outcome of a script of which the sandbox says that it ended with ``exit_code``."""
        return SandboxOutcome(
            exit_code=None if self.ended else exit_code,
            ended=self.ended or _ending(exit_code, self, limits),
            seconds=self.seconds,
            log=self.log,
            peak_bytes=self.peak_bytes,
        )


class _Watch:
    """The running figures of one tree and its folder, and the first limit they cross."""

    def __init__(self, pid: int, *, workdir: Path, limits: Limits) -> None:
        self._limits, self._workdir, self._started = limits, workdir, time.monotonic()
        self.tree, self.peak, self._next_look, self._next_tick = ProcessTree(pid), 0, 0.0, _TICK_S
        self.size, self._written = Size(total=0, largest=0, hidden=False), 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def crossed(self) -> Ending | None:
        """Measure, and name the first limit that is crossed, or None."""
        usage = self.tree.usage(memory_limit=self._limits.memory_bytes)
        self.peak = max(self.peak, usage.memory_bytes)
        self.look_at_folder(usage)
        limits, size = self._limits, self.size
        crossings: dict[Ending, bool] = {
            "memory": usage.memory_bytes > limits.memory_bytes,
            "folder-size": size.total > limits.folder_bytes or size.hidden,
            "cpu-time": usage.cpu_s > limits.cpu_s,
            "killed": len(usage.pids) > limits.processes + _OWN_PROCESSES,
            "wall-time": self.seconds > limits.wall_s,
        }
        return next((name for name, is_over in crossings.items() if is_over), None)

    def is_time_to_tick(self) -> bool:
        """Whether a second has passed since this was last true."""
        if self.seconds < self._next_tick:
            return False
        self._next_tick = self.seconds + _TICK_S
        return True

    def look_at_folder(self, usage: ProcessUsage | None = None) -> None:
        """Measure the folder if it is time to, or could be full, or at once where nothing runs any more."""
        started, written = self.seconds, usage.written_bytes if usage else 0
        could_be = self.size.total + written - self._written
        if usage and started < self._next_look and could_be <= self._limits.folder_bytes:
            return
        self._written = written
        self.size = measure(self._workdir, pids=usage.pids if usage else ())
        rest = (self.seconds - started) * _FOLDER_SHARE
        self._next_look = self.seconds + max(_FOLDER_EVERY_S, rest)


def follow(
    process: subprocess.Popen[bytes], *, workdir: Path, limits: Limits, on_tick: OnTick
) -> Followed:
    """Watch ``process`` until it and all it started are gone; its output must be a pipe."""
    assert process.stdout is not None, "the watch drains standard output"
    watch = _Watch(process.pid, workdir=workdir, limits=limits)
    log = Tail(process.stdout.fileno(), keep=limits.log_bytes)
    ended: Ending | None = None
    try:
        while ended is None and process.poll() is None:
            ended = watch.crossed()
            if watch.is_time_to_tick():
                on_tick()
            log.drain(_EVERY_S)
            if log.ended:
                _wait(process, _EVERY_S)
    finally:
        watch.tree.kill()
        process.kill()
        process.wait()
    seconds = watch.seconds
    log.drain(_LAST_WORDS_S)
    process.stdout.close()
    watch.look_at_folder()
    return Followed(
        ended=ended,
        status=process.returncode,
        seconds=seconds,
        log=log.text(),
        peak_bytes=watch.peak or None,
        size=watch.size,
    )


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return


def _ending(exit_code: int, seen: Followed, limits: Limits) -> Ending:
    """Return which limit of the kernel made the script fail, if one did, from what is left behind."""
    if seen.size.total > limits.folder_bytes or seen.size.hidden:
        return "folder-size"
    if exit_code == 0:
        return "exit"
    if exit_code == 128 + signal.SIGXCPU:
        return "cpu-time"
    if exit_code == 128 + signal.SIGXFSZ or seen.size.largest >= limits.file_bytes:
        return "file-size"
    if exit_code == 128 + signal.SIGKILL:
        return "killed"
    return "memory" if _was_refused_memory(seen.log) else "exit"


def _was_refused_memory(log: str) -> bool:
    """Whether the last line is Python's word for it; a script that lies here only mislabels itself."""
    last = log.rstrip().rpartition("\n")[2]
    return "MemoryError" in last.partition(":")[0]
