"""What answers prompts: the seam behind which another inference engine fits."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ftdojo.records import Completion, Decoding, Message, Weights


class Engine(Protocol):
    """Answers prompts with the run's base model, or with trained weights on it.

    A run scores its base and all of its experiments with one engine, so that no difference between engines is taken for
    a gain. ``ftdojo.testing.contracts.EngineContract`` is the promise as tests.
    """

    def identity(self) -> tuple[str, ...]:
        """Return what the completions depend on beside base, weights, prompts and decoding: a name, versions, a format.

        It is part of the key under which scores are kept; equal identities must give equal completions.
        """
        ...

    def start(self) -> None:
        """Get ready, so that the first ``generate`` is as fast as the next; does nothing where there is nothing to do."""
        ...

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, decoding: Decoding, weights: Weights | None
    ) -> Sequence[Completion]:
        """Return ``decoding.samples`` completions of each prompt, side by side, in the order of ``prompts``.

        ``weights`` is None for the untouched base. With temperature 0, equal arguments give equal completions.

        Raises:
            WorkerError: they cannot be had; what a second try may give was tried.
        """
        ...

    def close(self) -> None:
        """Give back what it holds (a process, a device); a later ``generate`` takes it again."""
        ...


@runtime_checkable
class Calibrating(Protocol):
    """An engine that computes here, and so can tell how busy the machine is; what is reserved for the end follows it."""

    def calibrate(self) -> float:
        """Return the seconds that a fixed piece of work takes now, about as long as a few tokens of a batch.

        Raises:
            WorkerError: it cannot be done.
        """
        ...
