"""The meter: how much time is set aside for the end."""

import pytest

from ftdojo.dojo.meter import EXPORT_S, MARGIN, Meter
from ftdojo.records import Budget
from ftdojo.store import Ledger


@pytest.fixture
def meter(tmp_path):
    made = Meter(budget=Budget(wall_s=600.0), ledger=Ledger(tmp_path))
    made.base_items, made.own_items, made.base_item_s, made.own_item_s = 100, 200, 0.25, 0.5
    return made


def test_the_end_is_set_aside_as_it_was_measured_with_a_margin(meter):
    assert meter.reserve_s() == pytest.approx(MARGIN * (100 * 0.25 + 200 * 0.5) + EXPORT_S)


def test_no_item_of_the_end_is_taken_for_longer_than_the_longest_output(meter):
    meter.longest_item_s = 0.3
    assert meter.reserve_s() == pytest.approx(MARGIN * (100 * 0.25 + 200 * 0.3) + EXPORT_S)


def test_the_end_is_expected_to_cost_what_the_best_so_far_did(meter):
    for name, item_s, best in [("base", 0.2, None), ("e1", 0.3, "e1"), ("e2", 0.1, "e1")]:
        meter.measured(name, item_s, best=best)
    assert meter.own_item_s == 0.3
    meter.measured("e3", 0.25, best="e3")
    assert meter.own_item_s == 0.25


def test_while_nothing_is_better_than_the_base_the_end_is_expected_to_be_as_slow_as_the_slowest(
    meter,
):
    for name, item_s in [("base", 0.2), ("e1", 0.5), ("e2", 0.1)]:
        meter.measured(name, item_s, best=None)
    assert meter.own_item_s == 0.5


def test_what_is_left_of_each_cap_on_language_models_is_told_and_ends_no_run(tmp_path):
    caps = {"max_llm_calls": 3, "max_llm_tokens": 50, "max_llm_usd": 1.0}
    meter = Meter(budget=Budget(wall_s=600.0, **caps), ledger=Ledger(tmp_path))
    meter.ledger.pay(
        "plan/1", seconds=1, calls=3, input_tokens=40, output_tokens=20, nano_usd=10**8
    )
    left = {"llm_calls_left": 0, "llm_tokens_left": 0, "llm_usd_left": 0.9}
    assert (meter.llm_left(), meter.reached()) == (left, None)
    meter.ledger.pay("plan/2", seconds=1, calls=1, unpriced=1)
    assert meter.llm_left()["llm_usd_left"] is None
    assert Meter(budget=Budget(wall_s=600.0), ledger=meter.ledger).llm_left() == {}
