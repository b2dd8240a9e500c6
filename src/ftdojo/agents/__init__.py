"""Agents that play in the dojo, and the loop that lets them. They see it only through the protocol."""

from ftdojo.agents.enlisting import Backed, Backing, Enlisted, Factory, enlist
from ftdojo.agents.play import play
from ftdojo.registry import Registry

agents: Registry[Factory | type[Backed]] = Registry(
    "agent",
    {
        "base": "ftdojo.agents.baselines:BaseAgent",
        "explorer": "ftdojo.agents.explorer:Explorer",
        "ft-agent": "ftdojo.agents.ft_agent.agent:FtAgent",
        "react": "ftdojo.agents.react.agent:React",
        "random": "ftdojo.agents.baselines:RandomAgent",
        "script": "ftdojo.agents.manual:Script",
        "human": "ftdojo.agents.manual:Human",
    },
)
"""Name -> what makes the agent, from a seed or from what a run lends (``Backed``)."""

__all__ = ["Backed", "Backing", "Enlisted", "agents", "enlist", "play"]
