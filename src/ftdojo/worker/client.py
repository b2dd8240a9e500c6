"""The controller's end of the worker: starts it, asks it, ends it, and starts another when it is gone."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import psutil

from ftdojo.errors import WorkerDied, WorkerError, WorkerTimeout
from ftdojo.models import LocalModel
from ftdojo.models.device import device, dtype_name
from ftdojo.records import (
    Completion,
    Decoding,
    FitReport,
    LossPoint,
    Message,
    ProbeReport,
    Shortcuts,
    TrainingReport,
    Weights,
)
from ftdojo.store import Cache, dump, load
from ftdojo.submissions import TrainConfig
from ftdojo.training.trainer import BY_THE_LOOP, Course
from ftdojo.worker.cgroups import oom_kills
from ftdojo.worker.inherited import environment
from ftdojo.worker.messages import (
    Calibration,
    Completions,
    Lengths,
    Losses,
    Op,
    Probed,
    TokenReport,
)

START_S = 300.0
SHORTCUTS_VERSION = "1"
"""Raised whenever the trial could find other shortcuts."""
TICK_S = 1.0
TIGHT = 0.9
"""Share of the machine's memory above which a sudden death is put down to memory."""
OnTick = Callable[[], None]
Prompts = Sequence[Sequence[Message]]


class WorkerFault(WorkerError):
    """A request failed and the worker lives; ``kind`` is a failure's kind, or ``bug``."""

    def __init__(self, kind: str, message: str, log_tail: str) -> None:
        super().__init__(message)
        self.kind, self.log_tail = kind, log_tail


