"""What a run spent, line by line, so that no crash forgets it.

Wall time counts only while a controller is alive. Each controller's life is a session; every line it writes says how
long the session had lasted by then, so after a kill the last line stands for the whole life.
"""

import math
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

    ``purpose`` names the one exchange with a language model that was paid.
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


class Ledger:
    """The ledger of one run folder. One controller writes; anyone may read ``spend``.

    Args:
        folder: the run folder.
        clock: seconds that only go forward; a suspended machine's time does not count.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._path, self._clock = folder, folder / "ledger.jsonl", clock
        self._session, self._started, self._earlier_s = 0, 0.0, 0.0

    def open_session(self) -> None:
        """Begin this controller's life; wall time runs from here."""
        lines = self._lines()
        self._session = max((line.session for line in lines), default=0) + 1
        self._earlier_s = _alive_s(lines)
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
            raise UsageError(f"{stage!r} is no stage of the ledger; one of {', '.join(STAGES)}.")
        _require_amounts(seconds, counts)
        if counts.get("experiments") and not experiment:
            raise UsageError("An experiment is charged by its id; give experiment='e1'.")
        self._append(stage=stage, seconds=seconds, experiment=experiment, counts=counts)

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
        return frozenset(line.purpose for line in self._lines() if line.stage == "llm")

    def wall_s(self) -> float:
        """Return the seconds that controllers were alive, this one until now."""
        if not self._session:
            return _alive_s(self._lines())
        return self._earlier_s + self._clock() - self._started

    def spend(self) -> Spend:
        """Return all that was spent so far.

        Raises:
            StoreError: the ledger is damaged.
        """
        lines = self._lines()
        seconds: defaultdict[str, float] = defaultdict(float)
        for line in lines:
            seconds[line.stage] += line.seconds
        used, looks = _held(lines)
        return Spend(
            wall_s=self.wall_s(),
            check_s=seconds["check"],
            data_s=seconds["data"],
            train_s=seconds["train"],
            eval_s=seconds["eval"],
            export_s=seconds["export"],
            experiments=used,
            validation_queries=looks,
            disk_bytes=files.folder_bytes(self._folder),
            llm_s=seconds["llm"],
            **_asked(lines),
        )

    def _append(self, **fields: Any) -> None:
        if not self._session:
            self.open_session()
        line = _Line(
            t=now(),
            session=self._session,
            alive_s=self._clock() - self._started,
            **{"counts": {}} | fields,
        )
        files.append_line(self._path, codec.dump(line))

    def _lines(self) -> list[_Line]:
        lines = enumerate(files.read_lines(self._path), 1)
        return [codec.load(_Line, line, where=f"{self._path} line {n}") for n, line in lines]


def _alive_s(lines: list[_Line]) -> float:
    """Return the summed ages of the sessions, each as of its last line."""
    return sum({line.session: line.alive_s for line in lines}.values())


def _require_amounts(seconds: float, counts: dict[str, int]) -> None:
    if not all(0 <= amount < math.inf for amount in (seconds, *counts.values())):
        raise UsageError(f"A charge must be finite and not negative, not {seconds} s, {counts}.")


def _asked(lines: list[_Line]) -> dict[str, Any]:
    """Return what language models were paid, as ``Spend`` names it; one call without a price makes the sum unknown."""
    counts: Counter[str] = Counter()
    for line in lines:
        if line.stage == "llm":
            counts.update(line.counts)
    return {
        "llm_calls": counts["calls"],
        "llm_input_tokens": counts["input_tokens"],
        "llm_output_tokens": counts["output_tokens"],
        "llm_usd": None if counts["unpriced"] else counts["nano_usd"] / NANO,
    }


def _held(lines: list[_Line]) -> tuple[int, int]:
    """Return the experiments and the validation looks used up and not given back."""
    looks: defaultdict[str, int] = defaultdict(int)
    used: set[str] = set()
    for line in lines:
        if line.refunded:
            used.discard(line.experiment)
            looks[line.experiment] = 0
        if line.counts.get("experiments"):
            used.add(line.experiment)
        looks[line.experiment] += line.counts.get("validation_queries", 0)
    return len(used), sum(looks.values())
