"""Numbers carry unit and sign, and no digit that they did not earn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.records import Direction, Estimate
from ftdojo.report import numbers
from ftdojo.report.numbers import Scale

HALF = Estimate(score=0.5, n=10, low=0.25, high=0.75)


def plain(text):
    return text.replace("\u00a0", " ")


def test_a_share_is_written_as_per_cent_and_its_change_as_points():
    scale = Scale(unit="share", direction=Direction.HIGHER)
    assert plain(scale.interval(HALF)) == "25.0 to 75.0 %"
    assert plain(scale.change(-0.031)) == "\u22123.1 points"
    assert plain(scale.change_interval(HALF)) == "+25.0 to +75.0 points"


def test_another_unit_is_named():
    scale = Scale(metric="perplexity", unit="nats", direction=Direction.LOWER)
    assert plain(scale.score(2.5)) == "2.5 nats"
    assert plain(scale.change(-0.25)) == "\u22120.25 nats"
    assert scale.words == "perplexity, lower is better (nats)"


def test_a_direction_that_was_not_recorded_is_said_to_be_assumed():
    assert Scale(metric="exact_match").words == "exact_match, higher taken as better"


@pytest.mark.parametrize(
    ("value", "text"), [(float("nan"), "not a number"), (float("inf"), "∞"), (-1e999, "\u2212∞")]
)
def test_what_is_no_number_is_said(value, text):
    assert numbers.number(value) == numbers.fixed(value) == text


def test_sizes_go_up_in_powers_of_ten():
    assert [plain(numbers.size(each)) for each in (12, 649, 1.9e9, 5e15)] == [
        "12 B",
        "649 B",
        "1.9 GB",
        "5,000 TB",
    ]


def test_a_tiny_p_value_is_only_small():
    assert numbers.p_value(1e-10) == "< 0.001"
    assert numbers.p_value(0.04321) == "0.043"


@given(st.floats(allow_nan=True))
def test_every_float_can_be_written(value):
    scale = Scale(unit="share")
    for text in (
        numbers.number(value),
        scale.score(value),
        scale.change(value),
        numbers.seconds(value),
    ):
        assert text
        assert "-" not in text.replace("e-", "")
