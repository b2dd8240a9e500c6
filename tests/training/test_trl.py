"""The loop against TRL's trainer: every step sees all rows, so that order plays no part."""

import math

import pytest
import torch

from ftdojo.submissions import TrainConfig
from ftdojo.training.adapt import trainable
from ftdojo.training.loop import train
from ftdojo.training.trl import train_with_trl
from ftdojo.training.watch import Watch


@pytest.fixture
def both(base, folder, rows, tokenizer):
    """Train twice from the same start; return both trainings and what each made."""

    def both(**options):
        given = {"learning_rate": 1e-3, "num_train_epochs": 4, "per_device_train_batch_size": 12}
        config, found = TrainConfig(**given | options), []
        for trl in (False, True):
            with trainable(base, config, folder=folder) as model:
                if trl:
                    done = train_with_trl(model, rows, config, tokenizer=tokenizer, watch=Watch())
                else:
                    done = train(model, rows, config, watch=Watch())
                made = [each.detach().clone() for each in model.parameters() if each.requires_grad]
            found.append((done, torch.cat([each.flatten() for each in made])))
        return found

    return both


@pytest.fixture
def trl(base, folder, rows, tokenizer):
    def trl(watch=None, on_step=lambda point: None, **options):
        config = TrainConfig(**{"max_steps": 4} | options)
        with trainable(base, config, folder=folder) as model:
            return train_with_trl(
                model, rows, config, tokenizer=tokenizer, watch=watch or Watch(), on_step=on_step
            )

    return trl


def column(done, name):
    return [getattr(point, name) for point in done.curve]


@pytest.mark.parametrize(
    "options",
    [
        {"warmup_steps": 0.3},
        {"method": "full", "lr_scheduler_type": "cosine", "weight_decay": 0.1},
        {"packing": True, "max_length": 128},
        {"gradient_accumulation_steps": 4, "per_device_train_batch_size": 3},
        {"gradient_checkpointing": True, "use_dora": True, "max_grad_norm": 0.0},
        {"eval_share": 0.25, "eval_steps": 2},
    ],
    ids=lambda options: next(iter(options)),
)
def test_loss_gradient_rate_and_tokens_of_every_step_are_those_of_trl(both, options):
    (ours, made), (theirs, expected) = both(**options)
    assert column(ours, "loss") == pytest.approx(column(theirs, "loss"), rel=5e-3)
    assert column(ours, "grad_norm") == pytest.approx(column(theirs, "grad_norm"), rel=1e-2)
    assert column(ours, "learning_rate") == pytest.approx(column(theirs, "learning_rate"))
    assert column(ours, "tokens") == column(theirs, "tokens")
    assert ours.planned_steps == theirs.planned_steps
    assert ours.trainable_params == theirs.trainable_params
    assert [step for step, _ in ours.held_out] == [step for step, _ in theirs.held_out]
    assert torch.nn.functional.cosine_similarity(made, expected, dim=0) > 0.999


def test_noise_of_neftune_is_of_the_size_of_trl(both):
    quiet = both(num_train_epochs=1)[0][0].curve[0].loss
    ours, theirs = (
        done.curve[0].loss for done, _ in both(num_train_epochs=1, neftune_noise_alpha=5)
    )
    assert ours - quiet == pytest.approx(theirs - quiet, rel=0.5)
    assert abs(ours - quiet) > 0.05


def test_trl_tells_every_step_and_writes_nothing(trl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = []
    done = trl(on_step=told.append)
    assert tuple(told) == done.curve
    assert done.stopped == "finished"
    assert not list(tmp_path.iterdir())


def test_trl_gives_the_model_back_as_it_was(base, trl):
    weights = {name: each.clone() for name, each in base.state_dict().items()}
    facts, settings = set(vars(base)), base.config.to_dict()
    trl(gradient_checkpointing=True, neftune_noise_alpha=5)
    assert set(vars(base)) == facts
    assert base.config.to_dict() == settings
    assert not base.model.embed_tokens._forward_hooks
    assert not base.model.gradient_checkpointing
    assert all(torch.equal(each, weights[name]) for name, each in base.state_dict().items())


def test_watch_stops_trl_for_want_of_time(trl):
    done = trl(watch=Watch(seconds=0.0))
    assert (done.stopped, len(done.curve), done.planned_steps) == ("over-budget", 1, 4)


def test_watch_stops_trl_at_a_plateau(trl):
    done = trl(watch=Watch(patience=1, threshold=10.0), eval_share=0.25, eval_steps=1)
    assert (done.stopped, len(done.held_out)) == ("plateau", 2)


def test_trl_keeps_the_weights_of_the_lowest_eval_loss_as_well(both, monkeypatch):
    losses = iter([3.0, 1.0, 2.0] * 2)
    monkeypatch.setattr("ftdojo.training.loop.mean_loss", lambda *rows, **how: next(losses))
    options = {"max_steps": 3, "eval_share": 0.25, "eval_steps": 1}
    (ours, made), (theirs, expected) = both(**options)
    assert (ours.weights_step, theirs.weights_step) == (2, 2)
    assert torch.nn.functional.cosine_similarity(made, expected, dim=0) > 0.999


def test_watch_sees_that_a_loss_of_trl_is_no_number(base, trl):
    base.model.norm.weight.data.fill_(math.nan)
    assert trl().stopped == "diverged"
