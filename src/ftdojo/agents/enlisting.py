"""Names to agents: those that play with a seed, and those that need what a run lends: a language model, a place for notes.

Whatever can be wrong with an agent's name, class or options is found here, before anything is spent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from ftdojo.dojo import Dojo
from ftdojo.errors import UsageError
from ftdojo.llm import Llm
from ftdojo.records import Agent

Factory = Callable[[int], Agent]
"""What makes an agent from a seed."""


@dataclass(frozen=True, kw_only=True)
class Backing:
    """What one run lends to its agent.

    ``folder`` is the agent's own, in the run folder; what is written there survives a kill. ``options`` are the agent's,
    as they were given.
    """

    seed: int
    run: str
    folder: Path
    llm: Llm | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def require_llm(self, agent: str) -> Llm:
        """Return the run's language models.

        Raises:
            UsageError: it has none.
        """
        if self.llm is None:
            raise no_llm(agent)
        return self.llm


def no_llm(agent: str) -> UsageError:
    """Return the error for an agent that asks a language model in a run that has none."""
    return UsageError(
        f"The agent {agent!r} asks a language model and none was named; give one, such as --llm openai/gpt-5-mini, "
        "or choose --agent explorer, which needs none."
    )


@runtime_checkable
class Backed(Protocol):
    """An agent class that is made from a ``Backing`` rather than from a seed."""

    @classmethod
    def needs_llm(cls) -> bool:
        """Return whether it cannot play without a language model."""
        ...

    @classmethod
    def check(cls, options: Mapping[str, str]) -> None:
        """Refuse options the agent does not know, before anything is spent.

        Raises:
            UsageError: a name or a value is wrong.
        """
        ...

    @classmethod
    def backed(cls, backing: Backing) -> Agent:
        """Return an agent that plays with what the run lends."""
        ...


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
