"""greedy: always from the best so far, as the paper's FT-Agent does."""

import random

from ftdojo.search.policy import Proposal
from ftdojo.search.tree import Tree

PATIENCE = 3
"""After this many experiments in a row from the same parent without a gain, something unlike them is asked for."""


class Greedy:
    """Builds on the experiment the dojo stands by."""

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
