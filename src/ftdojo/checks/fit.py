"""Stages four and five: one step on the longest rows, then a few steps on a slice."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from ftdojo.checks.context import CheckContext, CheckFailed, fail
from ftdojo.checks.room import expected, placed, step_s
from ftdojo.errors import UsageError, WorkerDied, WorkerTimeout
from ftdojo.records import (
    BASE,
    Completion,
    DataReport,
    FailureKind,
    FitReport,
    Item,
    ProbeReport,
    Stage,
    Weights,
)
from ftdojo.submissions import TrainConfig
from ftdojo.worker import TokenReport, WorkerFault

FIT_S, PROBE_S = 300.0, 300.0
DEVICE_SHARE = 0.9
"""What a step may take of a GPU's memory: the rest is its driver's, and lost between blocks of unequal size."""
PROBE_STEPS = 4
WORTH_PROBING = 60
"""A training of fewer steps is its own probe."""
OWN_OF_PROBE = {
    "max_steps",
    "num_train_epochs",
    "warmup_steps",
    "eval_share",
    "eval_steps",
    "early_stopping_patience",
    "early_stopping_threshold",
    "start_from",
    "fit",
}
"""Options that change nothing about a probe."""
SURE_STEPS, SURE_S = 3, 30.0
"""Before a training is refused for time, so many steps are measured, or as many as take so many seconds."""
HOPELESS = 5.0
"""A training that needs so many times what is left is too slow, however good the moment."""
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
    """Measure memory and speed, and refuse or cut what cannot fit the machine or the time left.

    One step may be measured at a bad moment, so nothing is refused or cut by it before more are measured.
    """
    shape, known = _shape(data, config, context), context.forecast
    found = known.fit(shape) or _measured(rows, config, context, start=start, steps=1)
    known.fitted(shape, found)
    if found.peak_bytes > most_bytes(found, context):
        fail(Stage.FIT, FailureKind.OUT_OF_MEMORY, _too_big(config), file="train.yaml")
    whole = expected(found, data, config, pace=known.pace)
    left_s -= _probe_s(whole, data, config, context, start)
    if _close(whole, config, left_s) and not known.sure_of(shape):
        steps = max(1, min(SURE_STEPS, int(SURE_S / step_s(whole))))
        found = _measured(rows, config, context, start=start, steps=steps)
        known.fitted(shape, found, sure=True)
        whole = expected(found, data, config, pace=known.pace)
    key = context.cache.key(data.digest, config.model_dump_json())
    made = placed(whole, data, config, left_s=left_s, accepted=known.accepted(key))
    known.accept(key)
    return made


def _close(whole: FitReport, config: TrainConfig, left_s: float) -> bool:
    """Return whether it depends on the forecast what becomes of the training."""
    late = whole.train_forecast_s > left_s
    return config.fit == "fill" or (
        late and (config.fit == "cut" or whole.train_forecast_s < HOPELESS * left_s)
    )


def _measured(
    rows: Path, config: TrainConfig, context: CheckContext, *, start: Weights | None, steps: int
) -> FitReport:
    try:
        return context.worker.fit(rows, config, start=start, steps=steps, timeout_s=FIT_S)
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


def most_bytes(found: FitReport, context: CheckContext) -> float:
    """Return the memory that a training may take where ``found`` was measured."""
    return found.device_bytes * DEVICE_SHARE or context.memory_bytes


def row_tokens(rows: Path, config: TrainConfig, context: CheckContext) -> TokenReport:
    """Return how many tokens the rows in file ``rows`` have.

    Raises:
        UsageError: the model or the configuration refuses them.
    """
    try:
        return context.worker.audit(rows, config, timeout_s=FIT_S)
    except WorkerFault as error:
        raise UsageError(f"The rows cannot be trained on: {error}") from error


def foresee(
    rows: Path, config: TrainConfig, context: CheckContext, *, count: int
) -> tuple[TokenReport, FitReport]:
    """Return what training on ``count`` rows like those in file ``rows`` takes, whatever time and memory there are.

    Raises:
        UsageError: the model or the configuration refuses the rows, or a step does not end.
    """
    config = config.model_copy(update={"start_from": BASE, "fit": "refuse"})
    tokens, known = row_tokens(rows, config, context), context.forecast
    planned = replace(tokens, rows=count, total_tokens=round(tokens.tokens.mean * count))
    shape = _shape(planned, config, context)
    try:
        found = known.fit(shape) or _measured(rows, config, context, start=None, steps=1)
    except CheckFailed as failed:
        raise UsageError(str(failed)) from failed
    known.fitted(shape, found)
    return tokens, expected(found, planned, config, pace=known.pace)


def probe(
    rows: Path,
    data: DataReport,
    config: TrainConfig,
    context: CheckContext,
    *,
    steps: int,
    start: Weights | None = None,
) -> ProbeReport | None:
    """Take a few steps and require that they lead somewhere; ``steps`` are planned in all. Equal probes are made once a run."""
    if steps < WORTH_PROBING:
        return None
    watched = context.forecast.base_readable >= READS_WELL
    items = context.vault.items("validation")[:ASKED] if watched else ()
    key = _probe_key(data, config, context, start)
    try:
        found, answers = context.forecast.probe(key) or context.worker.probe(
            rows,
            config.model_copy(update={"max_steps": PROBE_STEPS}),
            prompts=[item.messages for item in items],
            decoding=replace(context.task.decoding, samples=1),
            start=start,
            timeout_s=PROBE_S,
        )
    except WorkerFault as error:
        _blame(error, Stage.PROBE, config)
    context.forecast.probed(key, found, answers)
    _require_course(found, config)
    return replace(found, readable=_readable(answers, items, context, steps=found.steps))


def _require_course(found: ProbeReport, config: TrainConfig) -> None:
    if not math.isfinite(found.loss_last) or found.loss_last > RISE * found.loss_first:
        message = (
            f"In {found.steps} steps the loss went from {found.loss_first:.3g} to {found.loss_last:.3g}: "
            f"lower learning_rate (now {config.learning_rate:g}) or lengthen the warm-up."
        )
        fail(Stage.PROBE, FailureKind.DIVERGED, message, file="train.yaml")


def _readable(
    answers: Sequence[Completion], items: Sequence[Item], context: CheckContext, *, steps: int
) -> float | None:
    """Return the share of a probe's ``answers`` that can be read, None if nothing was asked; none at all ends the check."""
    if not answers:
        return None
    grades = [
        context.task.grade(each.text, item) for each, item in zip(answers, items, strict=True)
    ]
    if not any(grade.readable for grade in grades):
        message = (
            f"After {steps} steps none of {ASKED} validation answers could be read, where the base writes "
            f"{context.forecast.base_readable:.0%} readably: the rows teach another answer format than the task's."
        )
        fail(Stage.PROBE, FailureKind.FORMAT_COLLAPSE, message, file="data.py")
    return sum(grade.readable for grade in grades) / len(grades)


