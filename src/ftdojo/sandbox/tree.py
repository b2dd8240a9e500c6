"""A process tree from outside: what it uses, and its end, daemons included."""

from contextlib import suppress
from dataclasses import dataclass

import psutil

_ROUNDS = 100
_ENDING_S = 5.0


@dataclass(frozen=True, kw_only=True)
class ProcessUsage:
    """What a tree uses now. ``memory_bytes`` counts a shared page once if that decides anything."""

    memory_bytes: int
    cpu_s: float
    pids: tuple[int, ...]


class ProcessTree:
    """The process ``pid`` and all it started, also those that were seen once and then let go of by their parent."""

    def __init__(self, pid: int) -> None:
        self._seen: dict[int, psutil.Process] = {}
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
        return ProcessUsage(
            memory_bytes=memory,
            cpu_s=sum(map(_cpu, members)),
            pids=tuple(each.pid for each in members),
        )

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


def _cpu(process: psutil.Process) -> float:
    """Seconds of the process and of the children it has buried."""
    with _may_be_gone():
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0
