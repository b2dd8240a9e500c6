"""Policies: where a search goes on."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UnknownName
from ftdojo.records import BASE
from ftdojo.search import Node, Tree, policies


def grown(*gains, parents=()):
    parents = parents or [BASE] * len(gains)
    nodes = tuple(
        Node(id=f"e{at}", parent=parent, gain=gain)
        for at, (gain, parent) in enumerate(zip(gains, parents, strict=True), 1)
    )
    scored = {node.id: node.gain for node in nodes if node.gain is not None}
    return Tree(nodes=nodes, best=max(scored, key=scored.get, default=BASE))


def proposed(name, tree, seed=0):
    return policies.get(name).propose(tree, random.Random(seed))


@pytest.mark.parametrize("name", ["greedy", "tree", "best-of"])
def test_a_search_begins_at_the_base(name):
    assert proposed(name, Tree()).parent == BASE


def test_greedy_goes_on_from_the_best_and_asks_for_something_new_when_stuck():
    tree = grown(0.3, 0.1)
    assert proposed("greedy", tree).parent == "e1"
    assert not proposed("greedy", tree).exploring
    stuck = grown(0.3, 0.1, 0.1, None, parents=[BASE, "e1", "e1", "e1"])
    assert proposed("greedy", stuck).exploring


def test_best_of_drafts_several_candidates_from_the_best():
    chosen = proposed("best-of", grown(0.1, 0.2))
    assert (chosen.parent, chosen.candidates) == ("e2", 3)


def test_the_tree_widens_the_base_before_it_goes_deep_and_then_follows_the_better_child():
    assert proposed("tree", grown(0.3)).parent == BASE
    assert proposed("tree", grown(0.3, 0.0)).parent in {BASE, "e1"}
    assert proposed("tree", grown(0.5, 0.0, 0.0)).parent == "e1"


def test_nothing_is_built_on_a_failure():
    for name in policies:
        for seed in range(20):
            assert proposed(name, grown(None, None, None, None, None), seed).parent == BASE


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(st.none(), st.floats(-1, 1)), max_size=30), st.integers(0, 99))
def test_the_tree_leaves_no_promising_line_alone_and_repeats_itself(gains, seed):
    nodes = []
    for at, gain in enumerate(gains, 1):
        tree = Tree(nodes=tuple(nodes))
        parent = proposed("tree", tree, seed).parent
        assert parent == proposed("tree", tree, seed).parent
        assert tree.gain(parent) is not None
        nodes.append(Node(id=f"e{at}", parent=parent, gain=gain))
    assert {node.parent for node in nodes} <= {BASE, *(node.id for node in nodes)}


def test_in_the_long_run_the_tree_spends_most_on_the_line_that_pays():
    nodes = [
        Node(id="e1", parent=BASE, gain=0.5),
        Node(id="e2", parent=BASE, gain=0.0),
    ]
    for at in range(3, 40):
        parent = proposed("tree", Tree(nodes=tuple(nodes)), at).parent
        worth = 0.5 if parent != "e2" else 0.0
        nodes.append(Node(id=f"e{at}", parent=parent, gain=worth))
    tree = Tree(nodes=tuple(nodes))
    assert len(list(tree.below("e1"))) > 2 * len(list(tree.below("e2")))


def test_a_policy_misspelt_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownName, match=r"Did you mean 'greedy'.* 'ftdojo\.policies'"):
        policies.get("gredy")