class Worker:
    """A warm process that is started at the first request and again after every death.

    Args:
        model: the base it holds.
        log: the file that gets what it prints.
        cache: keeps what is found out about the model by trial, if given.
        on_tick: called about once a second while a request is under way.
        kills: counts the processes that the system killed for memory in this container, where that is known.
    """

    def __init__(
        self,
        model: LocalModel,
        *,
        log: Path,
        cache: Cache | None = None,
        on_tick: OnTick = lambda: None,
        kills: Callable[[], int | None] = oom_kills,
    ) -> None:
        self._model, self._log, self._cache, self._on_tick = model, log, cache, on_tick
        self._shortcuts: Shortcuts | None = None
        self._kills, self._killed_before = kills, kills()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._share, self._next_tick = 0.0, 0.0

    @property
    def pid(self) -> int | None:
        """Return the process's id, if one is alive."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def audit(self, rows: Path, config: TrainConfig, *, timeout_s: float) -> TokenReport:
        """Count tokens; see ``ModelRuntime.audit``. Every method raises ``WorkerError``s only."""
        return load(TokenReport, self._ask("audit", _args(rows, config), timeout_s))

    def fit(
        self,
        rows: Path,
        config: TrainConfig,
        *,
        timeout_s: float,
        start: Weights | None = None,
        steps: int = 1,
    ) -> FitReport:
        """Measure steps on the longest rows; see ``ModelRuntime.fit``."""
        asked = _args(rows, config, start) | {"steps": steps}
        return load(FitReport, self._ask("fit", asked, timeout_s))

    def probe(
        self,
        rows: Path,
        config: TrainConfig,
        *,
        prompts: Prompts,
        decoding: Decoding,
        timeout_s: float,
        start: Weights | None = None,
    ) -> tuple[ProbeReport, tuple[Completion, ...]]:
        """Take a few steps and answer; see ``ModelRuntime.probe``."""
        args = _args(rows, config, start) | _prompts(prompts) | {"decoding": asdict(decoding)}
        probed = load(Probed, self._ask("probe", args, timeout_s))
        return probed.report, probed.completions

    def train(
        self,
        rows: Path,
        config: TrainConfig,
        *,
        to: Path,
        seconds: float | None,
        on_step: Callable[[LossPoint], None],
        course: Course = BY_THE_LOOP,
    ) -> TrainingReport:
        """Train for at most ``seconds``; see ``ModelRuntime.train``. A worker much later than that is ended."""
        how = {"to": str(to), "seconds": seconds, "course": json.loads(dump(course))}
        args = _args(rows, config, course.start) | how
        timeout_s = seconds * 1.5 + 60 if seconds else 7 * 86400.0
        return load(TrainingReport, self._ask("train", args, timeout_s, on_step))

    def generate(
        self, prompts: Prompts, *, decoding: Decoding, weights: Weights | None, timeout_s: float
    ) -> tuple[Completion, ...]:
        """Answer prompts; see ``ModelRuntime.generate``."""
        args = _prompts(prompts) | {"decoding": asdict(decoding)} | _on(weights)
        return load(Completions, self._ask("generate", args, timeout_s)).completions

    def losses(
        self,
        rows: Path,
        config: TrainConfig,
        *,
        weights: Weights | None,
        tails: Sequence[str] | None = None,
        timeout_s: float,
    ) -> Losses:
        """Measure the loss of each row; see ``ModelRuntime.losses``."""
        args = (
            _args(rows, config) | _on(weights) | {"tails": None if tails is None else list(tails)}
        )
        return load(Losses, self._ask("losses", args, timeout_s))

    def calibrate(self, *, timeout_s: float = 60.0) -> float:
        """Return the seconds that a fixed piece of work takes now; see ``ModelRuntime.calibrate``."""
        return load(Calibration, self._ask("calibrate", {}, timeout_s)).seconds

    def lengths(
        self, prompts: Prompts, *, timeout_s: float, answer: int | None = None
    ) -> tuple[int, ...]:
        """Count the tokens of prompts; see ``ModelRuntime.lengths``."""
        args = _prompts(prompts) | {"answer": answer}
        return load(Lengths, self._ask("lengths", args, timeout_s)).tokens

    def identity(self) -> tuple[str, ...]:
        """Return what its numbers depend on beside model, weights and rows: device, format and versions of libraries."""
        libraries = [version(name) for name in ("torch", "transformers")]
        return (device(), dtype_name(), *libraries)

    def shortcuts(self) -> Shortcuts:
        """Return what the model stands, as was found out by trial when it was first loaded; see ``shortcuts_of``."""
        known = self._known_shortcuts()
        if known is None:
            self.start()
            known = self._shortcuts
        assert known is not None, "a worker that has started has reported them"
        return known

    def start(self) -> None:
        """Start the process and wait until the base model is loaded; the first request does so too."""
        if self.pid:
            return
        self.close()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-P",  # an agent works in this folder: what it calls json.py or datasets.py is not to be imported
            "-m",
            "ftdojo.worker.server",
            str(self._model.path),
            self._model.name,
            *([dump(known)] if (known := self._known_shortcuts()) else []),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
                text=True,
                encoding="utf8",
            )
        self._lines = queue.Queue()
        assert self._process.stdout is not None
        threading.Thread(
            target=_pump, args=(self._process.stdout, self._lines), daemon=True
        ).start()
        self._learn_shortcuts(self._wait(START_S, on_step=None))

    def close(self) -> None:
        """End the process; nothing it holds is worth keeping."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with suppress(OSError):
                    stream.close()
        self._process = None

    def _known_shortcuts(self) -> Shortcuts | None:
        if self._shortcuts is None and self._cache:
            text = self._cache.get_text("checks", self._shortcuts_key())
            self._shortcuts = load(Shortcuts, text) if text else None
        return self._shortcuts

    def _learn_shortcuts(self, reply: str) -> None:
        self._shortcuts = load(Shortcuts, reply)
        if self._cache:
            self._cache.put_text("checks", self._shortcuts_key(), reply)

    def _shortcuts_key(self) -> str:
        return Cache.key("shortcuts", SHORTCUTS_VERSION, self._model.identity, *self.identity())

    def _ask(
        self,
        op: Op,
        args: Mapping[str, Any],
        timeout_s: float,
        on_step: Callable[[LossPoint], None] | None = None,
    ) -> str:
        self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"op": op, "args": args}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._death() from error
        # What is still under way must not become the answer to the next request, so an unanswered worker is ended.
        answered = False
        try:
            result = self._wait(timeout_s, on_step=on_step)
            answered = True
        except WorkerFault:
            answered = True
            raise
        finally:
            if not answered:
                self.close()
        return result

    def _wait(self, timeout_s: float, *, on_step: Callable[[LossPoint], None] | None) -> str:
        """Return the result's JSON, passing events on."""
        until, self._killed_before = time.monotonic() + timeout_s, self._kills()
        while True:
            line = self._line(until, timeout_s)
            reply = json.loads(line)
            if "event" in reply and on_step:
                on_step(load(LossPoint, json.dumps(reply["event"])))
            elif "result" in reply:
                return json.dumps(reply["result"])
            elif "fault" in reply:
                raise WorkerFault(**reply["fault"])

    def _line(self, until: float, timeout_s: float) -> str:
        while time.monotonic() < until:
            self._tick()
            try:
                line = self._lines.get(timeout=TICK_S)
            except queue.Empty:
                continue
            if line is None:
                raise self._death()
            return line
        self.close()
        raise WorkerTimeout(f"The worker gave no answer in {timeout_s:.0f} s and was ended.")

    def _tick(self) -> None:
        """Let it be known that time passes, at most once a second however often the worker speaks."""
        if time.monotonic() < self._next_tick:
            return
        self._next_tick = time.monotonic() + TICK_S
        self._on_tick()
        self._share = max(self._share * 0.9, self._memory_share())

    def _memory_share(self) -> float:
        with suppress(psutil.Error):
            return float(psutil.virtual_memory().percent) / 100
        return 0.0

    def _death(self) -> WorkerDied:
        """Clear up after a death and return the error that tells of it."""
        assert self._process is not None
        code = self._process.wait()
        self.close()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        suspected = code == -9 and (self._killed_for_memory() or self._share > TIGHT)
        return WorkerDied(
            f"The worker {how}; another is started when needed.",
            log_tail=self._tail(),
            memory_suspected=suspected,
        )

    def _killed_for_memory(self) -> bool:
        """Return whether the container's limit on memory made the system kill since the request began."""
        before, now = self._killed_before, self._kills()
        return before is not None and now is not None and now > before

    def _tail(self) -> str:
        with suppress(OSError):
            return self._log.read_text(encoding="utf8", errors="replace")[-2000:]
        return ""


def _args(rows: Path, config: TrainConfig, start: Weights | None = None) -> dict[str, Any]:
    given = config.model_dump(mode="json", exclude_unset=True)
    return {"rows": str(rows), "config": given, "start": _plain(start)}


def _plain(weights: Weights | None) -> Any:
    return json.loads(dump(weights)) if weights else None


def _on(weights: Weights | None) -> dict[str, Any]:
    return {"weights": _plain(weights)}


def _prompts(prompts: Prompts) -> dict[str, Any]:
    return {"prompts": [list(prompt) for prompt in prompts]}


def _pump(stream: IO[str], lines: "queue.Queue[str | None]") -> None:
    with suppress(ValueError):  # closed under us by close()
        for line in stream:
            lines.put(line)
    lines.put(None)


def tried(model: LocalModel, cache: Cache) -> Shortcuts:
    """Return what ``model`` stands, tried out in a worker of its own unless ``cache`` knows it.

    Raises:
        WorkerError: it cannot be loaded, or not be used.
    """
    with tempfile.TemporaryDirectory(prefix="ftdojo-try-") as scratch:
        worker = Worker(model, log=Path(scratch) / "worker.log", cache=cache)
        try:
            return worker.shortcuts()
        finally:
            worker.close()
