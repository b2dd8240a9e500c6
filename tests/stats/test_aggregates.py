"""Means of slices and macro-F1: their values, intervals, paired tests, choices and races, against plain counting."""

import random
from itertools import product
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.records import Aggregate, Direction, Verdict
from ftdojo.stats import (
    Scores,
    compare,
    effective,
    estimate,
    resampled,
    select,
    surely_worse,
    total,
)
from ftdojo.stats.scores import F1Pair

HIGHER = Direction.HIGHER
SLICES = Aggregate(kind="mean-of-slices", over="kind")
F1 = Aggregate(kind="macro-f1", over="label")
LABELS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["a", "b", "c", "x", ""])))


def slices(pairs):
    """Return scores from (slice, score) pairs."""
    named = {f"i{at:04}": pair for at, pair in enumerate(pairs)}
    return Scores(
        by_item={item: float(score) for item, (_, score) in named.items()},
        how=SLICES,
        groups={item: group for item, (group, _) in named.items()},
    )


def labelled(pairs):
    """Return scores from (right, given) pairs."""
    named = {f"i{at:04}": pair for at, pair in enumerate(pairs)}
    return Scores(
        by_item={item: float(right == given) for item, (right, given) in named.items()},
        how=F1,
        groups={item: right for item, (right, _) in named.items()},
        given={item: given for item, (_, given) in named.items()},
    )


def counted_f1(pairs):
    """The textbook: precision and recall of each right label, their harmonic mean, averaged."""
    each = []
    for label in {right for right, _ in pairs}:
        hits = sum(right == given == label for right, given in pairs)
        precision = hits / max(1, sum(given == label for _, given in pairs))
        recall = hits / sum(right == label for right, _ in pairs)
        each.append(2 * precision * recall / (precision + recall) if hits else 0.0)
    return fmean(each)


def noisy(seed, n=120, right=0.6):
    rng = random.Random(seed)
    pairs = [("abcd"[at % 4], rng.choice("abcd")) for at in range(n)]
    return [(label, label if rng.random() < right else other) for label, other in pairs]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1)), min_size=1, max_size=40))
def test_a_mean_of_slices_counts_every_slice_alike(pairs):
    found = total(slices(pairs))
    means = [
        fmean(score for each, score in pairs if each == group) for group in {g for g, _ in pairs}
    ]
    assert found.score == pytest.approx(fmean(means))
    assert 0 <= found.low <= found.score + 1e-9
    assert found.score - 1e-9 <= found.high <= 1


@settings(max_examples=50, deadline=None)
@given(LABELS.filter(bool))
def test_macro_f1_is_the_textbooks(pairs):
    found = total(labelled(pairs))
    assert found.score == pytest.approx(counted_f1(pairs))
    assert 0 <= found.low <= found.high <= 1


def test_slices_of_one_size_are_a_plain_mean_bit_for_bit():
    rng = random.Random(0)
    one, other = ([("ab"[at % 2], rng.random()) for at in range(60)] for _ in "12")
    assert total(slices(one)) == estimate([score for _, score in one])
    plain = [dict(slices(each)) for each in (one, other)]
    assert compare(slices(one), slices(other), against="base", direction=HIGHER) == compare(
        *plain, against="base", direction=HIGHER
    )


def test_the_interval_of_slices_covers_the_truth():
    covered = 0
    for seed in range(120):
        rng = random.Random(seed)
        big = [("big", rng.random() < 0.8) for _ in range(90)]
        small = [("small", rng.random() < 0.3) for _ in range(15)]
        found = total(slices(big + small))
        covered += found.low <= 0.55 <= found.high
    assert covered >= 106  # 95 % of 120 are 114; this few have a chance below 1 in 200


def test_slices_without_spread_are_not_sure():
    found = total(slices([("a", 1)] * 40 + [("b", 1)] * 4))
    assert found.low < 0.9
    assert found.high == 1


def test_a_gain_in_a_small_slice_weighs_what_the_slice_weighs():
    base = [("big", 0)] * 90 + [("small", 0)] * 10
    better = [("big", 0)] * 90 + [("small", 1)] * 10
    found = compare(slices(better), slices(base), against="base", direction=HIGHER)
    assert (found.difference.score, found.fixed, found.verdict) == (0.5, 10, Verdict.BETTER)
    assert found.difference.low > 0.1


def test_a_loss_in_the_small_slice_outweighs_more_items_gained_in_the_big_one():
    base = [("big", 0)] * 60 + [("small", 1)] * 20
    other = [("big", 1)] * 25 + [("big", 0)] * 35 + [("small", 0)] * 20
    found = compare(slices(other), slices(base), against="base", direction=HIGHER)
    assert (found.verdict, found.fixed, found.broken) == (Verdict.WORSE, 25, 20)


def test_the_choice_weighs_slices_too():
    base = [("big", 0)] * 60 + [("small", 1)] * 20
    other = [("big", 1)] * 45 + [("big", 0)] * 15 + [("small", 0)] * 20
    plain = [dict(slices(each)) for each in (other, base)]
    assert select({"e1": plain[0]}, plain[1], direction=HIGHER).chosen == "e1"
    assert select({"e1": slices(other)}, slices(base), direction=HIGHER).chosen == "base"


def test_slices_of_two_items_are_as_unsure_as_their_spread_says():
    found = total(slices([(f"s{at // 2}", at % 2 / 2 + 0.25) for at in range(40)] + [("s0", 0.5)]))
    error = (19 * (0.125 / 2) + 0.0625 / 3) ** 0.5 / 20
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.08)


