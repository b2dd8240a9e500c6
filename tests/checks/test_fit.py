"""The fit stage compares a step's memory with the memory that it takes: the GPU's, or else the machine's."""

from types import SimpleNamespace

import pytest

from ftdojo.checks import Failed, Forecast, Passed
from ftdojo.records import FitReport

GIB = 2**30


@pytest.fixture
def measured(checked_with, context):
    """Return a function that checks a submission whose step takes ``peak`` bytes, on a machine of 16 GiB."""

    def check(peak, *, device_bytes, recomputed=None, **files):
        def fit(rows, config, *, timeout_s, start):
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
