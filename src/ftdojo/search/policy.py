"""The seam of the room: what a policy is asked, and what it answers."""

import random
from dataclasses import dataclass
from typing import Protocol

from ftdojo.search.tree import Tree


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Where to go on.

    ``parent`` is an experiment's id or ``base``. ``candidates`` is how many submissions are to be drafted and checked,
    of which the most promising one is trained. ``exploring`` asks for something unlike what was tried from there.
    """

    parent: str
    why: str
    candidates: int = 1
    exploring: bool = False


class Policy(Protocol):
    """Chooses the experiment to build on. Asked once before each plan; holds no state."""

    name: str

    def propose(self, tree: Tree, rng: random.Random) -> Proposal:
        """Return the next place to go on from. Equal trees and equal states of ``rng`` give equal answers."""
        ...
