"""Edit distance and BLEU, each against another way to the same figure."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.chemistry.published import bleu, levenshtein

SMILES = st.text(alphabet="CNO()=1", max_size=7)


def slow(one, other):
    if not one or not other:
        return len(one) + len(other)
    changed = slow(one[1:], other[1:]) + (one[0] != other[0])
    return min(changed, slow(one[1:], other) + 1, slow(one, other[1:]) + 1)


@given(SMILES, SMILES)
@settings(max_examples=30, deadline=None)
def test_the_edit_distance_is_that_of_its_definition(one, other):
    assert levenshtein(one, other) == slow(one, other)


def test_bleu_is_the_geometric_mean_of_the_shares_of_runs():
    # Runs shared: 4 of 5, 3 of 4, 2 of 3, 1 of 2; as long as the right text.
    assert bleu([("CCCCN", "CCCCO")]) == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)


def test_a_shorter_text_is_marked_down():
    assert bleu([("CCCC", "CCCCCC")]) == pytest.approx(math.exp(1 - 6 / 4))


@pytest.mark.parametrize(("given_", "right"), [("", "CCO"), ("NN", "CCO"), ("CCO", "CCO")])
def test_without_a_shared_run_of_every_length_bleu_is_0(given_, right):
    assert bleu([(given_, right)]) == pytest.approx(0.0)
