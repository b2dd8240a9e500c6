from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.submissions import TrainConfig
from ftdojo.training.batches import batches, steps
from ftdojo.training.loop import parted, planned_steps

LENGTHS = st.lists(st.integers(1, 200), min_size=1, max_size=150)


@given(LENGTHS, st.integers(1, 9), st.integers(0, 99), st.integers(0, 3))
def test_an_epoch_sees_every_row_once_in_batches_of_the_size_asked_for(lengths, size, seed, epoch):
    made = batches(lengths, size=size, seed=seed, epoch=epoch)
    assert sorted(row for batch in made for row in batch) == list(range(len(lengths)))
    assert sorted(map(len, made), reverse=True)[:-1] == [size] * (len(made) - 1)


@given(LENGTHS, st.integers(1, 9), st.integers(0, 99), st.integers(0, 3))
def test_the_order_depends_on_nothing_else_than_seed_and_epoch(lengths, size, seed, epoch):
    one, other = (batches(lengths, size=size, seed=seed, epoch=epoch) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("change", [{"seed": 1}, {"epoch": 1}])
def test_another_seed_or_epoch_gives_other_neighbours(change):
    lengths = list(range(1, 400))
    one, other = (
        {frozenset(batch) for batch in batches(lengths, size=4, **given)}
        for given in ({"seed": 0, "epoch": 0}, {"seed": 0, "epoch": 0} | change)
    )
    assert len(one & other) < len(one) / 2


@given(LENGTHS, st.integers(1, 5), st.integers(1, 5))
def test_the_steps_planned_for_an_epoch_see_every_row_once(lengths, size, accumulate):
    config = TrainConfig(per_device_train_batch_size=size, gradient_accumulation_steps=accumulate)
    planned = planned_steps(len(lengths), config)
    taken = islice(steps(lengths, size=size, accumulate=accumulate, seed=0), planned)
    seen = sorted(row for step in taken for batch in step for row in batch)
    assert seen == list(range(len(lengths)))


def test_half_an_epoch_takes_half_its_steps_and_max_steps_overrides():
    assert planned_steps(100, TrainConfig(num_train_epochs=0.5)) == 7  # 13 batches of 8
    assert planned_steps(100, TrainConfig(num_train_epochs=0.5, max_steps=3)) == 3


def test_sorting_by_length_pads_little():
    lengths = [10 + 7 * row % 90 for row in range(640)]
    made = batches(lengths, size=8, seed=0, epoch=0)
    padded = sum(max(lengths[row] for row in batch) * len(batch) for batch in made)
    assert padded < 1.1 * sum(lengths)


@given(st.integers(1, 40), st.sampled_from([0.01, 0.25, 0.5]), st.integers(0, 9))
def test_an_eval_split_parts_the_rows_and_leaves_neither_side_empty(count, share, seed):
    rows = list(range(count))
    kept, held = parted(rows, TrainConfig(eval_share=share, seed=seed))
    assert sorted([*kept, *held]) == rows
    assert kept
    assert held or count == 1
    assert len(held) <= (count + 1) // 2


def test_data_seed_decides_the_split_where_it_is_given():
    rows = list(range(40))
    one, same, other = (
        parted(rows, TrainConfig(eval_share=0.25, seed=seed, data_seed=data_seed))
        for seed, data_seed in ((1, 5), (2, 5), (1, 6))
    )
    assert one == same != other
