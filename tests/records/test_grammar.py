"""One grammar of actions: what is written down is read back equal, and what spells no action is refused in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import (
    ACTIONS,
    LOOKS,
    Check,
    Finish,
    Look,
    Merge,
    Shell,
    Submission,
    Train,
    fields_of,
    parse_action,
    parse_look,
)

TEXTS = {"plan": "p", "data": "d", "train": "t"}
SUBMISSIONS = st.builds(Submission, plan=st.text(), data=st.text(), train=st.text())
EVERY = st.one_of(
    st.builds(
        Look, what=st.sampled_from(LOOKS), name=st.text(), offset=st.integers(), limit=st.integers()
    ),
    st.builds(Shell, command=st.text(), wall_s=st.floats(allow_nan=False)),
    st.builds(Check, submission=SUBMISSIONS),
    st.builds(Train, submission=SUBMISSIONS, validate_items=st.none() | st.integers()),
    st.builds(
        Merge,
        parents=st.lists(st.text()).map(tuple),
        weights=st.lists(st.floats(allow_nan=False)).map(tuple),
        density=st.floats(allow_nan=False),
    ),
    st.builds(Finish, experiment=st.text()),
)


@given(EVERY)
def test_an_action_is_read_back_from_its_verb_and_fields(action):
    assert parse_action(action.verb, fields_of(action)) == action


def test_every_action_has_a_verb_of_its_own():
    assert {cls: verb for verb, cls in ACTIONS.items()} == {
        Look: "look",
        Shell: "shell",
        Check: "check",
        Train: "train",
        Merge: "merge",
        Finish: "finish",
    }


def test_fields_with_a_default_may_be_left_out():
    assert parse_action("look", {"what": "ledger"}) == Look(what="ledger")
    assert parse_action("train", TEXTS) == Train(submission=Submission(**TEXTS))
    assert parse_action("finish", {}) == Finish(experiment="base")


def test_the_parents_of_a_merge_are_a_list_of_texts():
    found = parse_action("merge", {"parents": ["e1", "e2"], "weights": [1, 2.5]})
    assert found == Merge(parents=("e1", "e2"), weights=(1.0, 2.5))
    for parents, says in {"e1": "is not a list", (1,): "is not a text"}.items():
        with pytest.raises(UsageError, match=says):
            parse_action("merge", {"parents": parents})


def test_a_whole_number_of_seconds_is_a_number():
    found = parse_action("shell", {"command": "ls", "wall_s": 5})
    assert found == Shell(command="ls", wall_s=5.0)
    assert isinstance(found.wall_s, float)


@pytest.mark.parametrize(
    ("verb", "values", "message"),
    [
        ("lock", {}, "No action is called 'lock'. Did you mean 'look'?"),
        ("look", {"what": "sauce"}, "No look is called 'sauce'. Did you mean 'source'?"),
        ("look", {"what": ["source"]}, "No look is called \"['source']\"."),
        ("look", {"what": "source", "nam": "x"}, "No field of look is called 'nam'."),
        ("look", {"verb": "look", "what": "ledger"}, "No field of look is called 'verb'."),
        ("look", {}, "look lacks what; it needs what (source, experiment, rows, predictions,"),
        (
            "look",
            {"what": "ledger", "offset": "ten"},
            "offset='ten' of look is not a whole number.",
        ),
        ("look", {"what": "ledger", "limit": True}, "limit=True of look is not a whole number."),
        ("check", {"plan": "p", "train": "t"}, "check lacks data; it needs plan, data, train."),
        ("check", {**TEXTS, "data": None}, "data=None of check is not a text."),
        (
            "train",
            {**TEXTS, "validate_items": 4.5},
            "validate_items=4.5 of train is not a whole number or null.",
        ),
        ("finish", {"experiment": 7}, "experiment=7 of finish is not a text."),
        ("shell", {"command": "ls", "wall_s": "60"}, "wall_s='60' of shell is not a number."),
    ],
)
def test_what_spells_no_action_is_refused_in_one_line(verb, values, message):
    with pytest.raises(UsageError) as caught:
        parse_action(verb, values)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["what", "offset"])
def test_a_refusal_does_not_repeat_a_long_value(field):
    with pytest.raises(UsageError) as caught:
        parse_action("look", {"what": "ledger", field: "9x" * 10_000})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("source worked", Look(what="source", name="worked")),
        ("  predictions   e1 20 ", Look(what="predictions", name="e1", offset=20)),
        ("rows e1 -5 7", Look(what="rows", name="e1", offset=-5, limit=7)),
        ("source 2024", Look(what="source", name="2024")),
        ("ledger", Look(what="ledger")),
        ("predictions e1 wrong 5", Look(what="predictions", name="e1", offset=5, only="wrong")),
        ("source wrong", Look(what="source", name="wrong")),
    ],
)
def test_a_look_is_written_without_the_names_of_its_fields(line, action):
    assert parse_look(line) == action


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("everything at once", "No look is called 'everything'."),
        ("", "look lacks what"),
        ("source worked ten", "offset='ten' of look is not a whole number."),
        ("source worked 1 2 3", "look 'source worked 1 2 3' has 5 words; write WHAT NAME OFFSET"),
    ],
)
def test_a_line_that_is_not_a_look_is_refused(line, message):
    with pytest.raises(UsageError) as caught:
        parse_look(line)
    assert str(caught.value).startswith(message)


def test_an_unknown_name_can_be_read_by_a_program():
    with pytest.raises(UnknownName) as caught:
        parse_action("look", {"what": "sauce"})
    assert caught.value.known == sorted(LOOKS)


def test_the_train_yaml_of_a_plan_is_not_taken_for_a_submission():
    planned = Look(what="fits", name="80x60", train="r: 8\n")
    assert parse_action("look", fields_of(planned)) == planned
