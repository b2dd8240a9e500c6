"""Search policies: the seam (a run's tree, what a policy is asked about it, what it answers), and greedy, best-of and tree.

From the base downwards, the child with the highest upper confidence bound is followed (Kocsis and Szepesvari 2006),
until a node is met that may still get another child: one with fewer than ``visits ** WIDENING`` (Coulom 2007). Gains are
scaled to [0, 1] over the run, and a node's worth is the best gain at or below it rather than their mean: a line of
experiments is as good as the model that it led to.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
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


EXPLORATION = 0.7
WIDENING = 0.6


class Uct:
    """Balances what did well against what was hardly tried."""

    name = "tree"

    def propose(self, tree: Tree, rng: random.Random) -> Proposal:
        """Return the node to widen; ties are broken by ``rng``."""
        here = BASE
        while not _may_widen(tree, here) and (alive := _alive(tree, here)):
            here = _favourite(tree, here, alive, rng)
        children = len(tree.children(here))
        why = f"{here} has {children} of the children that its {_visits(tree, here)} visits allow."
        return Proposal(parent=here, why=why, exploring=children > 0)


def _may_widen(tree: Tree, name: str) -> bool:
    return len(tree.children(name)) < math.ceil(math.pow(_visits(tree, name), WIDENING))


def _alive(tree: Tree, name: str) -> list[Node]:
    """Return the children that have weights; nothing is built on a failure."""
    return [child for child in tree.children(name) if child.gain is not None]


def _favourite(tree: Tree, name: str, alive: list[Node], rng: random.Random) -> str:
    total = math.log(_visits(tree, name))
    bounds = {
        child.id: _worth(tree, child) + EXPLORATION * math.sqrt(total / _visits(tree, child.id))
        for child in alive
    }
    most = max(bounds.values())
    return rng.choice([each for each, bound in bounds.items() if bound == most])


def _visits(tree: Tree, name: str) -> int:
    return 1 + sum(1 for _ in tree.below(name))


def _worth(tree: Tree, node: Node) -> float:
    """Return the best gain at or below ``node``, where 0 is the worst of the run and 1 the best."""
    gains = [each.gain for each in tree.nodes if each.gain is not None]
    low, high = min([0.0, *gains]), max([0.0, *gains])
    below = [each.gain for each in (node, *tree.below(node.id)) if each.gain is not None]
    return (max(below) - low) / (high - low) if high > low else 0.5


UCT = Uct()


PATIENCE = 3
"""After this many experiments in a row from the same parent without a gain, something unlike them is asked for."""


class Greedy:
    """Builds on the selected experiment."""

    name = "greedy"

    def propose(self, tree: Tree, rng: random.Random) -> Proposal:
        """Return the best so far."""
        tried = tree.children(tree.best)
        stuck = len(tried) >= PATIENCE
        why = f"{tree.best} is the best so far"
        if stuck:
            why += f"; {len(tried)} experiments from it brought nothing, so something unlike them is due"
        return Proposal(parent=tree.best, why=f"{why}.", exploring=stuck)


GREEDY = Greedy()


CANDIDATES = 3


class BestOf:
    """Greedy in where it goes on, and choosy in what is trained."""

    name = "best-of"

    def propose(self, tree: Tree, rng: random.Random) -> Proposal:
        """Return the best so far, with several candidates to be drafted from it."""
        return replace(GREEDY.propose(tree, rng), candidates=CANDIDATES)


BEST_OF = BestOf()
