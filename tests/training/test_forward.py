from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from ftdojo.training.encode import Encoded, pack
from ftdojo.training.forward import MIN_SHARED, collate, loss_sum, shared_start

CPU = torch.device("cpu")


@pytest.fixture
def open_base(base):
    return base.requires_grad_(True)


@pytest.fixture
def other():
    """An architecture whose output layer is not run apart."""
    torch.manual_seed(0)
    small = GPT2Config(n_layer=2, n_head=2, n_embd=32, vocab_size=260, n_positions=256)
    return GPT2LMHeadModel(small).eval()


def plain(model, rows):
    """The oracle: every row alone, every logit made, the loss by hand."""
    total = torch.zeros(())
    for row in rows:
        ids = torch.tensor(row.ids)
        logs = model(input_ids=ids[None]).logits[0, :-1].log_softmax(-1)
        wanted = torch.tensor(row.labelled[1:])
        total = total - logs.gather(-1, ids[1:, None])[wanted].sum()
    return total


def ours(model, rows, shared=0):
    return loss_sum(model, collate(rows, shared=shared, pad=0, device=CPU))


def gradients(model, loss):
    return torch.autograd.grad(loss, list(model.parameters()))


@pytest.mark.parametrize("share", [True, False])
def test_loss_and_gradients_are_those_of_the_plain_forward(open_base, rows, share):
    shared = shared_start(rows) if share else 0
    assert (shared > MIN_SHARED) == share
    loss, count = ours(open_base, rows, shared)
    expected = plain(open_base, rows)
    assert count == sum(row.labels for row in rows)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=0)
    pairs = zip(gradients(open_base, loss), gradients(open_base, expected), strict=True)
    for found, wanted in pairs:
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4 * float(wanted.abs().max()))


def test_another_architecture_has_the_same_loss_as_its_plain_forward(other, rows):
    loss, _ = ours(other, rows, shared_start(rows))
    torch.testing.assert_close(loss, plain(other, rows), rtol=1e-5, atol=0)


@pytest.mark.parametrize("kind", ["open_base", "other"])
def test_packed_rows_have_the_loss_of_the_rows_apart(request, kind, rows):
    model = request.getfixturevalue(kind)
    packed = pack(rows, max_length=120)
    assert len(packed) < len(rows)
    torch.testing.assert_close(ours(model, packed)[0], plain(model, rows), rtol=1e-5, atol=0)


def test_a_packed_row_does_not_see_the_one_before_it(open_base, rows):
    first, second = rows[1], rows[2]
    silent = replace(first, labelled=(False,) * len(first.ids))
    changed = replace(silent, ids=tuple(each % 250 + 5 for each in silent.ids))
    size = len(first.ids) + len(second.ids)
    one, other = (
        ours(open_base, pack([each, second], max_length=size))[0] for each in (silent, changed)
    )
    torch.testing.assert_close(one, other, rtol=1e-6, atol=0)


def test_padding_changes_no_loss(open_base, rows):
    short = min(rows, key=lambda row: len(row.ids))
    alone = ours(open_base, [short])[0]
    padded = ours(open_base, [short, *rows])[0] - ours(open_base, rows)[0]
    torch.testing.assert_close(alone, padded, rtol=1e-3, atol=1e-3)


@st.composite
def alike(draw):
    """Rows that start alike for a while, each with loss on its end."""
    start = draw(st.lists(st.integers(0, 9), max_size=30))
    ends = draw(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=9), min_size=1))
    rows = []
    for end in ends:
        ids = (*start, *end)
        quiet = draw(st.integers(0, len(ids)))
        loud = (True,) * (len(ids) - quiet)
        rows.append(Encoded(ids=ids, labelled=(False,) * quiet + loud))
    return rows


@given(alike())
def test_a_shared_start_is_shared_by_all_and_ends_before_any_loss(rows):
    length = shared_start(rows)
    assert length == 0 or length >= MIN_SHARED
    assert len({row.ids[:length] for row in rows}) == 1
    assert not any(any(row.labelled[: length + 1]) for row in rows if length)
    assert all(len(row.ids) > length for row in rows)


@given(alike())
def test_a_batch_holds_every_token_and_every_label(rows):
    shared = shared_start(rows)
    batch = collate(rows, shared=shared, pad=99, device=CPU)
    joined = [
        [*batch.shared.tolist(), *(each for each in own if each != 99)]
        for own in batch.ids.tolist()
    ]
    assert joined == [list(row.ids) for row in rows]
    assert batch.gold.tolist() == [
        token
        for row in rows
        for token, loud in zip(row.ids[1:], row.labelled[1:], strict=True)
        if loud
    ]
    assert batch.tokens == sum(len(row.ids) for row in rows)


def test_packed_rows_share_no_start(rows):
    assert shared_start(pack(rows, max_length=120)) == 0
