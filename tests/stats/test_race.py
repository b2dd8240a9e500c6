"""A race ends the hopeless early and an equal candidate almost never."""

import random

import pytest

from ftdojo.records import Direction
from ftdojo.stats import surely_worse

LOOKS = (20, 40, 60, 80)


def races(candidate_share, rival_share, *, count, kept=0.5):
    """Return after how many items each of ``count`` simulated races ended (100: never)."""
    rng, ended = random.Random(10), []
    for _ in range(count):
        drawn = [rng.random() for _ in range(100)]
        rival = {str(i): float(x < rival_share) for i, x in enumerate(drawn)}
        again = [x if rng.random() < kept else rng.random() for x in drawn]
        scores = [(str(i), float(x < candidate_share)) for i, x in enumerate(again)]
        lost = (
            k
            for k in LOOKS
            if surely_worse(dict(scores[:k]), rival, direction=Direction.HIGHER, looks=4)
        )
        ended.append(next(lost, 100))
    return ended


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_an_equal_candidate_is_stopped_in_less_than_one_race_of_a_hundred(share):
    assert sum(items < 100 for items in races(share, share, count=600)) < 6


def test_a_hopeless_candidate_is_stopped_early():
    assert sum(races(0.03, 0.4, count=200)) / 200 < 50


def test_a_better_candidate_is_never_stopped():
    assert set(races(0.6, 0.4, count=100)) == {100}


def test_where_lower_is_better_the_higher_score_loses():
    low, high = {str(i): 0.0 for i in range(30)}, {str(i): 1.0 for i in range(30)}
    assert surely_worse(high, low, direction=Direction.LOWER, looks=4)
    assert not surely_worse(low, high, direction=Direction.LOWER, looks=4)


def test_real_scores_race_too():
    rng = random.Random(11)
    rival = {str(i): rng.random() for i in range(40)}
    worse = {item: score - 0.2 + rng.gauss(0, 0.1) for item, score in rival.items()}
    equal = {item: score + rng.gauss(0, 0.1) for item, score in rival.items()}
    assert surely_worse(worse, rival, direction=Direction.HIGHER, looks=4)
    assert not surely_worse(equal, rival, direction=Direction.HIGHER, looks=4)
    assert not surely_worse(rival, worse, direction=Direction.HIGHER, looks=4)


def test_nothing_in_common_decides_nothing():
    assert not surely_worse({"a": 0.0}, {"b": 1.0}, direction=Direction.HIGHER, looks=1)


def test_a_race_without_a_look_is_refused():
    with pytest.raises(ValueError, match="looks=0 must be at least 1: a race looks once or more"):
        surely_worse({"a": 0.0}, {"a": 1.0}, direction=Direction.HIGHER, looks=0)