def _probe_key(
    data: DataReport, config: TrainConfig, context: CheckContext, start: Weights | None
) -> str:
    """Return what a probe depends on: rows, start, and the options that it does not set itself."""
    facts = config.model_dump_json(exclude=OWN_OF_PROBE)
    readable = str(context.forecast.base_readable >= READS_WELL)
    return context.cache.key(data.digest, facts, start.digest if start else "", readable)


def _probe_s(
    whole: FitReport,
    data: DataReport,
    config: TrainConfig,
    context: CheckContext,
    start: Weights | None,
) -> float:
    """Return the seconds that the probe's steps will take, which training does not have."""
    known = context.forecast.probe(_probe_key(data, config, context, start))
    return 0.0 if known or whole.steps < WORTH_PROBING else PROBE_STEPS * step_s(whole)


def _shape(data: DataReport | TokenReport, config: TrainConfig, context: CheckContext) -> str:
    """Return what memory and speed of a step depend on; lengths are rounded up to the next 16 tokens."""
    longest = math.ceil(data.tokens.high / 16)
    facts = config.model_dump_json(
        include={
            "method",
            "objective",
            "r",
            "target_modules",
            "layers_to_transform",
            "use_dora",
            "per_device_train_batch_size",
            "gradient_checkpointing",
            "packing",
            "max_length",
            "completion_only_loss",  # how many logits are computed, and held
            "neftune_noise_alpha",  # with which no start is shared
        }
    )
    keeps_best = str(bool(config.eval_share))
    return context.cache.key(str(longest), str(round(data.tokens.mean / 16)), facts, keeps_best)


def _too_big(config: TrainConfig) -> str:
    return (
        f"A step on the longest rows does not fit in memory: lower per_device_train_batch_size (now "
        f"{config.per_device_train_batch_size}; raise gradient_accumulation_steps to make up for it), lower max_length, "
        "or set gradient_checkpointing."
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
