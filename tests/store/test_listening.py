"""What a run folder keeps of events: a log without what is fleeting, and losses while a training goes on."""

import math
from dataclasses import replace

import pytest

from ftdojo.errors import StoreError
from ftdojo.records import (
    Announced,
    ExperimentBegan,
    FinalTestOpened,
    LossPoint,
    PassAdvanced,
    Stage,
    StageReached,
    TrainingStepped,
)
from ftdojo.store import EventLog, LossLog, RunFolder


def step(at, *, experiment="e1", loss=1.5):
    point = LossPoint(
        step=at, loss=loss, learning_rate=1e-3, grad_norm=0.5, tokens=64, seconds=0.25
    )
    return TrainingStepped(experiment=experiment, point=point, of=60)


@pytest.fixture
def running(folder, experiment):
    for name in ("e1", "e2"):
        folder.save_experiment(experiment(name))
    return folder


def steps(folder, name="e1"):
    """Return the steps as another process reads them."""
    return [each.step for each in RunFolder(folder.path).losses(name)]


def test_the_log_has_what_happened_and_not_what_is_only_shown(folder):
    kept = [ExperimentBegan(experiment="e1", plan="p"), FinalTestOpened(chosen="e1")]
    shown = [
        Announced(text="Getting a model."),
        PassAdvanced(experiment="e1", split="validation", done=3, of=9),
        StageReached(experiment="e1", stage=Stage.FIT),
        step(1),
    ]
    log = EventLog(folder)
    for event in [kept[0], *shown, kept[1]]:
        log(event)
    assert folder.events() == kept


def test_each_step_can_be_read_as_soon_as_it_was_made(running):
    log = LossLog(running)
    assert steps(running) == []
    for at in (1, 2, 3):
        log(step(at))
        assert steps(running) == list(range(1, at + 1))
    assert running.losses("e1")[2] == step(3).point


def test_each_experiment_has_steps_of_its_own(running):
    log = LossLog(running)
    for event in (step(1), step(2), step(1, experiment="e2")):
        log(event)
    assert (steps(running, "e1"), steps(running, "e2")) == ([1, 2], [1])


@pytest.mark.parametrize("again", [1, 2, 3])
def test_a_training_that_begins_again_begins_its_file_anew(running, again):
    log = LossLog(running)
    for at in (1, 2, 3):
        log(step(at))
    log(step(again))
    assert steps(running) == [again]


def test_a_new_controller_begins_the_file_anew_too(running):
    LossLog(running)(step(1))
    LossLog(running)(step(10))  # a trainer that tells of every tenth step
    assert steps(running) == [10]


def test_a_loss_that_is_not_a_number_is_kept(running):
    LossLog(running)(step(1, loss=math.nan))
    assert math.isnan(running.losses("e1")[0].loss)


def test_a_step_that_a_kill_tore_is_passed_over(running):
    LossLog(running)(step(1))
    with running.losses_path("e1").open("a") as torn:
        torn.write('{"step":2,"lo')
    assert steps(running) == [1]


def test_a_step_that_cannot_be_written_is_one_line(folder):
    with pytest.raises(StoreError, match=r"steps.jsonl cannot be written"):
        LossLog(folder)(replace(step(1), experiment="e7"))
