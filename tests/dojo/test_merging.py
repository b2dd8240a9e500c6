"""Merging as an action: an experiment with several parents, and what cannot be merged."""

import json
from dataclasses import replace

import pytest

from ftdojo.dojo.queries import look
from ftdojo.records import ActionTaken, Finish, Look, Merge, Status, Train
from ftdojo.store.codec import dump_action, load_action
from ftdojo.store.trajectory import trajectory

LORA = "learning_rate: 2e-2\nper_device_train_batch_size: 8\nmax_steps: 12\n"


@pytest.fixture(scope="module")
def played(new, toy):
    """A run with two adapters, a full model, a failure, and a merge of the adapters with which it ends."""
    with new("merging") as dojo:
        dojo.reset()

        def train(text, **changed):
            return dojo.step(Train(submission=replace(toy.handed_in(**changed), train=text)))

        train(f"{LORA}r: 8\n")
        train(f"{LORA}r: 16\nuse_rslora: true\nseed: 1\n")
        train("method: full\nmax_steps: 2\n")
        train("r: nought\n")
        refused = {
            merge: dojo.step(merge).notice
            for merge in (
                Merge(parents=("e1", "e9")),
                Merge(parents=("e1", "e4")),
                Merge(parents=("e1", "base")),
                Merge(parents=("e1", "e3")),
                Merge(parents=("e1",)),
                Merge(parents=("e1", "e2", "e1"), method="slerp"),
                Merge(parents=("e1", "e2"), weights=(1.0,)),
                Merge(parents=("e1", "e2"), weights=(1.0, float("nan"))),
                Merge(parents=("e1", "e2"), method="ties", density=0.0),
            )
        }
        step = dojo.step(Merge(parents=("e1", "e2"), weights=(1.0, 2.0)))
        train("start_from: e5\nmax_steps: 1\n")
        train("use_dora: true\nmax_steps: 1\n")
        odd = Merge(parents=("e1", "e7"))
        refused[odd] = dojo.step(odd).notice
        end = dojo.step(Finish(experiment="e5"))
        yield refused, step.observation, dojo, end


def test_a_merge_is_an_experiment_with_several_parents(played):
    _, seen, dojo, _ = played
    made = seen.experiment("e5")
    assert (made.status, made.failure, made.parent) == (Status.DONE, None, "e1")
    assert made.merged == ("e1", "e2")
    assert made.weights.kind == "adapter"
    assert made.evaluation.score.n > 0
    assert made.feedback.comparisons["parent"].against == "e1"
    assert made.feedback.remarks[0].startswith("Merge e1 (1), e2 (2) by linear. An adapter holds")
    assert seen.last.experiment == "e5"
    assert (dojo.folder.path / made.weights.path / "adapter_config.json").is_file()


SAYS = [
    "Experiment 'e9' has no validated weights to merge; those that have: e1, e2, e3.",
    "Experiment 'e4' has no validated weights",
    "Experiment 'base' has no validated weights",
    "(e1 is adapter, e3 is full); merge experiments of one kind.",
    "1 experiments were named, and linear merges two or more.",
    "3 experiments were named, and slerp merges exactly two.",
    "1 weights for 2 experiments; give one each",
    "weights=[1.0, nan] must be positive numbers",
    "density=0 must be above 0 and at most 1.",
    "e7 holds base_model.model.model.layers.0.mlp.down_proj.lora_magnitude_vector, which is more than",
]


def test_training_goes_on_from_a_merge_with_the_adapter_that_it_has(played):
    *_, dojo, _ = played
    first, _, _, _, merge, more, _ = dojo.folder.experiments()
    assert (more.status, more.failure, more.start_from) == (Status.DONE, None, "e5")
    ranks = [
        json.loads((dojo.folder.path / each.weights.path / "adapter_config.json").read_text())["r"]
        for each in (merge, more)
    ]
    assert ranks == [24, 24]
    assert more.feedback.training.loss_first < 0.9 * first.feedback.training.loss_first


@pytest.mark.parametrize(("at", "says"), list(enumerate(SAYS)))
def test_what_cannot_be_merged_is_refused_in_one_line_and_costs_nothing(played, at, says):
    refused, seen, _, _ = played
    notice = list(refused.values())[at]
    assert says in notice
    assert "\n" not in notice
    assert len(seen.experiments) == 5


def test_a_merge_is_on_record_as_it_was_asked_for_and_its_export_is_whole(played):
    *_, dojo, end = played
    (merge,) = (
        each.outcome.action
        for each in trajectory(dojo.folder)
        if isinstance(each.outcome.action, Merge) and not each.outcome.notice
    )
    assert merge == Merge(parents=("e1", "e2"), weights=(1.0, 2.0))
    assert load_action(dump_action(merge)) == merge
    assert end.terminated
    assert look(dojo._run, Look(what="experiment", name="e5"))[0]["plan.md"].startswith("Merge e1")


class Killed(BaseException):
    """Ends the controller as a kill does: nothing is put in order."""


def test_a_run_that_is_killed_at_a_refused_merge_can_be_resumed(new, reopen):
    def kill(event):
        if isinstance(event, ActionTaken):
            raise Killed

    with new("killed-at-refusal", listeners=[kill]) as dojo:
        dojo.reset()
        with pytest.raises(Killed):
            dojo.step(Merge(parents=("e1", "e2"), weights=(1.0, float("nan"))))
    with reopen("killed-at-refusal") as dojo:
        assert dojo.reset().last.notice.startswith("Experiment 'e1' has no validated weights")
        assert dojo.begun() is None
