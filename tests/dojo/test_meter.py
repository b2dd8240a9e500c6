"""The meter: how much time is reserved for the end, and what gives way when there is less."""

from dataclasses import replace

import pytest

from ftdojo.checks import Forecast
from ftdojo.checks.context import DataFolders
from ftdojo.dojo.meter import EXPORT_S, LEAST_CONFIRM, MARGIN, TEST_MARGIN, Meter
from ftdojo.dojo.run import Run
from ftdojo.records import Budget
from ftdojo.store import Ledger

ITEMS = {"validation": 100, "confirm": 100, "test": 200}
BASE_S, OWN_S = 0.25, 0.5
CALM, BUSY = 1.0, 2.0
"""Calibrations of a machine that is left alone, and of one that somebody else works on."""


class Clock:
    """A ledger that knows nothing but the time."""

    def __init__(self):
        self.now = 0.0

    def wall_s(self):
        return self.now


@pytest.fixture
def meter():
    """A meter over 600 seconds, in which base and e1 were measured on a calm machine and e1 is the best."""
    made = Meter(Budget(wall_s=600.0), Clock(), Forecast())
    made.forecast.plan(ITEMS, base_due=["confirm", "test"], base_is_slowest=False)
    for name, item_s in [("base", BASE_S), ("e1", OWN_S)]:
        made.forecast.calibrated(CALM)
        made.forecast.known(name, CALM)
        made.forecast.measured(name, item_s, best=name)
    return made


def test_the_end_is_reserved_as_it_was_measured_with_a_margin(meter):
    assert meter.reserve_s() == pytest.approx(MARGIN * 300 * (BASE_S + OWN_S) + EXPORT_S)


def test_a_machine_that_became_busy_makes_the_reserve_larger_and_the_rest_smaller(meter):
    calm = meter.reserve_s(), meter.train_left_s()
    meter.forecast.calibrated(BUSY)
    assert meter.reserve_s() - EXPORT_S == pytest.approx(2 * (calm[0] - EXPORT_S))
    assert meter.train_left_s() == pytest.approx(600 - meter.reserve_s() - 2 * 100 * OWN_S)


def test_in_the_end_a_calm_machine_confirms_on_every_item(meter):
    meter.ledger.now = 600 - meter.reserve_s()
    assert meter.confirm_items(own=True) >= ITEMS["confirm"]


def end_s(meter, slower, *, test_slower=None):
    """Play the end on a machine ``slower`` by a factor than it was, and return the seconds over the budget."""
    meter.ledger.now = 600 - meter.reserve_s()
    meter.forecast.calibrated(slower * CALM)
    ours = min(ITEMS["confirm"], meter.confirm_items(own=True))
    meter.ledger.now += slower * ours * OWN_S
    theirs = min(ours, meter.confirm_items(own=False))
    meter.ledger.now += slower * theirs * BASE_S
    meter.ledger.now += (test_slower or slower) * ITEMS["test"] * (BASE_S + OWN_S) + EXPORT_S
    return meter.ledger.now - meter.budget.wall_s


@pytest.mark.parametrize("slower", [1.0, 1.25, 1.4, 1.6])
def test_confirmation_gives_way_until_the_machine_is_slower_by_six_tenths(meter, slower):
    assert end_s(meter, slower) <= 0.01


def test_beyond_that_the_end_takes_longer_by_what_the_test_does(meter):
    least = (LEAST_CONFIRM + ITEMS["test"]) * (BASE_S + OWN_S)
    assert end_s(meter, 2.5) == pytest.approx(2.5 * least - MARGIN * 300 * (BASE_S + OWN_S))


def test_a_test_that_slows_down_alone_is_not_made_up_for_beyond_its_margin(meter):
    over = end_s(meter, 1.6, test_slower=1.6 * TEST_MARGIN)
    assert 0 < over < 0.1 * 1.6 * ITEMS["test"] * (BASE_S + OWN_S)


def test_however_late_it_is_some_items_are_confirmed_on(meter):
    meter.ledger.now = 9999.0
    assert meter.confirm_items(own=True) == LEAST_CONFIRM


def test_before_anything_was_measured_nothing_is_reserved_but_the_export():
    empty = Meter(budget=Budget(wall_s=600.0), ledger=Clock(), forecast=Forecast())
    assert empty.reserve_s() == EXPORT_S
    assert empty.confirm_items(own=True) > 10**6


def test_what_is_left_of_each_cap_on_language_models_is_told_and_ends_no_run(tmp_path):
    caps = {"max_llm_calls": 3, "max_llm_tokens": 50, "max_llm_usd": 1.0}
    meter = Meter(budget=Budget(wall_s=600.0, **caps), ledger=Ledger(tmp_path), forecast=Forecast())
    meter.ledger.pay(
        "plan/1", seconds=1, calls=3, input_tokens=40, output_tokens=20, nano_usd=10**8
    )
    left = {"llm_calls_left": 0, "llm_tokens_left": 0, "llm_usd_left": 0.9}
    assert (meter.llm_left(), meter.reached()) == (left, None)
    meter.ledger.pay("plan/2", seconds=1, calls=1, unpriced=1)
    assert meter.llm_left()["llm_usd_left"] is None
    assert replace(meter, budget=Budget(wall_s=600.0)).llm_left() == {}


@pytest.mark.parametrize("part", [Run, Meter, DataFolders])
def test_what_a_run_is_made_of_is_settled_so_that_its_forecast_alone_learns(part):
    assert part.__dataclass_params__.frozen
