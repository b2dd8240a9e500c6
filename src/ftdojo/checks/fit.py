"""Stages four and five: one step on the longest rows, then a few steps on a slice."""

import math
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from ftdojo.checks.context import CheckContext, fail
from ftdojo.errors import WorkerDied, WorkerTimeout
from ftdojo.records import (
    DataReport,
    FailureKind,
    FitReport,
    ProbeReport,
    Stage,
    Weights,
)
from ftdojo.submissions import TrainConfig
from ftdojo.worker import WorkerFault

FIT_S, PROBE_S = 300.0, 300.0
DEVICE_SHARE = 0.9
"""What a step may take of a GPU's memory: the rest is its driver's, and lost between blocks of unequal size."""
PROBE_STEPS = 4
WORTH_PROBING = 60
"""A training of fewer steps is its own probe."""
RISE = 1.25
"""A probe whose loss rises by more than this factor is on its way to nowhere."""
ASKED = 8
READS_WELL = 0.5
"""Format is watched only where the base writes at least this share readably."""


def fit(
    rows: Path,
    data: DataReport,
    config: TrainConfig,
    context: CheckContext,
    *,
    left_s: float,
    start: Weights | None = None,
) -> FitReport:
    """Measure memory and speed, and refuse what cannot fit the machine or the time left."""
    shape = _shape(data, config, context)
    known = context.forecast.fit(shape)
    try:
        found = known or context.worker.fit(rows, config, start=start, timeout_s=FIT_S)
    except WorkerDied as error:
        if not error.memory_suspected:
            raise
        fail(
            Stage.FIT,
            FailureKind.OUT_OF_MEMORY,
            _too_big(config),
            file="train.yaml",
            log_tail=error.log_tail,
        )
    except WorkerTimeout:
        message = f"One step on the longest rows took more than {FIT_S:.0f} s: lower max_length or the batch size."
        fail(Stage.FIT, FailureKind.TOO_SLOW, message, file="train.yaml")
    except WorkerFault as error:
        _blame(error, Stage.FIT, config)
    context.forecast.fitted(shape, found)
    found = _forecast(found, data, config, pace=context.forecast.pace)
    if found.peak_bytes > (found.device_bytes * DEVICE_SHARE or context.memory_bytes):
        fail(Stage.FIT, FailureKind.OUT_OF_MEMORY, _too_big(config), file="train.yaml")
    if found.train_forecast_s > left_s:
        fail(
            Stage.FIT,
            FailureKind.TOO_SLOW,
            _too_slow(found, data, config, left_s),
            file="train.yaml",
        )
    return found


def probe(
    rows: Path,
    config: TrainConfig,
    context: CheckContext,
    *,
    steps: int,
    start: Weights | None = None,
) -> ProbeReport | None:
    """Take a few steps and require that they lead somewhere; ``steps`` are planned in all."""
    if steps < WORTH_PROBING:
        return None
    base_readable = context.forecast.base_readable
    items = context.vault.items("validation")[:ASKED] if base_readable >= READS_WELL else ()
    try:
        found, answers = context.worker.probe(
            rows,
            config.model_copy(update={"max_steps": PROBE_STEPS}),
            prompts=[item.messages for item in items],
            decoding=replace(context.task.decoding, samples=1),
            start=start,
            timeout_s=PROBE_S,
        )
    except WorkerFault as error:
        _blame(error, Stage.PROBE, config)
    if not math.isfinite(found.loss_last) or found.loss_last > RISE * found.loss_first:
        message = (
            f"In {found.steps} steps the loss went from {found.loss_first:.3g} to {found.loss_last:.3g}: "
            f"lower learning_rate (now {config.learning_rate:g}) or lengthen the warm-up."
        )
        fail(Stage.PROBE, FailureKind.DIVERGED, message, file="train.yaml")
    graded = [
        context.task.grade(each.text, item) for each, item in zip(answers, items, strict=True)
    ]
    if graded and not any(grade.readable for grade in graded):
        message = (
            f"After {found.steps} steps none of {ASKED} validation answers could be read, where the base writes "
            f"{base_readable:.0%} readably: the rows teach another answer format than the task's."
        )
        fail(Stage.PROBE, FailureKind.FORMAT_COLLAPSE, message, file="data.py")
    readable = sum(grade.readable for grade in graded) / len(graded) if graded else None
    return ProbeReport(
        steps=found.steps, loss_first=found.loss_first, loss_last=found.loss_last, readable=readable
    )


def _shape(data: DataReport, config: TrainConfig, context: CheckContext) -> str:
    """Return what memory and speed of a step depend on; lengths are rounded up to the next 16 tokens."""
    longest = math.ceil(data.tokens.high / 16)
    facts = config.model_dump_json(
        include={
            "method",
            "r",
            "target_modules",
            "layers_to_transform",
            "use_dora",
            "per_device_train_batch_size",
            "gradient_checkpointing",
            "packing",
            "max_length",
        }
    )
    keeps_best = str(bool(config.eval_share))
    return context.cache.key(str(longest), str(round(data.tokens.mean / 16)), facts, keeps_best)


def _forecast(found: FitReport, data: DataReport, config: TrainConfig, *, pace: float) -> FitReport:
    """Return ``found`` with the forecast for these rows, which may be others than those measured."""
    per_row = data.total_tokens / data.rows
    if config.packing:  # packed rows are full
        per_row = max(per_row, min(config.max_length, data.total_tokens))
    if config.max_steps > 0:
        tokens = config.max_steps * config.batch_rows * per_row
    else:
        tokens = data.total_tokens * config.num_train_epochs
    return replace(
        found,
        tokens_per_s=found.tokens_per_s * pace,
        steps=math.ceil(tokens / per_row / config.batch_rows),
        train_forecast_s=tokens / (found.tokens_per_s * pace),
    )


def _too_big(config: TrainConfig) -> str:
    return (
        f"A step on the longest rows does not fit in memory: lower per_device_train_batch_size (now "
        f"{config.per_device_train_batch_size}; raise gradient_accumulation_steps to make up for it), lower max_length, "
        "or set gradient_checkpointing."
    )


def _too_slow(found: FitReport, data: DataReport, config: TrainConfig, left_s: float) -> str:
    left_s = max(0.0, left_s)
    rows = int(data.rows * left_s / found.train_forecast_s)
    step_s = config.batch_rows * data.total_tokens / data.rows / found.tokens_per_s
    steps = int(left_s / step_s)
    told = (
        f"Training would take about {found.train_forecast_s:.0f} s at the measured {found.tokens_per_s:.0f} tokens/s, "
        f"and {left_s:.0f} s are left for it: "
    )
    if not steps:
        return told + "not one step fits. Finish with what there is."
    if config.max_steps > 0 or not rows:
        return told + f"at most about {steps} of {found.steps} steps fit."
    return told + (
        f"at most about {rows} of {data.rows} rows (or {steps} of {found.steps} steps) fit."
    )


def _blame(error: WorkerFault, stage: Stage, config: TrainConfig) -> NoReturn:
    """End the check with what the worker said, or pass on what is no fault of the submission."""
    if error.kind == FailureKind.OUT_OF_MEMORY:
        fail(
            stage,
            FailureKind.OUT_OF_MEMORY,
            _too_big(config),
            file="train.yaml",
            log_tail=error.log_tail,
        )
    if error.kind == FailureKind.SCHEMA:
        message = f"The model refuses this configuration: {error}"
        fail(stage, FailureKind.SCHEMA, message, file="train.yaml", log_tail=error.log_tail)
    raise error
