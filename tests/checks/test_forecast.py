"""What passes over held-out items, checks and trainings are expected to take."""

import pytest

from ftdojo.checks.forecast import MOST_PACE, RECENT, Forecast

ITEMS = {"validation": 10, "confirm": 10, "test": 20}


@pytest.fixture
def forecast():
    made = Forecast()
    made.plan(ITEMS, base_due=["test"], base_is_slowest=False)
    return made


def test_the_best_so_far_is_what_the_end_will_score(forecast):
    for name, item_s, best in [("base", 0.2, "base"), ("e1", 0.3, "e1"), ("e2", 0.1, "e1")]:
        forecast.measured(name, item_s, best=best)
    assert forecast.validation_s() == pytest.approx(10 * 0.3)
    forecast.measured("e3", 0.25, best="e3")
    assert forecast.validation_s() == pytest.approx(10 * 0.25)


def test_while_nothing_is_better_than_the_base_the_slowest_counts(forecast):
    for name, item_s in [("base", 0.2), ("e1", 0.5), ("e2", 0.1)]:
        forecast.measured(name, item_s, best="base")
    assert forecast.validation_s() == pytest.approx(10 * 0.5)


def test_a_base_that_is_scored_on_a_split_costs_nothing_there(forecast):
    forecast.measured("base", 0.2, best="base")
    forecast.measured("e1", 0.3, best="e1")
    assert forecast.confirm_s() == pytest.approx(10 * 0.3)
    assert forecast.test_s() == pytest.approx(20 * (0.2 + 0.3))


def test_no_item_takes_longer_than_the_base_where_all_its_outputs_are_cut(forecast):
    """e1 was measured in small batches, while the machine was twice as slow: neither says anything of its outputs."""
    forecast.plan(ITEMS, base_due=[], base_is_slowest=True)
    for name, item_s, calibration_s in [("base", 0.2, 1.0), ("e1", 0.5, 2.0)]:
        forecast.calibrated(calibration_s)
        forecast.known(name, calibration_s)
        forecast.measured(name, item_s, best=name)
    assert forecast.test_s() == pytest.approx(20 * 0.4)
    for _ in range(RECENT):
        forecast.calibrated(1.0)
    assert forecast.test_s() == pytest.approx(20 * 0.2)


def test_the_slowest_of_the_last_calibrations_counts_and_older_ones_are_forgotten(forecast):
    forecast.known("base", 1.0)
    forecast.measured("base", 0.2, best="base")
    found = []
    for calibration_s in (3.0, *[1.5] * RECENT):
        forecast.calibrated(calibration_s)
        found.append(round(forecast.validation_s(), 6))
    assert found == [6.0] * RECENT + [3.0]


def test_a_cached_pass_of_a_calmer_time_is_scaled_to_now(forecast):
    forecast.known("base", 0.5)
    forecast.measured("base", 0.2, best="base")
    assert forecast.validation_s() == pytest.approx(2.0)
    forecast.calibrated(1.0)
    assert forecast.validation_s() == pytest.approx(4.0)


def test_a_pass_without_a_calibration_counts_as_it_was(forecast):
    forecast.measured("base", 0.2, best="base")
    forecast.calibrated(9.0)
    assert forecast.validation_s() == pytest.approx(2.0)


def test_before_the_first_pass_nothing_is_known(forecast):
    assert (forecast.validation_s(), forecast.test_s()) == (None, 0.0)


def test_a_training_tells_how_fast_the_next_goes_and_how_much_of_what_one_step_promised(forecast):
    assert (forecast.train_tokens_per_s, forecast.pace) == (None, 1.0)
    forecast.trained(800.0, promised=1000.0)
    assert (forecast.train_tokens_per_s, forecast.pace) == (800.0, pytest.approx(0.8))
    forecast.trained(400.0, promised=800.0)
    assert forecast.pace == pytest.approx(0.4)


def test_weights_that_were_there_already_tell_the_speed_and_nothing_of_the_pace(forecast):
    forecast.trained(800.0)
    assert (forecast.train_tokens_per_s, forecast.pace) == (800.0, 1.0)


def test_a_step_that_was_measured_at_a_bad_moment_does_not_make_the_next_forecast_absurd(forecast):
    forecast.trained(900.0, promised=100.0)
    assert forecast.pace == MOST_PACE
    forecast.trained(1.0, promised=900.0)
    assert forecast.pace == 1 / MOST_PACE
