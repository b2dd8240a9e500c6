"""best-of: several candidates from the best so far climb the cheap ladder, and the most promising one is trained."""

import random
from dataclasses import replace

from ftdojo.search.greedy import GREEDY
from ftdojo.search.policy import Proposal
from ftdojo.search.tree import Tree

CANDIDATES = 3


class BestOf:
    """Greedy in where it goes on, and choosy in what is trained."""

    name = "best-of"

    def propose(self, tree: Tree, rng: random.Random) -> Proposal:
        """Return the best so far, with several candidates to be drafted from it."""
        return replace(GREEDY.propose(tree, rng), candidates=CANDIDATES)


BEST_OF = BestOf()
