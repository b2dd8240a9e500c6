"""The climb itself. Every rung's work is kept by content, so what was checked is not paid for again in training."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ftdojo.checks import build, trial
from ftdojo.checks.audit import audit
from ftdojo.checks.ground import Fell, Ground
from ftdojo.records import CheckReport, Failure, Stage, Submission
from ftdojo.submissions import Plan, TrainConfig, read_plan, read_script, read_train

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Checked:
    """How far a climb came: all the way if there is no ``failure``; then every part is there."""

    report: CheckReport
    failure: Failure | None = None
    plan: Plan | None = None
    config: TrainConfig | None = None
    rows: Path | None = None


def climb(
    submission: Submission,
    ground: Ground,
    *,
    left_s: float,
    on_rung: Callable[[Stage], None] = lambda stage: None,
) -> Checked:
    """Climb the ladder; ``left_s`` is the wall time that training may still take.

    Raises:
        WorkerError: the worker is gone, through no fault of the submission.
        SandboxError: the sandbox itself failed.
    """
    climber = _Climber(submission, ground, left_s, on_rung)
    began = time.monotonic()
    try:
        climber.climb()
    except Fell as fell:
        return climber.checked(time.monotonic() - began, fell.failure)
    return climber.checked(time.monotonic() - began, None)


class _Climber:
    """One climb, remembering what it passed."""

    def __init__(
        self,
        submission: Submission,
        ground: Ground,
        left_s: float,
        on_rung: Callable[[Stage], None],
    ) -> None:
        self._submission, self._ground, self._left_s = submission, ground, left_s
        self._on_rung = on_rung
        self._rungs: list[str] = []
        self._plan: Plan | None = None
        self._config: TrainConfig | None = None
        self._rows: Path | None = None
        self._report = CheckReport(rungs=())

    def climb(self) -> None:
        script, ground = self._submission.data, self._ground
        self._reach(Stage.STATIC)
        self._plan = _or_fall(read_plan(self._submission.plan))
        config = self._config = _or_fall(read_train(self._submission.train))
        if fault := read_script(script):
            raise Fell(fault)
        self._reach(Stage.DRY_RUN)
        build.dry_run(script, ground)
        self._reach(Stage.DATA)
        began = time.monotonic()
        self._rows, log = build.build(script, ground, wall_s=self._left_s)
        seconds = time.monotonic() - began
        data = audit(self._rows, config, ground, log_tail=log, seconds=seconds)
        self._report = CheckReport(rungs=(), data=data)
        self._reach(Stage.FIT)
        fit = trial.fit(self._rows, data, config, ground, left_s=self._left_s)
        self._report = CheckReport(rungs=(), data=data, fit=fit)
        self._reach(Stage.PROBE)
        probe = trial.probe(self._rows, config, ground, steps=fit.steps)
        self._report = CheckReport(rungs=(), data=data, fit=fit, probe=probe)
        self._rungs.append(Stage.PROBE)

    def checked(self, seconds: float, failure: Failure | None) -> Checked:
        passed = self._rungs if failure is None else self._rungs[:-1]
        report = CheckReport(
            rungs=tuple(dict.fromkeys(passed)),
            data=self._report.data,
            fit=self._report.fit,
            probe=self._report.probe,
            seconds=seconds,
        )
        return Checked(
            report=report,
            failure=failure,
            plan=self._plan,
            config=self._config,
            rows=self._rows,
        )

    def _reach(self, stage: Stage) -> None:
        self._rungs.append(stage)
        self._on_rung(stage)


def _or_fall(read: T | Failure) -> T:
    if isinstance(read, Failure):
        raise Fell(read)
    return read
