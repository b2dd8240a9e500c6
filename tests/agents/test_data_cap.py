"""A cap on training rows: the searching agents stay within it without being told off."""

import pytest

from ftdojo.agents.baselines import RandomAgent
from ftdojo.agents.explorer import Explorer
from ftdojo.agents.recipes import recipe_of
from ftdojo.records import Budget, Check, Experiment, Status, Train


@pytest.mark.parametrize("agent", [Explorer(seed=0), RandomAgent(seed=0), RandomAgent(seed=1)])
def test_no_submission_asks_for_more_rows_than_the_cap(paper_world, agent):
    world = paper_world(Budget(wall_s=700.0, max_rows=40))
    asked = []
    for _ in range(8):
        action = agent.act(world.see())
        if isinstance(action, Train | Check):
            made = Experiment(
                id="x", parent="base", submission=action.submission, status=Status.DONE
            )
            asked.append(recipe_of(made).rows)
        world.carry_out(action)
    assert asked
    assert max(asked) <= 40


def test_a_cap_below_the_number_of_sources_leaves_some_of_them_to_look_at(paper_world):
    world = paper_world(Budget(wall_s=700.0, max_rows=1))
    look = Explorer(seed=0).act(world.see())
    made = Experiment(id="x", parent="base", submission=look.submission, status=Status.DONE)
    recipe = recipe_of(made)
    assert (recipe.rows, len(recipe.sources)) == (1, 1)
