"""Learning from pairs: every step against TRL's trainers, in float32, and what is particular to pairs."""

from dataclasses import replace

import pytest
import torch

from ftdojo.config import LOW_PRECISION
from ftdojo.records import Shortcuts
from ftdojo.submissions import TrainConfig
from ftdojo.training import watch
from ftdojo.training.adapt import trainable
from ftdojo.training.forward import row_losses
from ftdojo.training.loop import mean_loss, train
from ftdojo.training.trl import train_with_trl
from ftdojo.training.watch import Watch

FIGURES = ("chosen", "rejected", "accuracies", "margins")


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """Compute in float32, where two trainers can agree to four digits."""
    monkeypatch.setenv(LOW_PRECISION, "0")


@pytest.fixture
def learn(base, folder, pairs, tokenizer):
    """Learn from pairs with some options; return the training and the weights it made."""

    def learn(objective="dpo", trl=False, **options):
        given = {"learning_rate": 1e-3, "per_device_train_batch_size": 12, "warmup_steps": 0}
        config = TrainConfig(objective=objective, **given | options)
        with trainable(base, config, folder=folder) as model:
            rows = pairs(objective)
            if trl:
                done = train_with_trl(model, rows, config, tokenizer=tokenizer, watch=Watch())
            else:
                done = train(model, rows, config, watch=Watch())
            made = [each.detach().clone() for each in model.parameters() if each.requires_grad]
        return done, torch.cat([each.flatten() for each in made])

    return learn


def close(values):
    return pytest.approx(values, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss_type": "ipo", "beta": 0.5},
        {"loss_type": "hinge", "rpo_alpha": 0.5, "beta": 0.3},
        {"loss_type": "robust", "label_smoothing": 0.1, "method": "full", "learning_rate": 1e-4},
        {"objective": "orpo", "beta": 0.4},
        {"per_device_train_batch_size": 3, "gradient_accumulation_steps": 4},
    ],
    ids=lambda options: "-".join(str(each) for each in options.values()) or "sigmoid",
)
def test_losses_rewards_and_gradients_of_every_step_are_those_of_trl(learn, options):
    (ours, made), (theirs, expected) = (
        learn(trl=trl, max_steps=4, **options) for trl in (False, True)
    )
    for one, other in zip(ours.curve, theirs.curve, strict=True):
        assert one.loss == close(other.loss)
        assert one.grad_norm == close(other.grad_norm)
        assert (one.learning_rate, one.tokens) == (pytest.approx(other.learning_rate), other.tokens)
        for name in other.figures:
            assert one.figures[name] == close(other.figures[name]), name
    assert {f"rewards/{name}" for name in FIGURES} < set(theirs.curve[0].figures)
    assert torch.nn.functional.cosine_similarity(made, expected, dim=0) > 0.9999


@pytest.mark.parametrize("objective", ["dpo", "orpo"])
def test_a_step_is_the_same_however_rows_are_put_together(learn, objective):
    plain, _ = learn(objective, trl=True, max_steps=1, eval_share=0.25)
    shared, _ = learn(objective, max_steps=1, eval_share=0.25)
    assert shared.curve[0].loss == close(plain.curve[0].loss)
    assert [loss for _, loss in shared.held_out] == close([loss for _, loss in plain.held_out])


def test_rewards_begin_at_zero_and_chosen_answers_win(learn):
    done, _ = learn(max_steps=6)
    first, last = done.curve[0].figures, done.curve[-1].figures
    assert first["rewards/margins"] == pytest.approx(0, abs=1e-5)
    assert done.curve[0].loss == pytest.approx(0.6931, abs=1e-3)
    assert last["rewards/margins"] > 0.1
    assert last["rewards/accuracies"] > 0.9


def test_a_training_in_which_chosen_answers_become_unlikely_is_stopped(learn, monkeypatch):
    monkeypatch.setattr(watch, "COLLAPSE", -0.5)  # what these pairs gain at such a rate is less
    done, _ = learn(max_steps=20, learning_rate=1e-5)
    assert (done.stopped, len(done.curve)) == ("collapsed", watch.SMOOTH)


@pytest.mark.parametrize("trl", [False, True])
def test_a_step_that_moves_no_weight_ends_the_training(learn, trl):
    options = {"method": "full", "learning_rate": 1e-20, "max_steps": 5, "warmup_steps": 2}
    done, _ = learn(trl=trl, **options)
    assert (done.stopped, len(done.curve)) == ("unmoved", 2)  # the first step's rate is 0


def test_row_losses_of_pairs_are_those_of_their_chosen_answers(base, pairs):
    rows = pairs("dpo")
    losses = row_losses(base, rows, Shortcuts())
    assert losses == close(
        [mean_loss(base, [replace(row, rejected=None)], size=1) * row.labels for row in rows]
    )
