"""A paired verdict is exact, honours the direction, pays for every look, and rarely cries wolf."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ftdojo.records import Direction, Verdict
from ftdojo.stats import compare
from ftdojo.stats.paired import bonett_price, sign_flip

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


def named(scores):
    return {f"i{at:04}": float(score) for at, score in enumerate(scores)}


def against_base(candidate, rival, direction=HIGHER, look=1):
    return compare(named(candidate), named(rival), against="base", direction=direction, look=look)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60))
def test_right_wrong_scores_get_the_exact_mcnemar_test(pairs):
    found = against_base(*zip(*pairs, strict=True))
    changed = found.fixed + found.broken
    expected = binomtest(found.fixed, changed).pvalue if changed else 1.0
    assert found.p_value == pytest.approx(expected)


def test_a_clear_gain_is_better_and_counts_items_fixed_and_broken():
    found = against_base([1] * 40 + [0] * 60, [0] * 38 + [1] * 4 + [0] * 58)
    assert (found.verdict, found.fixed, found.broken) == (Verdict.BETTER, 38, 2)
    assert found.difference.low > 0.2


def test_where_lower_is_better_the_same_scores_are_worse():
    found = against_base([1] * 40 + [0] * 60, [0] * 100, direction=LOWER)
    assert (found.verdict, found.broken, found.difference.score) == (Verdict.WORSE, 40, 0.4)


def test_only_common_items_count():
    found = compare(
        {"a": 1, "b": 1, "x": 0}, {"a": 0, "b": 1, "y": 1}, against="e1", direction=HIGHER
    )
    assert (found.difference.n, found.fixed, found.against) == (2, 1, "e1")


def test_nothing_in_common_is_refused():
    with pytest.raises(
        ValueError, match="No item was scored for both; compare two passes over one"
    ):
        compare({"a": 1}, {"b": 1}, against="base", direction=HIGHER)


def test_an_item_that_never_changes_decides_nothing():
    found = against_base([0.5] * 50, [0.5] * 50)
    assert (found.p_value, found.verdict) == (1.0, Verdict.UNDECIDED)
    assert found.difference.low < 0 < found.difference.high
    assert 0.03 < found.detectable < 0.1


def test_a_later_look_is_held_to_a_stricter_level():
    candidate, rival = [1] * 8 + [0] * 92, [0] * 100
    assert against_base(candidate, rival).verdict is Verdict.BETTER
    later = against_base(candidate, rival, look=12)
    assert (later.verdict, later.look) == (Verdict.UNDECIDED, 12)


def test_few_sign_flips_are_counted_one_by_one():
    differences = [0.3, -0.1, 0.25, 0.0, 0.7, 0.05]
    changed = [each for each in differences if each]
    sums = [
        abs(sum(s * d for s, d in zip(signs, changed, strict=True)))
        for signs in product((1, -1), repeat=5)
    ]
    expected = sum(each >= abs(sum(changed)) - 1e-12 for each in sums) / len(sums)
    assert sign_flip(differences, 0.05) == pytest.approx(expected)


def test_drawn_sign_flips_agree_with_mcnemar_where_both_apply():
    differences = [1.0] * 22 + [-1.0] * 8
    expected = binomtest(22, 30).pvalue
    assert sign_flip(differences, 0.05) == pytest.approx(expected, rel=0.2)
    assert sign_flip(differences, 0.05) == sign_flip(differences, 0.05)


def test_real_scores_that_gain_on_most_items_are_better():
    rng = random.Random(5)
    rival = [rng.random() * 0.5 for _ in range(60)]
    found = against_base([score + rng.gauss(0.1, 0.1) for score in rival], rival)
    assert found.verdict is Verdict.BETTER
    assert found.difference.low < 0.1 < found.difference.high


def test_equal_models_are_called_different_no_more_often_than_promised():
    rng, wrong = random.Random(6), 0
    for _ in range(500):
        pairs = [(rng.random() < 0.4, rng.random() < 0.4) for _ in range(60)]
        wrong += against_base(*zip(*pairs, strict=True)).verdict is not Verdict.UNDECIDED
    assert wrong / 500 <= 0.0191 + 0.01


@pytest.mark.parametrize(
    ("n", "up", "down"), [(50, 0.1, 0.1), (100, 0.3, 0.05), (30, 0.4, 0.1), (100, 0.05, 0)]
)
def test_the_paired_interval_covers_the_true_difference(n, up, down):
    rng, hits = random.Random(7), 0
    for _ in range(800):
        drawn = [rng.random() for _ in range(n)]
        low, high = bonett_price([1 if x < up else -1 if x < up + down else 0 for x in drawn])
        hits += low <= up - down <= high
    assert 0.93 <= hits / 800 <= 0.995


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=30))
def test_any_scores_give_a_comparison_with_sane_numbers(scores):
    found = against_base(scores, [0.25] * len(scores))
    assert 0 < found.p_value <= 1
    assert found.difference.low <= found.difference.score + 1e-9
    assert found.difference.score <= found.difference.high + 1e-9
