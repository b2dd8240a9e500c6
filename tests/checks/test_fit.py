"""The fit stage compares a step's memory with the memory that it takes: the GPU's, or else the machine's."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ftdojo.checks import Failed, Forecast, Passed, run_checks
from ftdojo.records import FitReport

GIB = 2**30


@pytest.fixture
def measured(checked_with, context):
    """Return a function that checks a submission whose step takes ``peak`` bytes, on a machine of 16 GiB."""

    def check(peak, *, device_bytes, recomputed=None, **files):
        def fit(rows, config, *, timeout_s, start, steps):
            return FitReport(
                peak_bytes=recomputed if recomputed and config.gradient_checkpointing else peak,
                tokens_per_s=1e4,
                steps=5,
                train_forecast_s=1.0,
                loss=1.0,
                device_bytes=device_bytes,
            )

        worker = SimpleNamespace(audit=context.worker.audit, fit=fit)
        parts = {"worker": worker, "forecast": Forecast(), "memory_bytes": 16 * GIB}
        return checked_with(on=parts, **files)

    return check


def test_what_fits_the_gpu_passes_though_the_machine_has_less(measured):
    assert isinstance(measured(20 * GIB, device_bytes=24 * GIB), Passed)


@pytest.mark.parametrize(("peak", "device_bytes"), [(14 * GIB, 12 * GIB), (17 * GIB, 0)])
def test_what_does_not_fit_where_it_runs_is_refused(measured, peak, device_bytes):
    checked = measured(peak, device_bytes=device_bytes)
    assert isinstance(checked, Failed)
    assert checked.failure.kind == "out-of-memory"


def test_without_a_gpu_the_machines_memory_counts(measured):
    assert isinstance(measured(15 * GIB, device_bytes=0), Passed)


def test_a_step_that_fits_only_with_activations_recomputed_is_trained_so(measured):
    checked = measured(30 * GIB, device_bytes=24 * GIB, recomputed=8 * GIB)
    assert isinstance(checked, Passed)
    assert checked.config.gradient_checkpointing
    assert checked.fit.gradient_checkpointing
    assert not measured(8 * GIB, device_bytes=24 * GIB).config.gradient_checkpointing


def test_a_submission_that_turned_recomputing_off_is_taken_at_its_word(measured):
    train = "gradient_checkpointing: false\n"
    checked = measured(30 * GIB, device_bytes=24 * GIB, recomputed=8 * GIB, train=train)
    assert isinstance(checked, Failed)
    assert checked.failure.kind == "out-of-memory"


class Machine:
    """A worker that trains at given speeds (tokens a second), one after the other, the last from then on."""

    def __init__(self, worker, *speeds):
        self._worker, self._speeds = worker, list(speeds)
        self.measured, self.probes = [], 0

    def audit(self, *given, **how):
        return self._worker.audit(*given, **how)

    def probe(self, *given, **how):
        self.probes += 1
        return self._worker.probe(*given, **how)

    def fit(self, rows, config, *, timeout_s, start, steps):
        self.measured.append(steps)
        speed = self._speeds.pop(0) if len(self._speeds) > 1 else self._speeds[0]
        return FitReport(peak_bytes=1, tokens_per_s=speed, steps=1, train_forecast_s=1.0, loss=1.0)


@pytest.fixture
def on(context, submitted):
    """Return a function that makes a check which several submissions in a row go through, on a machine of given speeds."""

    def make(*speeds):
        machine, forecast = Machine(context.worker, *speeds), Forecast()
        here = replace(context, worker=machine, forecast=forecast)

        def check(train, *, left_s=1e4, **how):
            return run_checks(submitted(train=train), here, left_s=left_s, **how)

        return check, machine

    return make


HUNDRED = "max_steps: 100\nper_device_train_batch_size: 4\n"
FIFTY = HUNDRED.replace("100", "50")
"""About 6,300 tokens; few enough steps to go without a probe."""


def test_one_slow_step_is_measured_again_before_a_training_is_refused(on):
    check, machine = on(1.0, 1000.0)
    assert isinstance(check(FIFTY, left_s=2000.0), Passed)
    assert machine.measured == [1, 1], "three steps where those are not too slow"
    check, machine = on(20.0, 10.0)
    assert check(FIFTY, left_s=150.0).failure.kind == "too-slow"
    assert check(FIFTY, left_s=150.0).failure.kind == "too-slow"
    assert machine.measured == [1, 3], "and not again at once"


def test_a_training_that_is_hopeless_is_not_measured_twice(on):
    check, machine = on(1.0)
    assert check(FIFTY, left_s=1000.0).failure.message.endswith(
        "fit: cut in train.yaml trains those that fit."
    )
    assert machine.measured == [1]


def test_an_equal_probe_is_made_once_however_many_steps_there_are(on):
    check, machine = on(1000.0)
    first = check(HUNDRED)
    assert check(HUNDRED).report.probe == first.report.probe
    assert check(HUNDRED.replace("100", "90")).report.probe == first.report.probe
    assert machine.probes == 1
    check(HUNDRED + "learning_rate: 1e-3\n")
    assert machine.probes == 2


def test_what_a_check_let_through_is_cut_and_not_refused_when_time_has_passed(on):
    check, _ = on(10.0)
    whole = check(HUNDRED).report.fit
    assert (whole.steps, whole.asked_steps, whole.note) == (100, None, "")
    later = check(HUNDRED, left_s=0.7 * whole.train_forecast_s)
    assert isinstance(later, Passed)
    assert 50 <= later.config.max_steps == later.fit.steps < 70
    assert later.fit.asked_steps == 100
    assert check(HUNDRED, left_s=0.3 * whole.train_forecast_s).failure.kind == "too-slow"


def test_a_training_is_cut_to_what_fits_where_that_is_asked_for(on):
    check, _ = on(10.0)
    whole = check(HUNDRED).report.fit.train_forecast_s
    cut = check(f"{HUNDRED}fit: cut\n", left_s=whole / 2)
    assert 35 <= cut.config.max_steps == cut.fit.steps <= 45
    assert cut.fit.train_forecast_s <= whole / 2
    assert cut.fit.note.startswith(f"The training was cut from 100 to {cut.fit.steps} steps, ")
    assert " passes over 40 rows: what fits into the " in cut.fit.note
    assert check(f"{HUNDRED}fit: cut\n").fit.steps == 100, "what fits is left as it is"
    assert check(f"{HUNDRED}fit: cut\n", left_s=2.0).failure.message.endswith(
        "not one step fits. Finish with what there is."
    )


def test_a_training_fills_the_time_left_where_that_is_asked_for(on):
    check, _ = on(10.0)
    whole = check(HUNDRED).report.fit.train_forecast_s
    filled = check(f"{HUNDRED}fit: fill\n", left_s=3 * whole)
    assert 250 <= filled.config.max_steps <= 270
    assert "was stretched from 100 to" in filled.fit.note


def test_a_training_that_is_taken_up_again_keeps_its_steps_whatever_time_is_left(on):
    check, _ = on(10.0)
    again = check(f"{HUNDRED}fit: cut\n", left_s=1.0, steps=37)
    assert (again.config.max_steps, again.fit.steps) == (37, 37)
    assert "37 steps, as was decided before it was interrupted" in again.fit.note
