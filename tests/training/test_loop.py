import math
from dataclasses import replace

import pytest
import torch

from ftdojo.submissions import TrainConfig
from ftdojo.training.adapt import trainable
from ftdojo.training.loop import mean_loss, train
from ftdojo.training.watch import Watch


@pytest.fixture
def run(base, folder, rows):
    """Train with some options; return the training and the adapter it made."""

    def run(watch=None, on_step=lambda point: None, spoil=lambda model: None, **options):
        config = TrainConfig(**{"learning_rate": 2e-3, "warmup_steps": 0, "seed": 7} | options)
        with trainable(base, config, folder=folder) as model:
            spoil(model)
            done = train(model, rows, config, watch=watch or Watch(), on_step=on_step)
            made = [each.detach().clone() for each in model.parameters() if each.requires_grad]
        return done, made

    return run


def losses(done):
    return [point.loss for point in done.curve]


def test_the_loss_falls_and_every_step_is_told(run):
    told = []
    done, _ = run(on_step=told.append, num_train_epochs=5, per_device_train_batch_size=12)
    assert (done.stopped, done.planned_steps, len(done.curve)) == ("finished", 5, 5)
    assert losses(done) == sorted(losses(done), reverse=True)
    assert tuple(told) == done.curve
    assert done.trainable_params == 82_944


def test_tokens_count_shared_starts_and_no_padding(run, rows):
    done, _ = run(num_train_epochs=2)
    assert done.tokens == 2 * sum(len(row.ids) for row in rows)


@pytest.mark.parametrize(
    "options", [{}, {"lora_dropout": 0.2}, {"neftune_noise_alpha": 5}, {"packing": True}]
)
def test_the_same_seed_gives_the_same_weights_to_the_bit(run, options):
    (one, weights), (other, same) = run(max_steps=3, **options), run(max_steps=3, **options)
    assert losses(one) == losses(other)
    assert all(map(torch.equal, weights, same))


def test_another_data_seed_gives_another_order(run):
    one, other = (run(per_device_train_batch_size=3, data_seed=seed)[0] for seed in (1, 2))
    assert losses(one) != losses(other)


def test_accumulated_batches_make_the_step_of_one_large_batch(run):
    whole, _ = run(max_steps=2, per_device_train_batch_size=12)
    parts, _ = run(max_steps=2, per_device_train_batch_size=3, gradient_accumulation_steps=4)
    assert losses(parts) == pytest.approx(losses(whole), rel=2e-3)
    assert parts.curve[0].grad_norm == pytest.approx(whole.curve[0].grad_norm, rel=1e-2)


def test_gradient_checkpointing_computes_twice_and_changes_no_loss(run):
    plain, _ = run(max_steps=2, per_device_train_batch_size=12)
    calls = []

    def count(model):
        layer = model.get_base_model().model.layers[0].input_layernorm
        layer.register_forward_hook(lambda *given: calls.append(given))

    thrifty, _ = run(
        spoil=count, max_steps=2, per_device_train_batch_size=12, gradient_checkpointing=True
    )
    assert losses(thrifty) == pytest.approx(losses(plain), rel=2e-3)
    assert len(calls) == 4


def test_neftune_puts_noise_on_the_embeddings_of_training_only(run, base, rows):
    quiet, noisy = (run(max_steps=1, neftune_noise_alpha=alpha)[0] for alpha in (None, 20))
    assert abs(losses(noisy)[0] - losses(quiet)[0]) > 0.01
    assert mean_loss(base, rows, size=4) == mean_loss(base, rows, size=4)
    assert not base.model.embed_tokens._forward_hooks


def test_gradients_are_clipped_to_the_norm_asked_for_and_zero_clips_nothing(run):
    _, clipped = run(max_steps=2, max_grad_norm=1e-6, adam_epsilon=1e-2)
    _, free = run(max_steps=2, max_grad_norm=0, adam_epsilon=1e-2)
    moved = [sum(float(each.abs().sum()) for each in made[1::2]) for made in (clipped, free)]
    assert moved[0] < moved[1] / 100  # every second matrix is a B, which begins at zero


def test_the_schedule_warms_up_and_falls_to_zero(run):
    done, _ = run(max_steps=4, learning_rate=1e-3, warmup_steps=0.5)
    rates = [point.learning_rate for point in done.curve]
    assert rates == pytest.approx([0, 0.5e-3, 1e-3, 0.5e-3])


