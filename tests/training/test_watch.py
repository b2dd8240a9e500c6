import math
from dataclasses import replace

import pytest

from ftdojo.records import LossPoint
from ftdojo.training.watch import CHOSEN_DRIFT, Watch


def point(step, loss, *, seconds=0.0, grad_norm=1.0):
    return LossPoint(
        step=step, loss=loss, learning_rate=1e-3, grad_norm=grad_norm, tokens=1, seconds=seconds
    )


def seen(watch, losses):
    return [watch.see(point(step, loss)) for step, loss in enumerate(losses, start=1)]


def test_a_falling_loss_is_left_alone():
    assert seen(Watch(seconds=60.0, patience=1), [5 / n for n in range(1, 50)]) == [None] * 49


@pytest.mark.parametrize(("loss", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (2.0, math.nan)])
def test_a_loss_or_gradient_that_is_not_finite_is_divergence(loss, norm):
    assert Watch().see(point(1, loss, grad_norm=norm)) == "diverged"


def test_a_loss_that_stays_far_above_the_first_is_divergence():
    assert seen(Watch(), [2.0] + [4.8] * 8)[-1] == "diverged"


def test_one_high_loss_is_no_divergence():
    assert seen(Watch(), [2.0, 2.0, 9.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]) == [None] * 9


def test_a_step_that_would_end_too_late_is_not_taken():
    watch = Watch(seconds=10.0)
    assert [watch.see(point(n, 1.0, seconds=3.0 * n)) for n in (1, 2, 3)] == [
        None,
        None,
        "over-budget",
    ]


def test_chosen_answers_that_lose_more_than_a_nat_a_token_for_long_are_a_collapse():
    drifts = [0.0, -0.9, -1.5, *[-0.9] * 8, *[-1.2] * 8]
    watch = Watch()
    found = [
        watch.see(replace(point(step, 0.5), figures={CHOSEN_DRIFT: drift}))
        for step, drift in enumerate(drifts, start=1)
    ]
    assert found.index("collapsed") in range(13, 17)
    assert set(found[:13]) == {None}


def test_a_step_that_moved_nothing_is_the_end():
    assert Watch().see(point(1, 2.0), stuck=True) == "unmoved"


def evaluated(watch, losses):
    return [watch.see_held_out(step, loss) for step, loss in enumerate(losses, start=1)]


def test_a_plateau_is_patience_eval_losses_without_a_gain():
    assert evaluated(Watch(patience=2), [3.0, 2.0, 2.1, 1.9, 2.0, 1.95]) == [None] * 5 + ["plateau"]


def test_an_equal_eval_loss_is_no_gain():
    assert evaluated(Watch(patience=2), [2.0, 2.0, 2.0]) == [None, None, "plateau"]


def test_a_fall_within_the_threshold_is_no_gain():
    losses = [2.0, 1.95, 1.92]
    assert evaluated(Watch(patience=2, threshold=0.1), losses)[-1] == "plateau"
    assert evaluated(Watch(patience=2), losses)[-1] is None


def test_without_patience_nothing_is_a_plateau():
    assert evaluated(Watch(), [1.0] * 20) == [None] * 20


def test_a_training_that_is_stopped_ends_at_the_step_that_was_meant(tmp_path):
    stop = tmp_path / "stop"
    watch = Watch(stop=stop)
    assert seen(watch, [2.0, 2.0]) == [None, None]
    stop.write_text("4 keep\n")
    assert [watch.see(point(step, 2.0)) for step in (3, 4)] == [None, "stopped"]
