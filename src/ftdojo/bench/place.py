"""The bench folder: one run folder a cell, what became of every attempt, and what is made of them.

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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ftdojo.bench.words import Cell
from ftdojo.errors import StoreError
from ftdojo.store import append_line, files
from ftdojo.store.asked import now
from ftdojo.store.codec import dump_object, load_object

SHARED = ("models", "downloads", "datasets", "sources", "base-scores")
"""What isolated cells still share: it is the same for all, and gives none an advantage."""
LOG = "cells.jsonl"


@dataclass(frozen=True)
class Place:
    """A bench folder; reading from one that is not there finds nothing."""

    path: Path

    def run(self, cell: Cell) -> Path:
        """Return where the cell's run folder is, or will be."""
        return self.path / cell.id

    def base(self) -> "Place":
        """Return where the runs of the base alone are."""
        return Place(self.path / "base")

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
