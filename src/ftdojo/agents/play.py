"""The whole loop: ask the agent, carry out, until the run has its result."""

from collections.abc import Callable

from ftdojo.dojo import Dojo
from ftdojo.records import Agent, Attentive, Step


def play(agent: Agent, dojo: Dojo, *, on_step: Callable[[Step], None] = lambda step: None) -> Step:
    """Let ``agent`` play ``dojo`` to its end and return the last step.

    An action that a killed controller had begun is carried out first, without asking again.
    """
    observation = dojo.reset()
    while True:
        step = dojo.step(dojo.begun() or agent.act(observation))
        on_step(step)
        if step.terminated or step.truncated:
            if isinstance(agent, Attentive):
                agent.ended(step.observation)
            return step
        observation = step.observation
