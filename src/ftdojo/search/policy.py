"""The seam of the room: a run's tree, what a policy is asked about it, and what it answers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ftdojo.records import BASE, Observation


@dataclass(frozen=True, kw_only=True)
class Node:
    """One experiment. ``gain`` is its validation score over the base's, positive when better; ``None``: it failed."""

    id: str
    parent: str
    gain: float | None


@dataclass(frozen=True, kw_only=True)
class Tree:
    """All experiments of a run in order, below the base. ``best`` is the dojo's own choice among them, or ``base``."""

    nodes: tuple[Node, ...] = ()
    best: str = BASE

    def children(self, name: str) -> tuple[Node, ...]:
        """Return the experiments that were built on ``name``, in order."""
        return tuple(node for node in self.nodes if node.parent == name)

    def below(self, name: str) -> Iterator[Node]:
        """Yield every experiment below ``name``."""
        for child in self.children(name):
            yield child
            yield from self.below(child.id)

    def gain(self, name: str) -> float | None:
        """Return the gain of ``name``; 0 for the base, ``None`` for what failed."""
        return 0.0 if name == BASE else next(each.gain for each in self.nodes if each.id == name)


def tree_of(seen: Observation) -> Tree:
    """Return the tree of a run's experiments. What the infrastructure lost is left out: it says nothing."""
    sign = 1.0 if seen.task.direction == "higher" else -1.0
    base = seen.base.score.score
    nodes = tuple(
        Node(
            id=each.id,
            parent=each.parent,
            gain=sign * (each.evaluation.score.score - base) if each.evaluation else None,
        )
        for each in seen.experiments
        if not (each.failure and each.failure.refunded)
    )
    return Tree(nodes=nodes, best=seen.best)


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
