"""What fits into the time left: by the forecast of a step, a training is let through, cut, stretched or refused."""

import math
from dataclasses import replace

from ftdojo.checks.context import fail
from ftdojo.records import DataReport, FailureKind, FitReport, Stage
from ftdojo.submissions import TrainConfig
from ftdojo.worker import TokenReport

SHARE = 0.9
"""What a training that is cut or stretched may take of the time left, so that its schedule comes to its end."""
KEPT_SHARE = 0.5
"""A training that a check let through is cut, and not refused, as long as this share of its steps still fits."""
MOST_STEPS = 1_000_000


def expected(
    found: FitReport, data: DataReport | TokenReport, config: TrainConfig, *, pace: float
) -> FitReport:
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
        steps=max(1, math.ceil(tokens / per_row / config.batch_rows)),
        train_forecast_s=tokens / (found.tokens_per_s * pace),
    )


def placed(
    found: FitReport, data: DataReport, config: TrainConfig, *, left_s: float, accepted: bool
) -> FitReport:
    """Return ``found`` with the steps that are trained in ``left_s`` seconds, and a note where they are not those asked for.

    ``fit: cut`` and ``fit: fill`` ask for that; what was ``accepted`` by an earlier check is cut as well, if not by much.
    Ends the check where too little fits.
    """
    if found.train_forecast_s <= left_s and config.fit != "fill":
        return found
    steps = min(int(max(0.0, left_s) * SHARE / step_s(found)), MOST_STEPS)
    if (config.fit != "refuse" and steps) or (accepted and steps >= KEPT_SHARE * found.steps):
        return replace(
            found,
            steps=steps,
            train_forecast_s=steps * step_s(found),
            asked_steps=found.steps,
            note=_note(found, steps, data, config, left_s),
        )
    said = _too_slow(found, data, config, left_s)
    return fail(Stage.FIT, FailureKind.TOO_SLOW, said, file="train.yaml")


def step_s(found: FitReport) -> float:
    """Return the seconds that an optimizer step is expected to take."""
    return found.train_forecast_s / found.steps


def _note(
    found: FitReport, steps: int, data: DataReport, config: TrainConfig, left_s: float
) -> str:
    verb = "cut" if steps < found.steps else "stretched"
    passes = steps * config.batch_rows / data.rows
    rows = "" if config.packing else f", {passes:.2g} passes over {data.rows} rows"
    return f"The training was {verb} from {found.steps} to {steps} steps{rows}: what fits into the {left_s:.0f} s left for it."


def _too_slow(found: FitReport, data: DataReport, config: TrainConfig, left_s: float) -> str:
    left_s = max(0.0, left_s)
    rows = int(data.rows * left_s / found.train_forecast_s)
    steps = int(left_s / step_s(found))
    told = (
        f"Training would take about {found.train_forecast_s:.0f} s at the measured {found.tokens_per_s:.0f} tokens/s, "
        f"and {left_s:.0f} s are left for it: "
    )
    if not steps:
        return told + "not one step fits. Finish with what there is."
    cut = "; fit: cut in train.yaml trains those that fit."
    if config.max_steps > 0 or not rows:
        return told + f"at most about {steps} of {found.steps} steps fit{cut}"
    return told + (
        f"at most about {rows} of {data.rows} rows (or {steps} of {found.steps} steps) fit{cut}"
    )