@pytest.mark.parametrize("seed", range(6))
def test_a_swap_test_counts_every_swap_of_few_answers(seed):
    rng, right = random.Random(seed), "aabbccaabc"
    one, other = ("".join(rng.choices("abcx", k=10)) for _ in "12")
    pairs = [list(zip(right, given, strict=True)) for given in (one, other)]
    found = compare(*map(labelled, pairs), against="base", direction=HIGHER)
    differ = [at for at in range(10) if one[at] != other[at]]
    observed, extreme = counted_f1(pairs[0]) - counted_f1(pairs[1]), 0
    for swaps in product((False, True), repeat=len(differ)):
        swapped = {at for at, swap in zip(differ, swaps, strict=True) if swap}
        ours = [(right[at], (other if at in swapped else one)[at]) for at in range(10)]
        theirs = [(right[at], (one if at in swapped else other)[at]) for at in range(10)]
        extreme += abs(counted_f1(ours) - counted_f1(theirs)) >= abs(observed) - 1e-9
    assert found.p_value == pytest.approx(extreme / 2 ** len(differ))
    assert found.difference.score == pytest.approx(observed)


def test_answers_without_a_difference_in_quality_are_rarely_called_better():
    looks = [
        compare(
            labelled(noisy(seed)), labelled(noisy(seed + 500)), against="base", direction=HIGHER
        )
        for seed in range(30)
    ]
    assert sum(found.verdict is not Verdict.UNDECIDED for found in looks) <= 3
    assert sum(found.difference.low <= 0 <= found.difference.high for found in looks) >= 25


def test_clearly_better_labels_are_better_and_chosen_and_turned_round_they_are_worse():
    base, tuned = labelled(noisy(1, right=0.3)), labelled(noisy(2, right=0.9))
    found = compare(tuned, base, against="base", direction=HIGHER)
    turned = compare(base, tuned, against="e1", direction=HIGHER)
    assert (found.verdict, turned.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert turned.difference.score == pytest.approx(-found.difference.score)
    assert select({"e1": tuned}, base, direction=HIGHER).chosen == "e1"


def test_a_model_that_always_says_the_common_label_gains_accuracy_but_no_f1():
    right = ["a"] * 80 + ["b"] * 20 + ["c"] * 20
    always = labelled([(label, "a") for label in right])
    fair = labelled([(label, label if at % 2 else "b") for at, label in enumerate(right)])
    found = compare(always, fair, against="base", direction=HIGHER)
    assert found.fixed > found.broken
    assert found.difference.score < 0
    assert select({"e1": always}, fair, direction=HIGHER).chosen == "base"


def test_a_label_that_no_drawn_item_has_does_not_count_against_a_model():
    names = [str(at) for at in range(40)]
    found = total(labelled([(name, name) for name in names]))
    assert (found.score, found.high) == (1.0, 1.0)
    assert found.low > 0.7
    assert F1Pair(names, names, [""] * 40).draws.min() == 1.0


def test_equal_answers_differ_by_nothing_within_what_may_differ_unseen():
    answers = labelled(noisy(3))
    found = compare(answers, answers, against="base", direction=HIGHER)
    assert (found.p_value, found.difference.score, found.verdict) == (1.0, 0.0, Verdict.UNDECIDED)
    assert found.difference.low < 0 < found.difference.high


def test_macro_f1_is_not_raced_and_slices_are_by_their_weight():
    good, bad = labelled([("a", "a")] * 50), labelled([("a", "")] * 50)
    assert not surely_worse(bad, good, direction=HIGHER, looks=1)
    rival = slices([("big", 1)] * 30 + [("big", 0)] * 10 + [("small", 1)] * 12)
    loser = slices([("big", 1)] * 40 + [("small", 0)] * 12)
    assert surely_worse(loser, rival, direction=HIGHER, looks=1)
    assert not surely_worse(dict(loser), dict(rival), direction=HIGHER, looks=1)
    assert not surely_worse(rival, loser, direction=HIGHER, looks=1)


def test_items_that_weigh_unequally_say_less():
    assert effective(["a"] * 50 + ["b"] * 50) == effective([""] * 100) == 100
    assert effective(["a"] * 90 + ["b"] * 10) == 36


def test_the_interval_of_macro_f1_covers_the_truth_where_a_label_is_rare():
    rng, held = random.Random(5), 0
    for _ in range(200):
        right = rng.choices("ab", weights=[9, 1], k=15)
        given = [
            each if rng.random() < {"a": 0.95, "b": 0.6}[each] else "ab"[each == "a"]
            for each in right
        ]
        found = total(labelled(list(zip(right, given, strict=True))))
        truths = [2 * 0.855 / (0.9 + 0.895), 2 * 0.06 / (0.1 + 0.105)]
        held += found.low <= fmean(truths[: len(set(right))]) <= found.high
    assert held >= 184  # 95 % of 200 are 190; this few have a chance below 1 in 50


def test_a_figure_summed_up_elsewhere_gets_an_interval_about_as_wide_as_ours():
    marks = [1.0] * 60 + [0.0] * 40
    found = resampled(marks, lambda drawn: {"right": 100 * fmean(drawn), "count": len(drawn)})
    ours = estimate(marks)
    assert found["right"].low / 100 == pytest.approx(ours.low, abs=0.03)
    assert found["right"].high / 100 == pytest.approx(ours.high, abs=0.03)
    assert (found["count"].low, found["count"].high, found["count"].n) == (100, 100, 100)


def test_the_choice_is_by_f1_where_that_is_the_score():
    right = ["a", "b", "c"] * 39
    always = labelled([(label, "a") for label in right])
    fair = labelled([(label, label if at % 9 < 3 else "") for at, label in enumerate(right)])
    assert sum(fair.values()) == sum(always.values())
    assert select({"e1": fair}, always, direction=HIGHER).chosen == "e1"
