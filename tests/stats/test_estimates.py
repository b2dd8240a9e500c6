"""Intervals are right by the book, hold their coverage, and are sane at the edges."""

import math
import random
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.stats import estimate, quantiles

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_right_wrong_scores_get_wilsons_interval():
    found = estimate([1.0] * 15 + [0.0] * 135)
    assert (found.low, found.high) == pytest.approx((0.0615, 0.1584), abs=5e-4)  # 15 of 150


@pytest.mark.parametrize(("scores", "low", "high"), [([0] * 20, 0.0, 0.161), ([1] * 20, 0.839, 1)])
def test_all_wrong_or_all_right_is_not_taken_for_certainty(scores, low, high):
    found = estimate(scores)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("n", range(1, 60))
def test_all_wrong_starts_at_zero_and_all_right_ends_at_one(n):
    assert (estimate([0] * n).low, estimate([1] * n).high) == (0.0, 1.0)


def test_no_scores_are_refused():
    with pytest.raises(
        ValueError, match="No scores to estimate a mean from; score at least one item"
    ):
        estimate([])


@pytest.mark.parametrize(
    ("score", "low", "high"), [(1, 0.21, 1.0), (0.5, 0.03, 0.97), (-7, -inf, inf)]
)
def test_one_score_says_little(score, low, high):
    found = estimate([score])
    assert found.n == 1
    assert found.low <= low
    assert found.high >= high


@given(SHARES)
def test_the_interval_holds_the_mean_and_stays_in_range(scores):
    found = estimate(scores)
    assert 0 <= found.low <= found.score + 1e-9
    assert found.score - 1e-9 <= found.high <= 1 + 1e-9


def test_equal_shares_leave_room_for_items_not_seen():
    found = estimate([0.5] * 100)
    assert (found.low, found.high) == pytest.approx((0.485, 0.515), abs=1e-3)


def test_equal_scores_of_an_open_metric_are_a_point():
    assert (estimate([7.0] * 3).low, estimate([7.0] * 3).high) == (7.0, 7.0)


def test_the_interval_leans_with_the_skew_of_the_scores():
    found = estimate([0.01 * i for i in range(1, 40)] + [5.0])
    assert found.high - found.score > 1.5 * (found.score - found.low)


def test_errors_that_are_never_negative_have_no_negative_mean():
    found = estimate([0.0] * 9 + [30.0])
    assert (found.low, found.score) == (0.0, 3.0)
    assert estimate([-1.0, 0.0, 2.0]).low < -1


@pytest.mark.parametrize("power", [1, 6])
def test_the_interval_agrees_with_a_studentised_bootstrap(power):
    rng = np.random.default_rng(4)
    scores = 9 * rng.random(40) ** power
    drawn = scores[rng.integers(40, size=(9999, 40))]
    points = (drawn.mean(axis=1) - scores.mean()) / drawn.std(axis=1)
    low, high = scores.mean() - scores.std() * np.quantile(points, [0.975, 0.025])
    found = estimate(scores.tolist())
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.1 * (high - low))


@pytest.mark.parametrize("n", [12, 60])
def test_the_interval_covers_the_truth_of_skewed_errors(n):
    rng = random.Random(n)
    found = [estimate([rng.expovariate(1) for _ in range(n)]) for _ in range(600)]
    assert 0.93 <= sum(each.low <= 1 <= each.high for each in found) / len(found) <= 0.98


@pytest.mark.parametrize(
    ("n", "errors", "truth"),
    [
        (15, lambda rng: rng.lognormvariate(0, 1), math.exp(0.5)),
        (30, lambda rng: rng.lognormvariate(0, 1) - rng.lognormvariate(0, 1), 0.0),
    ],
    ids=["errors", "differences"],
)
def test_the_interval_covers_the_truth_of_errors_as_skewed_as_a_lognormal(n, errors, truth):
    rng = random.Random(n)
    found = [estimate([errors(rng) for _ in range(n)]) for _ in range(4000)]
    assert 0.925 <= sum(each.low <= truth <= each.high for each in found) / len(found) <= 0.97


@pytest.mark.parametrize("share", [0.03, 0.4])
def test_wilson_covers_the_truth(share):
    rng = random.Random(3)
    found = [estimate([float(rng.random() < share) for _ in range(80)]) for _ in range(1000)]
    assert 0.93 <= sum(each.low <= share <= each.high for each in found) / 1000 <= 0.985


@given(st.lists(st.integers(-50, 50), min_size=1))
def test_quantiles_are_in_order(values):
    found = quantiles(values)
    assert min(values) == found.low <= found.p50 <= found.p95 <= found.high == max(values)
    assert found.low <= found.mean <= found.high


def test_quantiles_equal_numpys():
    np = pytest.importorskip("numpy")
    rng = random.Random(2)
    values = [rng.gauss(0, 9) for _ in range(37)]
    found = quantiles(values)
    assert [found.p50, found.p95] == pytest.approx(np.quantile(values, [0.5, 0.95]).tolist())


def test_quantiles_of_nothing_are_refused():
    with pytest.raises(ValueError, match="No values to take quantiles of; pass at least one"):
        quantiles([])
