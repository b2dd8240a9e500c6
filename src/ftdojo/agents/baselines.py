"""random draws from Explorer's own space until the time is up: the yardstick that any search has to beat.

base trains nothing and keeps the base model: the zero that every agent is measured from.
"""

import math
import random

from ftdojo.agents.recipes import Recipe, cost, fitted, submission
from ftdojo.records import Action, Finish, Observation, Train

LEAST_ROWS, MOST_ROWS = 32, 2000
MARGIN = 0.9


class RandomAgent:
    """Draws sources, sizes and options at random; selects the best by the dojo's own statistics.

    Args:
        seed: decides every draw, together with the number of experiments so far.
    """

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def act(self, observation: Observation) -> Action:
        """Return the next action."""
        rng = random.Random(f"random/{self._seed}/{len(observation.experiments)}")
        cap = observation.budget.max_rows
        most = cost(observation).rows(observation.outlook.left_s * MARGIN)
        if most < LEAST_ROWS:
            return Finish(experiment=observation.best)
        drawn = _draw(rng, observation, most=min(most, cap or MOST_ROWS, MOST_ROWS))
        recipe = fitted(drawn, observation.sources, passes=drawn.rows, cap=cap) or drawn
        why = "Drawn at random from Explorer's space."
        made = submission(recipe, observation, parent="base", why=why, predicted=None)
        return Train(submission=made)


def _draw(rng: random.Random, observation: Observation, *, most: int) -> Recipe:
    names = [card.name for card in observation.sources]
    count = rng.choice([1, 1, 2, 3])
    chosen = rng.sample(names, min(count, len(names)))
    return Recipe(
        phase="random",
        sources={name: 1 / len(chosen) for name in chosen},
        rows=round(
            math.exp(rng.uniform(math.log(LEAST_ROWS), math.log(max(most, LEAST_ROWS + 1))))
        ),
        task_prompt=rng.random() < 0.75,
        distinct=rng.random() < 0.75,
        learning_rate=round(math.exp(rng.uniform(math.log(1e-4), math.log(4e-3))), 6),
        r=rng.choice([4, 8, 16, 32]),
        batch=rng.choice([4, 8, 16]),
    )


class BaseAgent:
    """Finishes at once, with the base.

    Args:
        seed: not used; there is nothing to decide.
    """

    name = "base"

    def __init__(self, seed: int = 0) -> None:
        pass

    def act(self, observation: Observation) -> Action:
        """Return ``Finish``."""
        return Finish()
