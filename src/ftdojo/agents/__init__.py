"""Agents that play in the dojo, and the loop that lets them. They see it only through the protocol."""

from collections.abc import Callable

from ftdojo.agents.play import play
from ftdojo.records import Agent
from ftdojo.registry import Registry

agents: Registry[Callable[[int], Agent]] = Registry(
    "agent",
    {
        "explorer": "ftdojo.agents.explorer:Explorer",
        "random": "ftdojo.agents.random_agent:RandomAgent",
    },
)
"""Name -> what makes the agent from a seed."""

__all__ = ["agents", "play"]
