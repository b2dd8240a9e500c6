import warnings
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.biology import protocol_error, protocol_generation, protocol_ordering, protocol_qa
from ftdojo.tasks.biology.protocols import answers, last_answer

ANYTHING = st.text(st.characters(exclude_categories=[]))
NEAR = ANYTHING | ANYTHING.map(lambda text: f"[ANSWER_START]{text}[ANSWER_END]")
STEPS, GOLD = ("b", "a", "c"), ("a", "b", "c")


def tag(answer):
    return f"[ANSWER_START]{answer}[ANSWER_END]"


def test_tags_are_found_in_time_that_grows_with_the_text_alone():
    assert answers("[ANSWER_START]" * 100_000) == []
    assert last_answer(tag("a") + tag(" b ") + "[ANSWER_START]c") == "b"
    assert last_answer(tag("a") + "</think>") is None


@pytest.mark.parametrize(
    ("output", "score", "readable"),
    [
        (tag("0.3 & 95%"), 1, True),
        (tag("0.3"), 1, True),
        (tag("0.5 & 5") + " no: " + tag("0.3 & 60"), 1, True),
        (tag("salt & water & 90%"), 0, True),
        (tag("0.3 & 150%"), 0, False),
        (tag("0.3 & sure"), 0, False),
        (tag(" & 90%"), 0, False),
        ("0.3 & 95%", 0, False),
        (tag(""), 0, False),
    ],
)
def test_a_choice_is_read_from_the_last_tags_with_its_confidence(output, score, readable):
    grade = protocol_qa.strict_grade(output, "0.3")
    assert (grade.score, grade.readable) == (score, readable)


def test_a_choice_may_hold_the_sign_that_ends_it():
    assert protocol_qa.strict_grade(tag("salt & water & 90%"), "salt & water").score == 1


def test_being_sure_and_wrong_costs_calibration_as_much_as_saying_nothing():
    assert protocol_qa.strict_grade(tag("0.5 & 100%"), "0.3").secondary["calibration"] == 0
    assert protocol_qa.strict_grade("", "0.3").secondary["calibration"] == 0
    assert protocol_qa.strict_grade(tag("0.3 & 50%"), "0.3").secondary["calibration"] == 0.75


@pytest.mark.parametrize(
    ("output", "score", "readable"),
    [
        (tag("[1, 0, 2]"), 1, True),
        (tag("1 0 2"), 1, True),
        (tag("(1, 2, 0)"), pytest.approx(2 / 3), True),
        (tag("[2, 0, 1]"), 0, True),
        (tag("[1, 0]"), 0, False),
        (tag("[1, 0, 2, 2]"), 0, False),
        (tag("[b, a, c]"), 0, False),
        ("[1, 0, 2]", 0, False),
    ],
)
def test_an_order_scores_the_share_of_pairs_that_are_right(output, score, readable):
    grade = protocol_ordering.strict_grade(output, STEPS, GOLD)
    assert (grade.score, grade.readable) == (score, readable)


def test_an_odd_literal_draws_no_warning():
    with warnings.catch_warnings(record=True, action="always") as drawn:
        protocol_ordering.reference(tag(r"['\d']"), STEPS, GOLD)
    assert not drawn


def test_equal_steps_may_stand_for_each_other():
    steps, gold = ("wash", "spin", "wash"), ("wash", "spin", "wash")
    assert protocol_ordering.strict_grade(tag("[2, 1, 0]"), steps, gold).score == 1
    assert protocol_ordering.gold_order(steps, gold) == (0, 1, 2)


def test_the_published_rule_takes_a_place_named_twice_for_an_order():
    mark = protocol_ordering.reference(tag("[1, 0, 2, 2]"), STEPS, GOLD)
    assert (mark.valid, mark.exact, mark.in_order) == (True, False, 3)


@pytest.mark.parametrize(
    ("output", "gold", "score", "readable"),
    [
        (tag("False"), False, 1, True),
        (tag(" **true.** "), True, 1, True),
        ("Too hot.\nFalse", False, 1, True),
        (tag("True or False"), True, 0, False),
        ("It is not true", True, 0, False),
        (tag("False") + tag("True"), False, 0, True),
        ("", False, 0, False),
    ],
)
def test_a_verdict_is_one_of_two_words_and_nothing_else(output, gold, score, readable):
    grade = protocol_error.strict_grade(output, gold)
    assert (grade.score, grade.readable) == (score, readable)


def test_the_published_rule_looks_for_true_first_anywhere():
    assert protocol_error.reference(tag("True or False"), gold=True).given is True
    assert protocol_error.reference("It is untrue", gold=True).given is True
    assert protocol_error.reference("a[/INST]False", gold=False).given is False


def test_a_protocol_without_tags_scores_nothing():
    assert (
        protocol_generation.strict_grade(
            tag("1. Spin it.\n2. Wash it."), ("1. Spin it.", "2. Wash it.")
        ).score
        == 1
    )
    bare = protocol_generation.strict_grade("1. Spin it.", ("1. Spin it.",))
    assert (bare.score, bare.readable) == (0, False)


GRADES: dict[str, Callable] = {
    "qa": lambda text: (protocol_qa.strict_grade(text, "a"), protocol_qa.reference(text, "a")),
    "ordering": lambda text: (
        protocol_ordering.strict_grade(text, STEPS, GOLD),
        protocol_ordering.reference(text, STEPS, GOLD),
    ),
    "error": lambda text: (
        protocol_error.strict_grade(text, gold=True),
        protocol_error.reference(text, gold=True),
    ),
    "generation": lambda text: (
        protocol_generation.strict_grade(text, ("a",)),
        protocol_generation.reference(text, ("a",)),
    ),
}


@pytest.mark.parametrize("which", GRADES)
@pytest.mark.parametrize(
    "answer",
    [
        "[" * 5000,
        "9" * 9000,
        "[1e999]",
        "['\\d']",
        "-" * 9000 + "1",
        "\x00",
        "\ud800",
        "1_0,",
        "[nan]",
        "a&9" * 9000,
    ],
)
def test_hostile_answers_are_graded_without_a_word(which, answer):
    assert GRADES[which](tag(answer))[0].score < 0.01


@pytest.mark.parametrize("which", GRADES)
@settings(max_examples=40, deadline=None)
@given(output=NEAR)
def test_no_output_raises(which, output):
    assert 0 <= GRADES[which](output)[0].score <= 1
