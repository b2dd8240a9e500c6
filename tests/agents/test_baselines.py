"""Random: always inside Explorer's space, and it ends by itself."""

import pytest

from ftdojo.agents import agents
from ftdojo.agents.baselines import RandomAgent
from ftdojo.records import FailureKind, Finish, Train
from ftdojo.submissions import Plan, TrainConfig, read_plan, read_script, read_train


@pytest.mark.parametrize("seed", range(6))
def test_every_draw_passes_the_static_rung_and_lies_in_the_space(play_out, world, seed):
    played = play_out(RandomAgent(seed), world(left_s=2000.0))
    for made in (each.submission for each in played.actions if isinstance(each, Train)):
        config = read_train(made.train)
        assert isinstance(config, TrainConfig)
        assert isinstance(read_plan(made.plan), Plan)
        assert read_script(made.data) is None
        assert 1e-4 <= config.learning_rate <= 4e-3
    assert all(set(each.sources) <= set(world().worth) for each in played.recipes)
    assert all(abs(sum(each.sources.values()) - 1) < 1e-9 for each in played.recipes)


@pytest.mark.parametrize("left_s", [0.0, 5.0, 30.0, 700.0])
def test_it_ends_with_the_best_when_nothing_more_fits(play_out, world, left_s):
    played = play_out(RandomAgent(), world(left_s=left_s))
    assert played.actions[-1] == Finish(experiment=played.world.see().best)
    assert played.world.left_s >= -2


def test_it_ends_even_if_everything_fails(play_out, world):
    lost = world(fails=lambda recipe, earlier: FailureKind.DATA_SCRIPT, left_s=300.0)
    assert play_out(RandomAgent(), lost).actions[-1] == Finish(experiment="base")


def test_seeds_draw_differently(play_out, world):
    drawn = [play_out(RandomAgent(seed), world()).recipes[0] for seed in range(4)]
    assert len({str(each) for each in drawn}) == 4


@pytest.mark.parametrize("name", ["explorer", "random"])
def test_agents_are_made_from_a_seed_by_their_name(name):
    assert agents.get(name)(3).name == name
