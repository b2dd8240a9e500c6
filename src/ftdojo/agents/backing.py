"""What a run lends to an agent that needs more than a seed: a language model, and a place for its notes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

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
