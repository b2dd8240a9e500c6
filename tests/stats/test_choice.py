"""The choice pays the winner's curse before the test: luck goes to the base, real gains stay."""

import random

import pytest

from ftdojo.records import BASE, Direction
from ftdojo.stats import confirm, select, stands, stands_unconfirmed

HIGHER = Direction.HIGHER


def answers(rng, shares, n=100):
    """Return a base at 0.3 and candidates at ``shares`` that agree with it on half of the items by construction."""
    drawn = [rng.random() for _ in range(n)]
    again = {name: [x if rng.random() < 0.5 else rng.random() for x in drawn] for name in shares}
    base = {str(i): float(x < 0.3) for i, x in enumerate(drawn)}
    return base, {
        name: {str(i): float(x < shares[name]) for i, x in enumerate(again[name])}
        for name in shares
    }


def outcomes(shares, runs=120):
    """Return what each of ``runs`` simulated runs ends with, after confirmation on other items."""
    rng, ends = random.Random(12), []
    for _ in range(runs):
        base, candidates = answers(rng, shares)
        chosen = select(candidates, base, direction=HIGHER).chosen
        again, confirmed = answers(rng, {chosen: shares.get(chosen, 0.3)})
        held = chosen != BASE and stands(
            confirm(confirmed[chosen], again, direction=HIGHER), direction=HIGHER
        )
        ends.append(chosen if held else BASE)
    return ends


def test_the_luckiest_of_ten_without_a_gain_rarely_ends_a_run():
    assert outcomes({f"e{i}": 0.3 for i in range(10)}).count(BASE) >= 0.8 * 120


def test_without_items_to_confirm_it_a_stricter_level_lets_as_little_luck_pass():
    rng, passed = random.Random(15), []
    for _ in range(150):
        base, candidates = answers(rng, {f"e{i}": 0.3 for i in range(5)}, n=50)
        found = select(candidates, base, direction=HIGHER)
        passed.append(stands_unconfirmed(found.surety.get(found.chosen, 0.0)))
    assert sum(passed) <= 0.12 * 150
    base, candidates = answers(rng, {"good": 0.7}, n=50)
    assert stands_unconfirmed(select(candidates, base, direction=HIGHER).surety["good"])


def test_ten_models_that_lost_a_little_end_nothing():
    assert outcomes({f"e{i}": 0.25 for i in range(10)}).count(BASE) >= 0.97 * 120


def test_a_large_gain_among_nine_without_one_is_kept():
    ends = outcomes({"good": 0.6} | {f"e{i}": 0.3 for i in range(9)})
    assert ends.count("good") >= 0.98 * 120


def test_wrecked_models_do_not_make_luck_look_real():
    shares = {"null": 0.3} | {f"e{i}": 0.02 for i in range(9)}
    assert outcomes(shares).count(BASE) >= 0.85 * 120


def test_gains_shrink_towards_the_base_and_noisier_ones_shrink_more():
    base, candidates = answers(random.Random(13), {"e1": 0.5, "e2": 0.5, "e3": 0.3})
    candidates["e2"] = dict(list(candidates["e1"].items())[:30])
    found = select(candidates, base, direction=HIGHER)
    observed = {n: sum(s - base[i] for i, s in c.items()) / len(c) for n, c in candidates.items()}
    assert 0 < found.gains["e1"] < observed["e1"]
    assert found.gains["e2"] / observed["e2"] < found.gains["e1"] / observed["e1"]


def test_the_reason_names_the_gain_before_and_after_shrinking():
    base = {str(i): 0.0 for i in range(50)}
    found = select({"e7": {str(i): float(i < 25) for i in range(50)}}, base, direction=HIGHER)
    assert found.chosen == "e7"
    assert found.why.startswith(
        "e7 has the best gain over the base: +0.5 observed on 50 items, +0.4"
    )


def test_the_base_is_chosen_with_a_reason():
    base = {str(i): float(i < 25) for i in range(50)}
    found = select({"e1": {**base, "30": 1.0}}, base, direction=HIGHER)
    assert found.chosen == BASE
    assert found.why.startswith("No gain over the base is beyond noise: the largest is +0.02 (e1)")


def test_without_candidates_the_base_is_chosen():
    found = select({}, {"a": 1.0}, direction=HIGHER)
    assert found.chosen == BASE
    assert "no validated experiment" in found.why


def test_a_candidate_scored_on_other_items_is_refused():
    with pytest.raises(ValueError, match="shares no item with the base; score both on one split"):
        select({"e1": {"x": 1.0}}, {"a": 1.0}, direction=HIGHER)


def test_where_lower_is_better_the_lower_real_score_is_chosen():
    rng = random.Random(14)
    base = {str(i): 5 + rng.random() for i in range(40)}
    candidates = {
        name: {i: score + shift + rng.gauss(0, 0.3) for i, score in base.items()}
        for name, shift in (("lower", -1), ("higher", 1))
    }
    assert select(candidates, base, direction=Direction.LOWER).chosen == "lower"


@pytest.mark.parametrize("scores", [[0.4], [0.5, 0.5, 0.5]])
def test_a_copy_of_the_base_is_never_chosen(scores):
    base = dict(enumerate(scores))
    assert select({"e1": base}, base, direction=HIGHER).chosen == BASE


def test_a_tie_on_held_back_items_goes_to_the_base():
    base = {"a": 1.0, "b": 0.0}
    assert not stands(confirm({"a": 0.0, "b": 1.0}, base, direction=HIGHER), direction=HIGHER)


@pytest.mark.parametrize(("direction", "held"), [(HIGHER, True), (Direction.LOWER, False)])
def test_being_ahead_at_all_confirms_a_choice(direction, held):
    found = confirm({"a": 1.0, "b": 1.0}, {"a": 1.0, "b": 0.0}, direction=direction)
    assert found.against == BASE
    assert stands(found, direction=direction) is held
