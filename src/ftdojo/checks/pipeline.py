"""The stages in order. Every stage's work is kept by content, so what was checked is not paid for again in training."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ftdojo.checks import build
from ftdojo.checks.audit import audit
from ftdojo.checks.context import CheckContext, CheckFailed, fail
from ftdojo.checks.fit import fit as fit_stage
from ftdojo.checks.fit import probe as probe_stage
from ftdojo.checks.start import started
from ftdojo.records import (
    CheckReport,
    DataReport,
    Failure,
    FailureKind,
    FitReport,
    ProbeReport,
    Stage,
    Submission,
    Weights,
)
from ftdojo.submissions import Plan, TrainConfig, about_ignored, read_plan, read_script, read_train
from ftdojo.submissions.strict_yaml import write_mapping
from ftdojo.training.objectives import objectives

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A submission that passed every stage, as training needs it; ``rows`` is the file of its training rows.

    ``start`` are the weights that training goes on from, None for the base. ``data`` and ``fit`` are those of ``report``.
    """

    report: CheckReport
    plan: Plan
    config: TrainConfig
    rows: Path
    data: DataReport
    fit: FitReport
    start: Weights | None = None


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A submission that failed at a stage; ``report`` has what came before, ``plan`` is there if it could be read."""

    report: CheckReport
    failure: Failure
    plan: Plan | None = None


Checked = Passed | Failed


def run_checks(
    submission: Submission,
    context: CheckContext,
    *,
    left_s: float,
    on_stage: Callable[[Stage], None] = lambda stage: None,
    steps: int | None = None,
) -> Checked:
    """Check ``submission`` stage by stage; ``left_s`` is the wall time that training may still take, in seconds.

    ``steps`` are those to which its training was cut or stretched before it was interrupted; it keeps them.

    Raises:
        WorkerError: the worker is gone, through no fault of the submission.
        SandboxError: the sandbox itself failed.
        ScorerError: the task's own scorer failed.
    """
    check = _Check(submission, context, left_s, on_stage, steps)
    try:
        return check.run()
    except CheckFailed as failed:
        return Failed(report=check.report(), failure=failed.failure, plan=check.plan)


class _Check:
    """One check on its way, with what the finished stages found."""

    def __init__(
        self,
        submission: Submission,
        context: CheckContext,
        left_s: float,
        on_stage: Callable[[Stage], None],
        steps: int | None,
    ) -> None:
        self._submission, self._context, self._left_s = submission, context, left_s
        self._on_stage, self._began, self._steps = on_stage, time.monotonic(), steps
        self._stages: list[Stage] = []
        self.plan: Plan | None = None
        self._data: DataReport | None = None
        self._fit: FitReport | None = None
        self._start: Weights | None = None
        self._probe: ProbeReport | None = None

    def run(self) -> Passed:
        """Go through the stages.

        Raises:
            CheckFailed: one of them failed.
        """
        script, context = self._submission.data, self._context
        with self._stage(Stage.STATIC):
            plan = self.plan = _or_fail(read_plan(self._submission.plan))
            config = self._resolved(_or_fail(read_train(self._submission.train)))
            config, self._start = started(config, context)
            if fault := read_script(script):
                raise CheckFailed(fault)
        with self._stage(Stage.DRY_RUN):
            build.dry_run(script, context)
        with self._stage(Stage.DATA):
            rows, data = self._build(config)
        with self._stage(Stage.FIT):
            config, fit = self._fitted(rows, data, config)
        with self._stage(Stage.PROBE):
            self._probe = probe_stage(
                rows, data, config, context, steps=fit.steps, start=self._start
            )
        return Passed(
            report=self.report(),
            plan=plan,
            config=config,
            rows=rows,
            data=data,
            fit=fit,
            start=self._start,
        )

    def report(self) -> CheckReport:
        """Return what is known so far."""
        return CheckReport(
            stages=tuple(self._stages),
            data=self._data,
            fit=self._fit,
            probe=self._probe,
            seconds=time.monotonic() - self._began,
        )

    def _resolved(self, config: TrainConfig) -> TrainConfig:
        """Fill in the run's objective; a submission may name what is registered, and nothing to be imported."""
        if not config.objective:
            given = config.model_dump(mode="json", exclude_unset=True)
            given["objective"] = self._context.objective
            return _or_fail(read_train(write_mapping(given)))  # other defaults and rules may hold
        if config.objective not in (self._context.objective, *objectives):
            message = (
                f"objective: {config.objective} is not known; write one of {', '.join(objectives)}."
            )
            fail(Stage.STATIC, FailureKind.SCHEMA, message, file="train.yaml")
        return config

    def _fitted(
        self, rows: Path, data: DataReport, config: TrainConfig
    ) -> tuple[TrainConfig, FitReport]:
        """Measure a step; one that needs too much memory is measured once more with activations recomputed.

        That costs time and changes no weight, so it is done only where needed, and not where the submission has chosen.
        """
        try:
            self._fit = self._measured(rows, data, config)
        except CheckFailed as failed:
            given = "gradient_checkpointing" in config.model_fields_set
            if given or failed.failure.kind != FailureKind.OUT_OF_MEMORY:
                raise
            config = config.model_copy(update={"gradient_checkpointing": True})
            try:
                found = self._measured(rows, data, config)
            except CheckFailed:
                raise failed from None
            self._fit = replace(found, gradient_checkpointing=True)
        if self._fit.asked_steps is not None:
            config = config.model_copy(update={"max_steps": self._fit.steps})
        return config, self._fit

    def _measured(self, rows: Path, data: DataReport, config: TrainConfig) -> FitReport:
        context, start = self._context, self._start
        if not self._steps:
            left_s = self._left_s - (time.monotonic() - self._began)
            return fit_stage(rows, data, config, context, left_s=left_s, start=start)
        fixed = config.model_copy(update={"max_steps": self._steps, "fit": "refuse"})
        found = fit_stage(rows, data, fixed, context, left_s=math.inf, start=start)
        note = f"The training takes {self._steps} steps, as was decided before it was interrupted."
        return replace(found, asked_steps=self._steps, note=note)

    def _build(self, config: TrainConfig) -> tuple[Path, DataReport]:
        began = time.monotonic()
        rows, log = build.build(self._submission.data, self._context, wall_s=self._left_s)
        seconds = time.monotonic() - began
        data = audit(rows, config, self._context, log_tail=log, seconds=seconds)
        passed_over = about_ignored(self._submission.train)
        self._data = replace(data, notes=(*data.notes, *passed_over))
        return rows, self._data

    @contextmanager
    def _stage(self, stage: Stage) -> Iterator[None]:
        self._on_stage(stage)
        yield
        self._stages.append(stage)


def _or_fail(read: T | Failure) -> T:
    if isinstance(read, Failure):
        raise CheckFailed(read)
    return read
