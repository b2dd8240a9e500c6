"""Samples are drawn from the distribution that temperature and top_p say, each row from a stream of its own."""

import pytest
import torch

from ftdojo.inference.picking import Picker, sampled
from ftdojo.records import Decoding

LOGITS = torch.tensor([2.0, 1.0, 0.0, -4.0])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_softmax_at_the_temperature(temperature):
    draws = (torch.arange(100_000) + 0.5) / 100_000
    found = sampled(
        LOGITS.expand(len(draws), -1), draws, temperature=temperature, top_p=1.0
    ).bincount(minlength=4)
    expected = (LOGITS / temperature).softmax(-1)
    torch.testing.assert_close(found / len(draws), expected, atol=2e-4, rtol=0)


def test_the_tail_beyond_top_p_is_never_drawn():
    shares = LOGITS.softmax(-1)
    draws = torch.linspace(0, 0.99999, 1000)
    for kept in (1, 2, 3):
        top_p = float(shares[:kept].sum()) - 1e-3
        found = sampled(LOGITS.expand(1000, -1), draws, temperature=1.0, top_p=top_p)
        assert set(found.tolist()) == set(range(kept))


def test_temperature_zero_is_greedy_whatever_else_is_said():
    picker = Picker(Decoding(max_new_tokens=1, top_p=0.1, seed=7), [0, 1])
    assert picker.following(torch.stack([LOGITS, LOGITS.flip(0)]), [0, 1]).tolist() == [0, 3]


def test_a_row_draws_the_same_whoever_is_decoded_beside_it():
    decoding = Decoding(max_new_tokens=9, temperature=1.0, seed=3)
    flat = torch.zeros(1, 1000)

    def drawn(places, row):
        picker = Picker(decoding, places)
        return [
            picker.following(flat.expand(len(places), -1), range(len(places)))[row].item()
            for _ in range(9)
        ]

    alone = drawn([5], 0)
    assert drawn([2, 5, 9], 1) == alone
    assert drawn([2, 5, 9], 0) != alone
