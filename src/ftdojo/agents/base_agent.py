"""base: trains nothing and keeps the base model, the zero that every agent is measured from."""

from ftdojo.records import Action, Finish, Observation


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
