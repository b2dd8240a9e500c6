import copy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.inference.engine import prompt_ids
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


EACH = "{% for m in messages %}"
USER = "{% if m['role'] == 'user' %}U:{{ m['content'] }}\n"
THOUGHTLESS = (
    EACH + USER + "{% else %}{% set c = m['content'].split('</think>')[-1] %}"
    "A:{{ c }}<|im_end|>{% endif %}{% endfor %}"
)
ASK = "{% if add_generation_prompt %}A:OPENED{% endif %}"
TEMPLATES = {
    "opens a thought and strips it": THOUGHTLESS + ASK.replace("OPENED", "<think>\n"),
    "strips thoughts": THOUGHTLESS + ASK.replace("OPENED", ""),
    "prompts with a space": THOUGHTLESS + ASK.replace("OPENED", " "),
    "ends nothing": EACH + USER + "{% else %}A:{{ m['content'] }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}A:{% endif %}",
}
THOUGHT = [TURNS[0], {"role": "assistant", "content": "<think>Two ones.</think>2"}]


@pytest.fixture(params=TEMPLATES)
def odd(tokenizer, request):
    """A tokenizer whose chat template renders an answer otherwise than it prompts for one, or ends none."""
    other = copy.deepcopy(tokenizer)
    other.chat_template = TEMPLATES[request.param]
    return other


@pytest.mark.parametrize("turns", [TURNS, THOUGHT])
def test_whatever_the_template_an_answer_is_learnt_after_the_very_tokens_of_its_prompt(odd, turns):
    row = encode(odd, turns, max_length=256, completion_only=True)
    asked = prompt_ids(odd, turns[:-1])
    assert row.ids[: len(asked)] == tuple(asked)
    assert row.labelled == (False,) * len(asked) + (True,) * (len(row.ids) - len(asked))


@pytest.mark.parametrize("turns", [TURNS, THOUGHT])
def test_whatever_the_template_the_whole_answer_is_learnt_and_the_token_that_ends_it(odd, turns):
    row = encode(odd, turns, max_length=256, completion_only=True)
    text = odd.decode(row.ids).rpartition("A:")[2]
    assert text.replace("\n", "").strip() in (
        f"{turns[-1]['content']}<|im_end|>",
        f"<think>{turns[-1]['content']}<|im_end|>",
    )
    assert row.lost == ""


def test_text_of_an_earlier_turn_that_the_template_leaves_out_is_named(tokenizer):
    other = copy.deepcopy(tokenizer)
    other.chat_template = TEMPLATES["strips thoughts"]
    row = encode(other, [*THOUGHT, *TURNS[2:]], max_length=256, completion_only=True)
    assert row.lost == "'Two ones.' of the role assistant"
    assert encode(other, TURNS, max_length=1, completion_only=True).lost == ""


def test_an_answer_that_leaves_the_thought_open_that_its_prompt_opens_is_known(tokenizer):
    other = copy.deepcopy(tokenizer)
    other.chat_template = TEMPLATES["opens a thought and strips it"]
    rows = [encode(other, each, max_length=256, completion_only=True) for each in (TURNS, THOUGHT)]
    assert [row.unclosed for row in rows] == [True, False]
    assert not encode(tokenizer, TURNS, max_length=256, completion_only=True).unclosed


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
