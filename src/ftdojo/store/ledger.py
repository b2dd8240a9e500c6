"""What a run spent, line by line, so that no crash forgets it.

Wall time counts only while a controller is alive. Each controller's life is a session; every line it writes says how
long the session had lasted by then, so after a kill the last line stands for the whole life.
"""

import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Spend
from ftdojo.store import codec, files
from ftdojo.store.asked import now

STAGES = ("check", "data", "train", "eval", "export", "llm")
NANO = 10**9
"""Money is kept in whole billionths of a dollar, so that sums are exact."""


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One entry. ``alive_s`` is the age of its session; ``counts`` may hold anything that is counted.

    ``purpose`` names the one exchange with a language model that was paid. ``reused`` seconds passed in another run, and
    count as wall time in this one.
    """

    t: str
    session: int
    alive_s: float
    stage: str = ""
    seconds: float = 0.0
    experiment: str = ""
    purpose: str = ""
    counts: dict[str, int]
    refunded: bool = False
    reused: bool = False


class _Totals:
    """A ledger added up line by line."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.alive_s: dict[int, float] = {}
        self.purposes: set[str] = set()
        self.charged: set[tuple[str, str]] = set()
        self.reused_s = 0.0
        self._llm: Counter[str] = Counter()
        self._used: set[str] = set()
        self._looks: defaultdict[str, int] = defaultdict(int)

    def add(self, line: _Line) -> None:
        """Take in the next line."""
        self.seconds[line.stage] += line.seconds
        self.alive_s[line.session] = line.alive_s  # a session's last line says how long it lasted
        self.charged.add((line.stage, line.experiment))
        self.reused_s += line.seconds if line.reused else 0.0
        if line.stage == "llm":
            self.purposes.add(line.purpose)
            self._llm.update(line.counts)
        if line.refunded:
            self._used.discard(line.experiment)
            self._looks[line.experiment] = 0
        if line.counts.get("experiments"):
            self._used.add(line.experiment)
        self._looks[line.experiment] += line.counts.get("validation_queries", 0)

    def wall_s(self) -> float:
        """Return the summed ages of the sessions, and what passed in other runs."""
        return sum(self.alive_s.values()) + self.reused_s

    def used(self) -> dict[str, Any]:
        """Return what was counted, as ``Spend`` names it; one call without a price makes the sum of money unknown."""
        llm = self._llm
        return {
            "experiments": len(self._used),
            "validation_queries": sum(self._looks.values()),
            "llm_calls": llm["calls"],
            "llm_input_tokens": llm["input_tokens"],
            "llm_output_tokens": llm["output_tokens"],
            "llm_usd": None if llm["unpriced"] else llm["nano_usd"] / NANO,
        }


