"""Where charts are drawn: one sandbox that stays warm, so that only the first chart pays for loading matplotlib.

A ``Studio`` starts ``chart_runner`` in the sandbox when the first chart comes, hands it one folder a chart, and takes
back one small JSON file each, which it reads as hostile. A chart that brings the sandbox down (memory, processes,
files) is tried once more in a new one, then counts as failed. The runner ends by itself when no charts come.
"""

import csv
import io
import json
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal
from weakref import finalize

from ftdojo.errors import FtdojoError, MissingExtra
from ftdojo.sandbox import HostileOutput, Limits, Sandbox, open_sandbox, take_file

Mode = Literal["once", "capture", "fresh", "twice"]
RUNNER = Path(__file__).with_name("chart_runner.py")
LIMITS = Limits(
    wall_s=3600.0,
    cpu_s=3600.0,
    memory_bytes=2**30,
    processes=32,
    file_bytes=64 * 2**20,
    folder_bytes=256 * 2**20,
)
START_S = 180.0
"""How long loading matplotlib may take on a busy machine; it is not counted as the chart's own time."""
OPENED = "opened"
"""A file that the runner makes when it is ready for the first chart."""
_POLL_S = 0.01
_RESULT_BYTES = 2**20
_ENVIRONMENT = {
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_TRIES = 2


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Code to run beside a ``table.csv`` that holds ``table``.

    ``kind``: which artists are read, ``mode``: by whose rule.
    """

    code: str
    kind: str
    table: str
    mode: Mode = "once"
    seconds: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What came of a chart. ``values`` is None where nothing could be read; nothing in here is to be trusted."""

    ran: bool
    values: list[Any] | None = None
    printed: str = ""
    error: str = ""


class Studio:
    """Draws charts one after the other in one sandbox; safe to share between threads, needs no closing."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._lock = sandbox, threading.Lock()
        self._room: _Room | None = None

    def draw(self, charts: Sequence[Chart]) -> list[Drawn]:
        """Draw ``charts``, each in a process and a folder of its own.

        Raises:
            SandboxError: the sandbox itself failed.
        """
        with self._lock:
            return [self._draw(chart) for chart in charts]

    def _draw(self, chart: Chart) -> Drawn:
        for _ in range(_TRIES):
            if self._room is None or not self._room.is_open():
                self._room = _Room(self._sandbox)
            if drawn := self._room.draw(chart):
                return drawn
        return Drawn(ran=False, error="it used more than it may (memory, files, processes)")


class _Room:
    """One run of the runner, in a folder of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._place = Path(tempfile.mkdtemp(prefix="ftdojo-charts-"))
        finalize(self, rmtree, self._place, ignore_errors=True)
        (self._place / RUNNER.name).write_bytes(RUNNER.read_bytes())
        self._count = 0
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(sandbox,), daemon=True)
        self._thread.start()

    def is_open(self) -> bool:
        """Whether the runner is still there; whatever ended its sandbox is raised here."""
        if self._fault is not None:
            raise self._fault
        return self._thread.is_alive()

    def draw(self, chart: Chart) -> Drawn | None:
        """Return what came of ``chart``, or None if the runner ended over it."""
        self._count += 1
        deadline = time.monotonic() + START_S + chart.seconds
        # Nothing is put into the folder while the sandbox is still taking it over.
        while not (self._place / OPENED).exists() and time.monotonic() < deadline:
            if not self.is_open():
                return None
            time.sleep(_POLL_S)
        self._hand_in(chart)
        while time.monotonic() < deadline:
            is_open = self.is_open()  # checked before reading, so that a last result is not missed
            if (self._place / f"{self._count}.json").exists():
                return self._take()
            if not is_open:
                return None
            time.sleep(_POLL_S)
        return Drawn(ran=False, error=f"it did not end within {START_S + chart.seconds:g} s")

    def _run(self, sandbox: Sandbox) -> None:
        try:
            sandbox.run_python(
                RUNNER.name, workdir=self._place, readonly={}, env=_ENVIRONMENT, limits=LIMITS
            )
        except (FtdojoError, OSError) as error:
            self._fault = error

    def _hand_in(self, chart: Chart) -> None:
        """Write the chart's folder aside and then put it in its place, open to the sandbox's user."""
        part = self._place / f"{self._count}.new"
        part.mkdir()
        job = {
            "code": chart.code,
            "kind": chart.kind,
            "mode": chart.mode,
            "seconds": chart.seconds,
        }
        (part / "job.json").write_text(json.dumps(job), encoding="utf8")
        (part / "table.csv").write_text(chart.table, encoding="utf8", errors="replace", newline="")
        for path in (part / "job.json", part / "table.csv"):
            path.chmod(0o666)
        part.chmod(0o777)
        part.rename(self._place / str(self._count))

    def _take(self) -> Drawn:
        name = f"{self._count}.json"
        try:
            with tempfile.TemporaryDirectory(prefix="ftdojo-chart-") as outside:
                copy = Path(outside) / "drawn.json"
                take_file(self._place, name, to=copy, max_bytes=_RESULT_BYTES)
                return read(copy.read_bytes())
        except HostileOutput as error:
            return Drawn(ran=False, error=str(error))
        finally:
            rmtree(self._place / str(self._count), ignore_errors=True)
            with suppress(OSError):
                (self._place / name).unlink()


def read(result: bytes) -> Drawn:
    """Read a result that hostile code may have written.

    Example:
        >>> read(b'{"ran": true, "values": [1, 2.5]}').values, read(b"[[[").ran
        ([1, 2.5], False)
    """
    try:
        found = json.loads(result)
    except (ValueError, RecursionError):
        return Drawn(ran=False, error="its result cannot be read")
    if not isinstance(found, dict):
        return Drawn(ran=False, error="its result cannot be read")
    values = found.get("values")
    return Drawn(
        ran=found.get("ran") is True,
        values=values if isinstance(values, list) else None,
        printed=str(found.get("printed", "")),
        error=str(found.get("error", ""))[:200],
    )


def ready() -> None:
    """Make sure that charts can be drawn, before anything relies on it.

    Raises:
        MissingExtra: matplotlib or pandas is not installed.
        SandboxError: the sandbox is not installed or does not work here.
    """
    for package in ("matplotlib", "pandas"):
        if find_spec(package) is None:
            raise MissingExtra(
                f"Charts are drawn with {package}, which is missing: pip install 'ftdojo[charts]'."
            )
    studio()


@lru_cache
def studio() -> Studio:
    """Return the one studio of this process.

    Raises:
        SandboxError: the sandbox is not installed or does not work here.
    """
    return Studio(open_sandbox())


def csv_text(table: Mapping[str, Any]) -> str:
    r"""Return ``columns`` and ``data`` as CSV; a missing cell is an empty one.

    Example:
        >>> csv_text({"columns": ["year", "sales"], "data": [["2019", "1,200"]]})
        'year,sales\n2019,"1,200"\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.get("columns", ()))
    writer.writerows(table.get("data", ()))
    return text.getvalue()