def test_the_eval_loss_is_measured_as_often_as_asked(run):
    done, _ = run(max_steps=5, eval_share=0.25, eval_steps=2)
    assert [step for step, _ in done.held_out] == [2, 4, 5]
    assert all(math.isfinite(loss) for _, loss in done.held_out)


def test_the_eval_loss_is_the_mean_over_labelled_tokens(base, rows):
    one, other = rows[:1], rows[2:4]
    counts = [sum(row.labels for row in part) for part in (one, other)]
    parts = [
        mean_loss(base, part, size=2) * count
        for part, count in zip((one, other), counts, strict=True)
    ]
    together = mean_loss(base, [*one, *other], size=2)
    assert together == pytest.approx(sum(parts) / sum(counts), rel=5e-3)


TURNS = {"eval_share": 0.25, "eval_steps": 1, "lr_scheduler_type": "constant_with_warmup"}
"""A training that measures the eval loss after every step, and whose steps do not depend on how many there are."""


@pytest.fixture
def eval_losses(monkeypatch):
    """Return a function that sets the eval losses which are measured, in order."""

    def scripted(*values):
        left = iter(values)
        monkeypatch.setattr("ftdojo.training.loop.mean_loss", lambda *rows, **how: next(left))

    return scripted


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_weights_of_the_lowest_eval_loss_are_kept(run, eval_losses, method):
    eval_losses(3.0, 1.0, 2.0, 1.0, 3.0, 2.0)
    turned, kept = run(max_steps=4, method=method, **TURNS)
    _, best = run(max_steps=2, method=method, **TURNS)
    assert (turned.weights_step, len(turned.curve)) == (2, 4)
    assert all(map(torch.equal, kept, best))


def test_a_plateau_keeps_the_weights_before_it(run, eval_losses):
    eval_losses(3.0, 1.0, 2.0, 2.0)
    done, _ = run(watch=Watch(patience=2), max_steps=9, **TURNS)
    assert (done.stopped, len(done.curve), done.weights_step) == ("plateau", 4, 2)


def test_an_eval_loss_that_still_falls_keeps_the_last_weights(run, eval_losses):
    eval_losses(3.0, math.nan, 1.0)
    done, _ = run(max_steps=3, **TURNS)
    assert done.weights_step == 3


def test_without_an_eval_split_the_last_weights_are_kept(run):
    assert run(max_steps=3)[0].weights_step == 3


def test_a_training_out_of_time_stops_after_its_first_step(run):
    done, _ = run(watch=Watch(seconds=0.0), max_steps=5)
    assert (done.stopped, len(done.curve), done.planned_steps) == ("over-budget", 1, 5)


def test_a_training_out_of_time_at_its_last_step_is_finished(run):
    done, _ = run(watch=Watch(seconds=0.0), max_steps=1)
    assert done.stopped == "finished"


def test_a_plateau_stops_the_training(run):
    watch = Watch(patience=1, threshold=10.0)
    done, _ = run(watch=watch, max_steps=9, eval_share=0.25, eval_steps=1)
    assert (done.stopped, len(done.curve)) == ("plateau", 2)


def test_a_loss_that_is_no_number_stops_the_training(run):
    def spoil(model):
        model.get_base_model().model.norm.weight.data.fill_(math.nan)

    done, _ = run(spoil=spoil, max_steps=5)
    assert (done.stopped, len(done.curve)) == ("diverged", 1)
    assert math.isnan(done.curve[0].loss)


def test_rows_are_weighted_by_their_labels_not_by_their_batch(base, folder, rows):
    """One row with one label and eleven with many: each token counts alike."""
    lone = replace(rows[0], labelled=(False,) * (len(rows[0].ids) - 1) + (True,))
    config = TrainConfig(
        max_steps=1, per_device_train_batch_size=1, gradient_accumulation_steps=2, warmup_steps=0
    )
    with trainable(base, config, folder=folder) as model:
        expected = mean_loss(model, [lone, rows[5]], size=1)
        done = train(model, [lone, rows[5]], config, watch=Watch())
    assert done.curve[0].loss == pytest.approx(expected, rel=5e-3)
