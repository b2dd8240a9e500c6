"""Where the cells of a matrix live, and how each of them ended.

::

    bench-<name>/
      <cell>/         the run folder of a cell, as `ftdojo run` writes it
      base/           the same of the base alone, which is scored before the first cell
      cells.jsonl     every start and end of a cell's process, in order
      logs/           what the processes said
      caches/         of isolated cells that have not finished, one each
      bench.json      the comparison, and the same for people in bench.md
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ftdojo import tasks
from ftdojo.bench.types import Cell, CellOutcome, Finished, State
from ftdojo.errors import StoreError
from ftdojo.evaluation import scores
from ftdojo.records import BASE, Direction, Result, Status
from ftdojo.store import Ledger, RunFolder, append_line, files
from ftdojo.store.asked import now
from ftdojo.store.codec import dump_object, load_object

SHARED = ("models", "downloads", "datasets", "sources", "base-scores")
"""What isolated cells still share: it is the same for all, and gives none an advantage."""
LOG = "cells.jsonl"


@dataclass(frozen=True)
class BenchFolder:
    """A bench folder; reading from one that is not there finds nothing."""

    path: Path

    def run(self, cell: Cell) -> Path:
        """Return where the cell's run folder is, or will be."""
        return self.path / cell.id

    def base(self) -> "BenchFolder":
        """Return where the runs of the base alone are."""
        return BenchFolder(self.path / "base")

    def log(self, cell: Cell) -> Path:
        """Return the file that gets what the cell's process says."""
        return self.path / "logs" / f"{cell.id}.log"

    def begin(self, cell: Cell) -> None:
        """Note that a process for ``cell`` is about to be started."""
        files.make_folder(self.path / "logs")
        self._note(cell, "begun")

    def end(self, cell: Cell, reason: str) -> None:
        """Note that its process ended; ``reason`` is empty unless it failed."""
        self._note(cell, "failed" if reason else "ended", reason=reason)

    def failures(self) -> dict[str, str]:
        """Return the reason for each cell whose last process failed, by the cell's id."""
        where, found = self.path / LOG, dict[str, str]()
        for at, line in enumerate(files.read_lines(where), 1):
            said = load_object(line, where=f"{where} line {at}")
            found[str(said.get("cell"))] = str(said.get("reason", ""))
        return {cell: reason for cell, reason in found.items() if reason}

    def cache(self, cell: Cell, shared: Path) -> Path:
        """Return a cache of the cell's own, which leads to ``shared`` for what is no agent's work."""
        own = self.path / "caches" / cell.id
        files.make_folder(own)
        with files.writing(own):
            for name in SHARED:
                files.make_folder(shared / name)
                with contextlib.suppress(FileExistsError):
                    (own / name).symlink_to((shared / name).resolve(), target_is_directory=True)
        return own

    def forget_cache(self, cell: Cell) -> None:
        """Remove the cache of a cell that has ended; what it shares stays."""
        shutil.rmtree(self.path / "caches" / cell.id, ignore_errors=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder as its one bench.

        Raises:
            StoreError: another process holds it, or it cannot be written.
        """
        import filelock

        files.make_folder(self.path)
        lock = filelock.FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise StoreError(
                f"Another `ftdojo bench` is at work in {self.path}; wait for it, or read it with --table."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _note(self, cell: Cell, what: str, *, reason: str = "") -> None:
        line = dump_object({"t": now(), "cell": cell.id, "what": what, "reason": reason})
        append_line(self.path / LOG, line)


def outcomes(cells: Sequence[Cell], place: BenchFolder) -> list[CellOutcome]:
    """Return how each of ``cells`` stands; nothing is written."""
    failures = place.failures()
    return [outcome(cell, place, failures) for cell in cells]


def outcome(cell: Cell, place: BenchFolder, failures: Mapping[str, str]) -> CellOutcome:
    """Return how ``cell`` stands; a damaged run folder is a failure, and hides no other."""
    reason = failures.get(cell.id, "")
    if not (place.run(cell) / "run.json").is_file():
        return CellOutcome(
            cell=cell, state=State.FAILED if reason else State.MISSING, reason=reason
        )
    folder = RunFolder(place.run(cell))
    try:
        result = folder.result()
        if result:
            run = _finished(folder, result)
            return CellOutcome(
                cell=cell,
                state=State.FINISHED,
                reason=result.gave_up,
                spent=result.spent,
                run=run,
            )
        spent = Ledger(folder.path).spend()
    except StoreError as error:
        return CellOutcome(cell=cell, state=State.FAILED, reason=str(error))
    state = State.FAILED if reason else State.UNFINISHED
    return CellOutcome(cell=cell, state=state, reason=reason, spent=spent)


def is_finished(cell: Cell, place: BenchFolder) -> bool:
    """Return whether the cell's run is sealed."""
    return (place.run(cell) / "result.json").is_file()


def _finished(folder: RunFolder, result: Result) -> Finished:
    config, task = folder.config, tasks.get(folder.config.spec.task)
    validated = _validated(folder, result)
    graded = folder.predictions(result.chosen, "test")
    best = max if task.direction is Direction.HIGHER else min
    return Finished(
        played=f"{config.task_version} {config.model_digest}",
        metric=result.test.metric,
        unit=result.test.unit,
        direction=task.direction,
        test=result.test.score.score,
        base=result.base_test.score.score,
        found=best(validated.values()),
        kept=validated[result.chosen],
        items=scores(graded, task.aggregate),
    )


def _validated(folder: RunFolder, result: Result) -> dict[str, float]:
    """Return the validation score of the base, of the choice, and of all others that were validated to the end."""
    found = {BASE: result.base.score.score}
    for each in folder.experiments():
        report = each.evaluation
        whole = report and not report.raced_out and each.status is Status.DONE
        if report and (whole or each.id == result.chosen):
            found[each.id] = report.score.score
    return found