class Ledger:
    """The ledger of one run folder. One controller writes; anyone may read ``spend``.

    The controller's own, once its session is open, adds up what it writes and reads nothing again; it may be shared
    between threads. Any other is read from the file each time.

    Args:
        folder: the run folder.
        clock: seconds that only go forward; a suspended machine's time does not count.
        disk: what tells the bytes of the run folder; None to walk it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        disk: Callable[[], int] | None = None,
    ) -> None:
        self._path, self._clock = folder / "ledger.jsonl", clock
        self._disk = disk or (lambda: files.folder_bytes(folder))
        self._session, self._started, self._earlier_s, self._reused_s = 0, 0.0, 0.0, 0.0
        self._totals = _Totals()
        self._lock = threading.Lock()

    def open_session(self) -> None:
        """Begin this controller's life; wall time runs from here."""
        self._totals = self._read()
        self._session = max(self._totals.alive_s, default=0) + 1
        self._earlier_s, self._reused_s = self._totals.wall_s(), self._totals.reused_s
        self._started = self._clock()
        self.heartbeat()

    def heartbeat(self) -> None:
        """Note that the controller is still alive; call it now and then during long work."""
        self._append()

    def charge(self, stage: str, *, seconds: float, experiment: str = "", **counts: int) -> None:
        """Book ``seconds`` of a stage (check, data, train, eval, export or llm), and what else was used up.

        ``experiments=1`` uses up one experiment; booked twice for the same one, it counts once, so a stage that is
        done again after a kill costs no second. ``validation_queries`` add up. Other counts are kept in the file.

        Raises:
            UsageError: an unknown stage, a negative number, or an experiment counted without its id.
            StoreError: it cannot be written.
        """
        if stage not in STAGES:
            raise UsageError(f"{stage!r} is not a stage of the ledger; one of {', '.join(STAGES)}.")
        _require_amounts(seconds, counts)
        if counts.get("experiments") and not experiment:
            raise UsageError("An experiment is charged by its id; give experiment='e1'.")
        self._append(stage=stage, seconds=seconds, experiment=experiment, counts=counts)

    def charge_reused(self, stage: str, *, seconds: float, experiment: str) -> None:
        """Book seconds that a stage of ``experiment`` took in another run, whose work this one uses, as if they passed here.

        Where that stage was charged before, nothing is booked: this run did the work itself, or has paid for it.

        Raises:
            UsageError: a negative number.
            StoreError: it cannot be written.
        """
        _require_amounts(seconds, {})
        if (stage, experiment) not in self._now().charged:
            self._append(stage=stage, seconds=seconds, experiment=experiment, reused=True)

    def pay(self, purpose: str, *, seconds: float, **counts: int) -> None:
        """Book one exchange with a language model, named by its purpose.

        ``counts`` are ``calls``, ``input_tokens``, ``output_tokens``, ``nano_usd`` and ``unpriced`` (1 where the price is
        not known); they add up.

        Raises:
            UsageError: a negative number.
            StoreError: it cannot be written.
        """
        _require_amounts(seconds, counts)
        self._append(stage="llm", seconds=seconds, purpose=purpose, counts=counts)

    def refund(self, experiment: str) -> None:
        """Give back the experiment and the validation looks that ``experiment`` used up so far; its seconds are gone.

        For failures of the infrastructure, which are nobody's fault.
        """
        self._append(experiment=experiment, refunded=True)

    def paid(self) -> frozenset[str]:
        """Return the purposes of the exchanges with language models that were charged.

        Raises:
            StoreError: the ledger is damaged.
        """
        return frozenset(self._now().purposes)

    def wall_s(self) -> float:
        """Return the seconds that controllers were alive, this one until now, and those of ``charge_reused``."""
        if not self._session:
            return self._read().wall_s()
        reused_s = self._totals.reused_s - self._reused_s
        return self._earlier_s + reused_s + self._clock() - self._started

    def spend(self) -> Spend:
        """Return all that was spent so far.

        Raises:
            StoreError: the ledger is damaged.
        """
        totals, disk_bytes = self._now(), self._disk()
        with self._lock:
            return Spend(
                wall_s=self.wall_s() if self._session else totals.wall_s(),
                check_s=totals.seconds["check"],
                data_s=totals.seconds["data"],
                train_s=totals.seconds["train"],
                eval_s=totals.seconds["eval"],
                export_s=totals.seconds["export"],
                llm_s=totals.seconds["llm"],
                disk_bytes=disk_bytes,
                **totals.used(),
            )

    def _append(self, **fields: Any) -> None:
        if not self._session:
            self.open_session()
        with self._lock:
            line = _Line(
                t=now(),
                session=self._session,
                alive_s=self._clock() - self._started,
                **{"counts": {}} | fields,
            )
            files.append_line(self._path, codec.dump(line))
            self._totals.add(line)

    def _now(self) -> _Totals:
        return self._totals if self._session else self._read()

    def _read(self) -> _Totals:
        totals = _Totals()
        for number, text in enumerate(files.read_lines(self._path), 1):
            totals.add(codec.load(_Line, text, where=f"{self._path} line {number}"))
        return totals


def _require_amounts(seconds: float, counts: dict[str, int]) -> None:
    if not all(0 <= amount < math.inf for amount in (seconds, *counts.values())):
        raise UsageError(f"A charge must be finite and not negative, not {seconds} s, {counts}.")
