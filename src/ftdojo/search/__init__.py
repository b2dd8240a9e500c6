"""Search policies: from which experiment to go on. Pure functions of the run's tree; they run nothing themselves."""

from ftdojo.registry import Registry
from ftdojo.search.policy import Node, Policy, Proposal, Tree, tree_of

policies: Registry[Policy] = Registry(
    "policy",
    {
        "greedy": "ftdojo.search.policy:GREEDY",
        "tree": "ftdojo.search.policy:UCT",
        "best-of": "ftdojo.search.policy:BEST_OF",
    },
)
"""Name -> the policy."""

__all__ = ["Node", "Policy", "Proposal", "Tree", "policies", "tree_of"]
