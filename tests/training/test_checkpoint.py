"""A training that is killed goes on from what it kept to the weights that it would have made, bit for bit."""

import json
import time

import pytest
import torch
from safetensors import safe_open

from ftdojo.submissions import TrainConfig
from ftdojo.training.adapt import trainable
from ftdojo.training.loop import train
from ftdojo.training.watch import Keeping, Watch

HARD = {
    "lora_dropout": 0.2,
    "neftune_noise_alpha": 5,
    "eval_share": 0.25,
    "eval_steps": 2,
    "gradient_accumulation_steps": 2,
    "lr_scheduler_type": "cosine",
}


class Killed(Exception):
    pass


@pytest.fixture
def keeping(tmp_path):
    return Keeping(file=tmp_path / "checkpoint.safetensors", key="this one", every_s=0.0)


@pytest.fixture
def run(base, folder, rows, pairs):
    """Train, up to a kill after so many steps if one is named; return the training and what it made."""

    def run(keeping=None, *, kill=0, sleep_s=0, seconds=None, **options):
        given = {"learning_rate": 2e-3, "max_steps": 7, "per_device_train_batch_size": 2}
        config, told = TrainConfig(**given | options), []

        def on_step(point):
            told.append(point)
            time.sleep(sleep_s)
            if kill and point.step == kill:
                raise Killed

        torch.rand(3)  # what another training left of the random numbers plays no part
        learnt = pairs(config.objective) if config.learns_pairs else rows
        with trainable(base, config, folder=folder) as model:
            watch = Watch(keeping=keeping, seconds=seconds)
            done = train(model, learnt, config, watch=watch, on_step=on_step)
            made = [each.detach().clone() for each in model.parameters() if each.requires_grad]
        return done, made, told

    return run


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Writing takes next to nothing here, and is not to be put off for it."""
    monkeypatch.setattr("ftdojo.training.checkpoint.COST_SHARE", float("inf"))


@pytest.mark.parametrize(
    "options",
    [
        HARD,
        {"method": "full", "packing": True, "max_length": 128},
        {"use_dora": True},
        {"objective": "dpo", "rpo_alpha": 0.5, "eval_share": 0.25, "eval_steps": 2},
    ],
    ids=["lora", "full", "dora", "dpo"],
)
def test_two_kills_leave_no_trace_in_the_weights(run, keeping, options):
    whole, expected, _ = run(**options)
    for kill in (3, 6):
        with pytest.raises(Killed):
            run(keeping, kill=kill, **options)
    done, made, told = run(keeping, **options)
    assert done.resumed_after == (2, 5), "the state is kept once a step is over"
    assert all(map(torch.equal, made, expected))
    assert [each.loss for each in done.curve] == [each.loss for each in whole.curve]
    assert (done.held_out, done.weights_step) == (whole.held_out, whole.weights_step)
    assert (done.tokens, tuple(told)) == (whole.tokens, done.curve)


def test_the_state_of_another_training_is_not_taken(run, keeping):
    with pytest.raises(Killed):
        run(keeping, kill=3)
    other = Keeping(file=keeping.file, key="another", every_s=60.0)
    assert run(other)[0].resumed_after == ()


@pytest.mark.parametrize(
    "spoil", [lambda whole: whole[:200], lambda whole: b"", lambda whole: b"x" * 99]
)
def test_a_damaged_state_begins_the_training_anew(run, keeping, spoil):
    with pytest.raises(Killed):
        run(keeping, kill=3)
    keeping.file.write_bytes(spoil(keeping.file.read_bytes()))
    done, made, _ = run(keeping)
    assert done.resumed_after == ()
    assert all(map(torch.equal, made, run()[1]))


def test_time_before_a_kill_is_counted_and_not_held_against_what_is_left(run, keeping):
    with pytest.raises(Killed):
        run(keeping, kill=3, sleep_s=2.0)
    done, _, _ = run(keeping, seconds=1.9)
    assert (done.stopped, done.resumed_after) == ("finished", (2,))
    assert done.seconds > done.curve[1].seconds > 2.0


def test_it_is_kept_as_tensors_and_json_and_not_before_its_time(run, keeping):
    rarely = Keeping(file=keeping.file, key="", every_s=60.0)
    run(rarely)
    assert not keeping.file.exists()
    run(keeping)
    assert [each.name for each in keeping.file.parent.iterdir()] == [keeping.file.name]
    with safe_open(keeping.file, framework="pt") as kept:
        state = json.loads(kept.metadata()["state"])
        assert {name.partition(".")[0] for name in kept.keys()} == {"weight", "adam", "random"}  # noqa: SIM118
    assert len(state["curve"]) == 7


def test_where_there_is_no_room_nothing_is_kept_and_training_goes_on(run, keeping, monkeypatch):
    monkeypatch.setattr("ftdojo.training.checkpoint.ROOM", 1e9)
    assert run(keeping)[0].stopped == "finished"
    assert not keeping.file.exists()
