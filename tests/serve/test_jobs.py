"""How long a job will take from here, as far as that can be told."""

from ftdojo.records import (
    FinalEvaluationBegan,
    LossPoint,
    Outlook,
    StageReached,
    TrainingBegan,
    TrainingEnded,
    TrainingStepped,
)
from ftdojo.serve import Job, words
from ftdojo.serve.jobs import JobWatch, under_way

OUTLOOK = Outlook(left_s=500.0, reserve_s=90.0, validation_s=20.0)
BEGAN = TrainingBegan(experiment="e1", rows=80, steps=100, forecast_s=200.0, most_s=400.0)


def stepped(step, seconds):
    point = LossPoint(
        step=step, loss=2.5, learning_rate=1e-3, grad_norm=1.0, tokens=9, seconds=seconds
    )
    return TrainingStepped(experiment="e1", point=point, of=100)


def standing(*events):
    watch = JobWatch(lambda event: None)
    for event in events:
        watch(event)
    return under_way(Job(id="j2", verb="train"), watch.now, 1.0, OUTLOOK)


def test_a_training_takes_what_its_own_speed_says_and_its_validation():
    assert round(standing(BEGAN).left_s) == 220
    assert round(standing(BEGAN, stepped(20, 10.0)).left_s) == 60
    assert "training, 20 of 100, loss 2.500, about 60 s left" in words(
        standing(BEGAN, stepped(20, 10.0))
    )


def test_a_training_that_is_slower_than_its_time_allows_ends_with_its_time():
    assert round(standing(BEGAN, stepped(1, 50.0)).left_s) == 420


def test_validation_and_the_end_take_what_was_measured_and_reserved():
    ended = TrainingEnded(experiment="e1", loss=1.0, seconds=50.0)
    assert round(standing(BEGAN, ended).left_s) == 20
    assert round(standing(FinalEvaluationBegan(proposed="e1", stopped_by=None)).left_s) == 90


def test_how_long_a_check_takes_is_not_guessed():
    assert standing(StageReached(experiment="e1", stage="data")).left_s is None
