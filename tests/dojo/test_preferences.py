"""An experiment that learns from pairs, and trainings whose weights are worth nothing."""

import json
from dataclasses import replace

import pytest

from ftdojo.dojo.experiment import spoilt
from ftdojo.records import FailureKind, Look, LossPoint, Status, Train, TrainingReport
from ftdojo.training.watch import CHOSEN_DRIFT

PAIRS = """import json, os
with open(os.environ["FTDOJO_DATA"] + "/right.jsonl") as raw, open("train.jsonl", "w") as out:
    for line in list(raw)[:160]:
        row = json.loads(line)
        other = {"yes": "no", "no": "yes"}[row["answer"]]
        made = {"prompt": row["question"], "chosen": row["answer"], "rejected": other}
        out.write(json.dumps(made | {"source": "right"}) + "\\n")
"""
DPO = "objective: dpo\nmethod: full\nlearning_rate: 2e-3\nper_device_train_batch_size: 8\nmax_steps: 40\n"


@pytest.fixture(scope="module")
def learnt(new, toy):
    """The step after a training on pairs, what a look at its rows shows, and its losses in the run folder."""
    with new("pairs") as dojo:
        dojo.reset()
        submission = replace(toy.handed_in(), data=PAIRS, train=DPO)
        step = dojo.step(Train(submission=submission))
        rows = dojo.step(Look(what="rows", name="e1", limit=1)).observation.found
        seen = dojo.step(Look(what="losses", name="e1@e1:16", limit=1)).observation.found
        losses = dojo.folder.losses_path("e1").read_text()
        return (
            step.observation.experiments[0],
            (*rows, *seen),
            [json.loads(x) for x in losses.splitlines()],
        )


def test_pairs_teach_what_is_asked_and_the_feedback_has_the_figures_of_trl(learnt):
    made, _, losses = learnt
    assert (made.status, made.failure) == (Status.DONE, None)
    training = made.feedback.training
    assert training.figures["rewards/accuracies"] > 0.6
    assert training.figures["rewards/margins"] > 0
    assert "rewards/chosen" in losses[0]["figures"]
    assert made.feedback.check.data.formats == {"preference": 160}


def test_a_look_at_the_rows_of_an_experiment_shows_both_answers(learnt):
    _, (row, *_), _ = learnt
    assert {row["messages"][-1]["content"], row["rejected"][-1]["content"]} == {"yes", "no"}


def test_chosen_answers_are_measured_where_only_train_yaml_names_the_objective(learnt):
    _, (_, of_all, *_), _ = learnt
    assert (of_all["losses"], of_all["rows"], of_all["measured"]) == ("e1@e1:16", 160, 16)


def test_a_training_that_moves_no_weight_fails_as_such(new, toy):
    with new("unmoved") as dojo:
        dojo.reset()
        still = toy.handed_in(steps=3).train.replace("3e-3", "1e-20")
        failure = dojo.step(
            Train(submission=replace(toy.handed_in(), train=still))
        ).observation.failure
    assert failure.kind is FailureKind.UNMOVED
    assert "moved none of the" in failure.message
    assert "raise learning_rate" in failure.message


def test_a_collapse_is_said_in_words_with_what_to_do():
    point = LossPoint(step=9, loss=0.3, learning_rate=1e-3, grad_norm=1.0, tokens=9, seconds=1.0)
    report = TrainingReport(
        stopped="collapsed",
        steps=9,
        planned_steps=40,
        curve=(replace(point, figures={CHOSEN_DRIFT: -1.53}),),
        loss_first=0.7,
        loss_last=0.3,
        tokens=9,
        tokens_per_s=9.0,
        peak_bytes=0,
        trainable_params=1,
        seconds=1.0,
        weights_digest="",
    )
    failure = spoilt(report)
    assert failure.kind is FailureKind.COLLAPSED
    assert "lost 1.5 nats of log-probability a token in 9 of 40 steps" in failure.message
    assert spoilt(replace(report, stopped="finished")) is None
