"""Search policies: from which experiment to go on. Pure functions of the run's tree; they run nothing themselves."""

from ftdojo.registry import Registry
from ftdojo.search.policy import Policy, Proposal
from ftdojo.search.tree import Node, Tree, tree_of

policies: Registry[Policy] = Registry(
    "policy",
    {
        "greedy": "ftdojo.search.greedy:GREEDY",
        "tree": "ftdojo.search.uct:UCT",
        "best-of": "ftdojo.search.best_of:BEST_OF",
    },
)
"""Name -> the policy."""

__all__ = ["Node", "Policy", "Proposal", "Tree", "policies", "tree_of"]
