"""A process tree from outside: what it uses, and its end, daemons included."""

import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

_ROUNDS = 100
_ENDING_S = 5.0
_CORES = psutil.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class ProcessUsage:
    """What a tree uses now, and what it has used so far.

    ``memory_bytes`` counts a shared page once if that decides anything. ``cpu_s`` and ``written_bytes`` (to disks) count
    the dead too.
    """

    memory_bytes: int
    cpu_s: float
    written_bytes: int
    pids: tuple[int, ...]


@dataclass(frozen=True)
class _Spent:
    """What one process has used by itself, and whether it was running when it was looked at."""

    cpu_s: float
    written_bytes: int
    running: bool


class ProcessTree:
    """The process ``pid`` and all it started, also those that were seen once and then let go of by their parent."""

    def __init__(self, pid: int) -> None:
        self._seen: dict[int, psutil.Process] = {}
        self._spent: dict[psutil.Process, _Spent] = {}
        self._looked, self._dead_cpu_s, self._dead_bytes = time.monotonic(), 0.0, 0
        with _may_be_gone():
            self._seen[pid] = psutil.Process(pid)

    def usage(self, *, memory_limit: int) -> ProcessUsage:
        """Measure the tree.

        Resident sizes are cheap and count a page once for each process that shares it, so the exact figure is asked
        for only where the cheap one is above ``memory_limit``.
        """
        members = self._members()
        memory = sum(map(_resident, members))
        if memory > memory_limit:
            memory = sum(map(_proportional, members))
        self._follow_up(members)
        own = sum(each.cpu_s for each in self._spent.values())
        return ProcessUsage(
            memory_bytes=memory,
            cpu_s=own + max(self._dead_cpu_s, sum(map(_buried_cpu, members))),
            written_bytes=self._dead_bytes
            + sum(each.written_bytes for each in self._spent.values()),
            pids=tuple(each.pid for each in members),
        )

    def _follow_up(self, members: list[psutil.Process]) -> None:
        """Note what the living have used, and keep what those had used who died since the last look.

        A parent that ignores its children's deaths never hears what they used, so the kernel's own sum may lack them.
        One that was running is taken to have gone on, on average, to the middle between the two looks, on a core if
        there was one for it.
        """
        now = time.monotonic()
        half, self._looked = (now - self._looked) / 2, now
        living = {each: _spent(each) for each in members}
        gone = [spent for each, spent in self._spent.items() if each not in living]
        ran = min(sum(each.running for each in gone), _CORES)
        self._dead_cpu_s += sum(each.cpu_s for each in gone) + half * ran
        self._dead_bytes += sum(each.written_bytes for each in gone)
        self._spent = living

    def kill(self) -> None:
        """Kill every member, and those they start meanwhile, until none is left.

        All are stopped first: a parent that died before its child was seen would take the child out of sight.
        """
        self._stop()
        for _ in range(_ROUNDS):
            members = self._members()
            for each in members:
                with _may_be_gone():
                    each.kill()
            if not psutil.wait_procs(members, timeout=_ENDING_S / _ROUNDS)[1]:
                return

    def _stop(self) -> None:
        stopped: set[int] = set()
        for _ in range(_ROUNDS):
            running = [each for each in self._members() if each.pid not in stopped]
            if not running:
                return
            for each in running:
                with _may_be_gone():
                    each.suspend()
            stopped |= {each.pid for each in running}

    def _members(self) -> list[psutil.Process]:
        """Return the living; a child is looked for below each process that no other one covers."""
        found: dict[int, psutil.Process] = {}
        for each in list(self._seen.values()):
            if each.pid in found or not _alive(each):
                continue
            found[each.pid] = each
            with _may_be_gone():
                found |= {child.pid: child for child in each.children(recursive=True)}
        self._seen = {pid: each for pid, each in found.items() if _alive(each)}
        return list(self._seen.values())


def _may_be_gone() -> suppress:
    return suppress(psutil.Error)


def _alive(process: psutil.Process) -> bool:
    with _may_be_gone():
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _resident(process: psutil.Process) -> int:
    with _may_be_gone():
        return int(process.memory_info().rss)
    return 0


def _proportional(process: psutil.Process) -> int:
    with _may_be_gone():
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    return _resident(process)


def _spent(process: psutil.Process) -> _Spent:
    cpu_s, written, running = 0.0, 0, False
    with _may_be_gone(), process.oneshot():
        times = process.cpu_times()
        cpu_s, running = times.user + times.system, process.status() == psutil.STATUS_RUNNING
        if hasattr(process, "io_counters"):  # not on every system
            written = process.io_counters().write_bytes
    return _Spent(cpu_s, written, running)


def _buried_cpu(process: psutil.Process) -> float:
    """Seconds of the children that the process has waited for."""
    with _may_be_gone():
        times = process.cpu_times()
        return float(times.children_user + times.children_system)
    return 0.0
