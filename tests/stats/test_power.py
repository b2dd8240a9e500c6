"""The levels of all looks sum to what was promised, and what is called detectable is detected four times in five."""

import random

import pytest
from scipy.stats import binom

from ftdojo.records import Direction, Verdict
from ftdojo.stats import alpha_at, compare, detectable


def test_all_looks_together_spend_five_percent():
    spent = sum(alpha_at(look) for look in range(1, 20_001))
    assert 0.0495 < spent < 0.05


def test_look_zero_is_refused():
    with pytest.raises(ValueError, match="look=0 must be at least 1; the first look is number 1"):
        alpha_at(0)


@pytest.mark.parametrize(("n", "base"), [(200, 0.5), (100, 0.05), (400, 0.3)])
def test_a_difference_called_detectable_is_detected_four_times_in_five(n, base):
    rng, true, seen = random.Random(8), detectable(n, base=base), 0
    for _ in range(300):
        rival = {str(i): float(rng.random() < base) for i in range(n)}
        candidate = {str(i): float(rng.random() < base + true) for i in range(n)}
        found = compare(candidate, rival, against="base", direction=Direction.HIGHER)
        seen += found.verdict is Verdict.BETTER
    assert 0.65 < seen / 300 < 0.9  # the exact test is a little stricter than Connor's formula


def test_more_items_show_smaller_differences():
    assert detectable(1000) < detectable(200) < detectable(50)


def test_a_rival_at_the_ceiling_is_mirrored():
    assert detectable(100, base=0.95) == detectable(100, base=0.05)


def test_too_few_items_show_nothing():
    assert detectable(2) == 1.0


@pytest.mark.parametrize(("n", "base"), [(0, 0.5), (10, 1.5)])
def test_impossible_arguments_are_named(n, base):
    with pytest.raises(
        ValueError, match=rf"n={n} must be at least 1 and base={base} must lie in \[0, 1\]"
    ):
        detectable(n, base=base)


def test_a_comparison_says_what_it_could_have_shown():
    rival = {str(i): float(i % 10 == 0) for i in range(200)}
    alike = {item: 1 - score if item in {"3", "10"} else score for item, score in rival.items()}
    unlike = {item: 1 - score if int(item) % 2 else score for item, score in rival.items()}
    near, far = (
        compare(each, rival, against="b", direction=Direction.HIGHER) for each in (alike, unlike)
    )
    assert 0.02 < near.detectable < 0.07 < far.detectable < 0.25


def test_models_that_never_differed_could_still_differ_on_what_was_not_seen():
    scores = {str(i): float(i % 3 == 0) for i in range(50)}
    found = compare(scores, scores, against="b", direction=Direction.HIGHER)
    assert (
        0.75 < binom.sf(6, 50, found.detectable) < 0.92
    )  # seven, all one way, decide at this level


def test_real_scores_are_detected_four_times_in_five_at_the_difference_named():
    rng, items = random.Random(9), [str(i) for i in range(80)]
    rival = {item: rng.random() for item in items}
    shift = compare(
        {item: score + rng.gauss(0, 0.2) for item, score in rival.items()},
        rival,
        against="b",
        direction=Direction.HIGHER,
    ).detectable
    tries = [
        {item: score + rng.gauss(shift, 0.2) for item, score in rival.items()} for _ in range(60)
    ]
    seen = sum(
        compare(each, rival, against="b", direction=Direction.HIGHER).p_value < 0.0191
        for each in tries
    )
    assert 0.6 < seen / 60 < 0.97
