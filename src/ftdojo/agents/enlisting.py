"""Names to agents: those that play with a seed, and those that need what a run lends.

Whatever can be wrong with an agent's name, class or options is found here, before anything is spent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import cast

from ftdojo.agents.backing import Backed, Backing, Factory, no_llm
from ftdojo.dojo import Dojo
from ftdojo.errors import UsageError
from ftdojo.records import Agent

AGENT = "agent"
"""The folder of a run that is its agent's own."""


@dataclass(frozen=True, kw_only=True)
class Enlisted:
    """An agent that was found fit to play; ``enter`` makes it, once there is a run."""

    name: str
    seed: int
    made: Agent | type[Backed]
    options: Mapping[str, str] = field(default_factory=dict)

    def require(self, *, llm: bool) -> None:
        """Refuse to play without what the agent needs; ``llm`` says whether a language model was named.

        Raises:
            UsageError: it needs one, and there is none.
        """
        if isinstance(self.made, type) and self.made.needs_llm() and not llm:
            raise no_llm(self.name)

    def enter(self, dojo: Dojo) -> Agent:
        """Return the agent, with what the run of ``dojo`` lends."""
        if not isinstance(self.made, type):
            return self.made
        backing = Backing(
            seed=self.seed,
            run=dojo.run,
            folder=dojo.folder.path / AGENT,
            llm=dojo.llm(),
            options=self.options,
        )
        return self.made.backed(backing)


def enlist(name: str, *, seed: int, options: Mapping[str, str] | None = None) -> Enlisted:
    """Find the agent called ``name``.

    Raises:
        UnknownName: nobody is called that, or an option does not exist.
        UsageError: what the name leads to makes no agent, or an option is wrong.
    """
    from ftdojo.agents import agents

    found, options = agents.get(name), options or {}
    if isinstance(found, type) and issubclass(found, Backed):
        found.check(options)
        return Enlisted(name=name, seed=seed, made=found, options=options)
    if options:
        raise UsageError(
            f"The agent {name!r} has no options, so it cannot take {', '.join(options)}; leave them out."
        )
    factory = cast(Factory, found)
    made = factory(seed) if _takes_one(factory) else None
    if not callable(getattr(made, "act", None)):
        raise UsageError(
            f"The agent {name!r} does not take a seed and return something with act(observation); name a class or "
            "function that does."
        )
    return Enlisted(name=name, seed=seed, made=cast(Agent, made))


def _takes_one(factory: Factory) -> bool:
    try:
        signature(factory).bind(0)
    except (
        TypeError,
        ValueError,
    ):  # not callable, not with one argument, or nothing is known of it
        return False
    return True
