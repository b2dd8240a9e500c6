from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ftdojo.training.encode import Encoded, encode, pack

TURNS = [
    {"role": "user", "content": "1+1"},
    {"role": "assistant", "content": "2"},
    {"role": "user", "content": "2+2"},
    {"role": "assistant", "content": "4!"},
]


def lossy(tokenizer, row):
    return tokenizer.decode(
        [each for each, carries in zip(row.ids, row.labelled, strict=True) if carries]
    )


def test_loss_is_on_the_last_answer_and_its_end_token_only(tokenizer):
    row = encode(tokenizer, TURNS, max_length=256, completion_only=True)
    assert lossy(tokenizer, row) == "4!<|im_end|>\n"
    assert row.labels == 4


def test_without_completion_only_every_token_but_the_first_is_predicted(tokenizer):
    row = encode(tokenizer, TURNS, max_length=256, completion_only=False)
    assert all(row.labelled)
    assert row.labels == len(row.ids) - 1


def test_a_row_is_what_the_chat_template_renders(tokenizer):
    row = encode(tokenizer, TURNS, max_length=256, completion_only=True)
    assert tokenizer.decode(row.ids) == tokenizer.apply_chat_template(TURNS, tokenize=False)


def test_a_long_row_loses_its_end_and_says_so(tokenizer):
    whole = encode(tokenizer, TURNS, max_length=256, completion_only=True)
    cut = encode(tokenizer, TURNS, max_length=len(whole.ids) - 2, completion_only=True)
    assert (whole.cut, cut.cut) == (False, True)
    assert lossy(tokenizer, cut) == "4!"


def test_a_row_whose_prompt_fills_it_carries_no_loss(tokenizer):
    row = encode(tokenizer, TURNS, max_length=16, completion_only=True)
    assert row.labels == 0


def rows(size=20):
    part = st.integers(1, size).map(
        lambda n: Encoded(ids=tuple(range(100 * n, 100 * n + n)), labelled=(True,) * n)
    )
    return st.lists(part, min_size=1, max_size=30)


def parts(packed):
    cuts = (0, *packed.joints, len(packed.ids))
    return [packed.ids[start:end] for start, end in pairwise(cuts)]


@given(rows())
def test_packing_keeps_every_row_whole_and_once(rows):
    found = [part for each in pack(rows, max_length=20) for part in parts(each)]
    assert sorted(found) == sorted(row.ids for row in rows)


@given(rows())
def test_packed_rows_fit_and_no_two_of_them_would_fit_together(rows):
    sizes = sorted(len(each.ids) for each in pack(rows, max_length=20))
    assert sizes[-1] <= 20
    assert len(sizes) == 1 or sizes[0] + sizes[1] > 20


@given(rows())
def test_no_packed_row_predicts_the_first_token_of_a_part(rows):
    packed = pack(rows, max_length=20)
    assert not any(each.labelled[joint] for each in packed for joint in each.joints)
    assert sum(each.labels for each in packed) == sum(row.labels for row in rows)
