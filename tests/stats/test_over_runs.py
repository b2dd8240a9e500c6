"""Few runs are averaged with an interval that keeps its coverage, and compared over the items they share."""

import random
from math import inf
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from ftdojo.records import Aggregate, Direction
from ftdojo.stats import Scores, compare, over_items, over_runs, turned

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
BITS = st.lists(st.integers(0, 1), min_size=12, max_size=12)


def named(scores):
    return {f"i{at:03}": float(score) for at, score in enumerate(scores)}


@given(st.lists(st.integers(0, 1000).map(lambda n: n / 1000), min_size=2, max_size=9))
def test_the_interval_over_runs_is_students(values):
    found = over_runs(values)
    if min(values) == max(values):
        assert found.low == found.score == found.high
        return
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(expected))
    assert (found.score, found.n) == (pytest.approx(fmean(values)), len(values))


def test_three_runs_hold_their_mean_in_ninety_five_of_a_hundred_cases():
    rng = random.Random(1)
    draws = [over_runs([rng.gauss(0.5, 0.1) for _ in range(3)]) for _ in range(4000)]
    assert fmean(each.low <= 0.5 <= each.high for each in draws) == pytest.approx(0.95, abs=0.012)


def test_one_run_says_nothing_of_how_much_runs_vary():
    assert (over_runs([0.4]).low, over_runs([0.4]).high) == (-inf, inf)
    assert (over_runs([0.4], within=(0, 1)).low, over_runs([0.4], within=(0, 1)).high) == (0, 1)


def test_an_interval_ends_where_scores_do():
    found = over_runs([0.9, 1.0, 1.0], within=(0.0, 1.0))
    assert (found.high, over_runs([0.9, 1.0, 1.0]).high > 1) == (1.0, True)


def test_no_runs_are_refused():
    with pytest.raises(ValueError, match="No runs to average; give the score of at least one"):
        over_runs([])


@given(BITS, BITS, st.sampled_from([HIGHER, LOWER]))
def test_one_pair_of_runs_is_compared_as_two_models_are(ours, theirs, direction):
    found = over_items([(named(ours), named(theirs))], direction=direction)
    plain = compare(named(ours), named(theirs), against="x", direction=direction).difference
    assert found == turned(plain, direction)


@given(st.lists(st.tuples(BITS, BITS), min_size=1, max_size=4))
def test_the_difference_over_items_is_the_mean_of_the_runs_differences(pairs):
    found = over_items([tuple(map(named, pair)) for pair in pairs], direction=HIGHER)
    expected = fmean(fmean(ours) - fmean(theirs) for ours, theirs in pairs)
    assert found.score == pytest.approx(expected)
    assert found.n == 12
    assert found.low <= found.score + 1e-9


def test_items_count_once_however_many_runs_there_are():
    """Ten copies of one run know no more of other questions than one run does."""
    rng = random.Random(2)
    pair = tuple(named(rng.random() for _ in range(80)) for _ in range(2))
    one, ten = (over_items([pair] * n, direction=HIGHER) for n in (1, 10))
    assert (ten.low, ten.high) == pytest.approx((one.low, one.high))


def test_runs_that_were_not_scored_on_the_same_items_are_not_compared_by_item():
    ours, theirs = named([1, 0, 1]), named([1, 0])
    assert over_items([(ours, theirs)], direction=HIGHER) is None
    assert over_items([(ours, ours), (theirs, theirs)], direction=HIGHER) is None
    assert over_items([], direction=HIGHER) is None
    assert over_items([({}, {})], direction=HIGHER) is None


def f1(right, given):
    """Count macro-F1 by the book."""
    shares = []
    for label in set(right):
        hits = sum(a == b == label for a, b in zip(right, given, strict=True))
        shares.append(2 * hits / (right.count(label) + given.count(label)))
    return fmean(shares)


def labelled(right, given, how):
    names = [f"i{at:03}" for at in range(len(right))]
    return Scores(
        by_item={name: float(a == b) for name, a, b in zip(names, right, given, strict=True)},
        how=Aggregate(kind=how, over="label"),
        groups=dict(zip(names, right, strict=True)),
        given=dict(zip(names, given, strict=True)),
    )


def test_macro_f1_is_averaged_over_the_runs_and_resampled_over_the_items():
    rng = random.Random(3)
    right = [rng.choice("abc") for _ in range(90)]
    runs = [[rng.choice([each, "a"]) for each in right] for _ in range(4)]
    pairs = [
        tuple(labelled(right, run, "macro-f1") for run in each) for each in (runs[:2], runs[2:])
    ]
    found = over_items(pairs, direction=HIGHER)
    one, two = (f1(right, a) - f1(right, b) for a, b in (runs[:2], runs[2:]))
    assert found.score == pytest.approx((one + two) / 2)
    assert found.low < found.score < found.high
    again = over_items([pairs[0]] * 2, direction=HIGHER)
    assert again == over_items([pairs[0]], direction=HIGHER)


def test_slices_of_unequal_size_keep_their_weights_over_several_runs():
    right = ["big"] * 40 + ["small"] * 4
    good_at_small = [0.0] * 40 + [1.0] * 4
    given = ["small" if each else "?" for each in good_at_small]
    ours, theirs = (labelled(right, each, "mean-of-slices") for each in (given, ["?"] * 44))
    found = over_items([(ours, theirs)] * 2, direction=HIGHER)
    assert found.score == pytest.approx(0.5)


def test_where_lower_is_better_a_difference_is_turned_with_its_interval():
    found = over_items([(named([0.1] * 30), named(np.linspace(0.2, 0.4, 30)))], direction=LOWER)
    assert 0 < found.low < found.score < found.high
