"""Pairs of answers: TRL's shapes, what is refused, and the options that learn from them."""

import pytest

from ftdojo.records import Failure
from ftdojo.submissions import ShapeError, preference, read_train

ASKED = ({"role": "system", "content": "Add."}, {"role": "user", "content": "2+3?"})
GOOD, BAD = {"role": "assistant", "content": "5"}, {"role": "assistant", "content": "6"}


@pytest.mark.parametrize(
    "entry",
    [
        {"prompt": [*ASKED], "chosen": [GOOD], "rejected": [BAD]},
        {"chosen": [*ASKED, GOOD], "rejected": [*ASKED, BAD]},
        {"prompt": [*ASKED], "chosen": "5", "rejected": "6"},
        {"system": "Add.", "prompt": "2+3?", "chosen": "5", "rejected": "6"},
        {"system": "Add.", "prompt": "2+3?", "chosen": [ASKED[1], GOOD], "rejected": [BAD]},
    ],
)
def test_every_shape_of_trl_becomes_the_same_pair(entry):
    pair = preference(entry | {"score_chosen": 9, "source": "sums"})
    assert (pair.messages, pair.rejected) == ((*ASKED, GOOD), (*ASKED, BAD))
    assert (pair.format, pair.source, pair.ignored) == ("preference", "sums", ("score_chosen",))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"prompt": "q", "completion": "a"}, r"the row has no chosen answer, .*; write .*rejected"),
        ({"prompt": "q", "chosen": "a"}, r"the row has no rejected answer"),
        ({"chosen": "q a", "rejected": "q b"}, r"chosen is a text, and the row has no prompt"),
        ({"prompt": "q", "chosen": " ", "rejected": "b"}, r"chosen: the row has no answer"),
        ({"prompt": "q", "chosen": "a", "rejected": ""}, r"rejected: the row has no answer"),
        ({"prompt": "q", "chosen": "a", "rejected": "a\n"}, r"are the same answer, 'a'; leave"),
        ({"prompt": "q", "chosen": "a", "rejected": 3}, r"rejected must be a list|must be text"),
        ({"chosen": [*ASKED, GOOD], "rejected": [ASKED[1], BAD]}, r"differ before their last"),
        ({"prompt": "q", "chosen": [GOOD | {"weight": 0}], "rejected": "b"}, r"drop the mark"),
        ({"prompt": "q", "chosen": "a", "rejected": "b", "tools": [1]}, r"the row has tools"),
    ],
)
def test_what_is_no_pair_is_refused_in_one_line(entry, says):
    with pytest.raises(ShapeError, match=says) as refused:
        preference(entry)
    assert "\n" not in str(refused.value)


def test_pairs_have_a_tenth_of_the_learning_rate_and_an_option_without_effect_is_refused():
    assert read_train("objective: dpo").learning_rate == 2e-5
    assert read_train("objective: orpo\nmethod: full").learning_rate == pytest.approx(2e-6)
    for text, says in {
        "beta: 0.2": "leave out beta: it needs objective: dpo or orpo",
        "objective: orpo\nrpo_alpha: 1": "leave out rpo_alpha: it needs objective: dpo",
        "objective: dpo\nlabel_smoothing: 0.1": "it needs loss_type: robust",
        "objective: dpo\npacking: true": "it means nothing with objective: dpo",
        "objective: dpo\nloss_type: kto": "loss_type is 'kto', it must be sigmoid, hinge, ipo or",
    }.items():
        found = read_train(text)
        assert isinstance(found, Failure)
        assert says in found.message
