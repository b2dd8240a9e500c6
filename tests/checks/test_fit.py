"""The fit stage compares a step's memory with the memory that it takes: the GPU's, or else the machine's."""

from types import SimpleNamespace

import pytest

from ftdojo.checks import Failed, Forecast, Passed
from ftdojo.records import FitReport

GIB = 2**30


@pytest.fixture
def measured(checked_with, context):
    """Return a function that checks a submission whose step takes ``peak`` bytes, on a machine of 16 GiB."""

    def check(peak, *, device_bytes):
        report = FitReport(
            peak_bytes=peak,
            tokens_per_s=1e4,
            steps=5,
            train_forecast_s=1.0,
            loss=1.0,
            device_bytes=device_bytes,
        )
        worker = SimpleNamespace(audit=context.worker.audit, fit=lambda *rows, timeout_s: report)
        return checked_with(on={"worker": worker, "forecast": Forecast(), "memory_bytes": 16 * GIB})

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
