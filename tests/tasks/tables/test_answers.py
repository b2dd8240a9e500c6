"""Text answers by our own rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.tables.answers import final_answer, grade, is_ranking, items_of, rule_of


def right(told, answer, rule="exact", **options):
    return grade(f"Final Answer: {told}", answer, rule=rule, **options).score == 1.0


@pytest.mark.parametrize(
    "output", ["1062", "", "The answer is 1062.", "Final Answer:", "Final Answer: **"]
)
def test_without_marker_or_answer_an_output_is_unreadable_and_wrong(output):
    found = grade(output, "1062", rule="exact")
    assert (found.score, found.readable) == (0.0, False)


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ("Final Answer: 7\nFinal Answer: 12", "12"),
        ("**Final Answer:** 12 km.", "12 km"),
        ("final answer:\n\n  12\nBye", "12"),
        ("<think>Final Answer: 3</think>\nFinal Answer: `12`", "12"),
    ],
)
def test_the_last_marker_counts_and_decoration_does_not(output, answer):
    assert final_answer(output) == answer


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("1,062", "1062"),
        ("10.60", "10.6"),
        ("10.633", "10.63"),
        ("-5", "−5"),  # noqa: RUF001
        ("37.64", "37.64%"),
        ("0.3764", "37.64%"),
        ("$9,589", "9589"),
        ("2009,2010", "2009, 2010"),
        ("jackson, nashville", "Nashville, Jackson"),
        ("the United States", "united states"),
        ("5,578 pts, 2009", "2009, 5578 pts"),
        ("22-35, 14.21", "22 - 35, 14.21"),
        ("basel-stadt", "basel - stadt"),
        ("yes", "True"),
        ("Negative impact", "Negtive impact"),
        (".5", "0.50"),
        ("(1,062)", "1062"),
        (r"\(5\)", "5"),
        ("$5$", "5"),
        ("[2009, 3]", "2009, 3"),
    ],
)
def test_what_says_the_same_is_right(told, answer):
    assert right(told, answer)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("5", "-5"),
        ("10.6", "10.63"),
        ("7.4", "7"),
        ("106", "10.6"),
        ("2010, 2009", "2009, 2010"),
        ("2009", "2009, 5578 pts"),
        ("2009, 5578 pts, 3", "2009, 5578 pts"),
        ("spain", "Spain, France"),
        ("-5 pts", "5 pts"),
        ("37.64%", "3764"),
        ("no", "True"),
        ("46", "47%"),
    ],
)
def test_what_says_something_else_is_wrong(told, answer):
    assert not right(told, answer)


def test_a_ranking_has_an_order_and_other_lists_of_names_have_none():
    assert is_ranking("Can you rank the top 3 countries?")
    assert not is_ranking("Which 3 countries have the highest share?")
    assert right("b, a", "a, b")
    assert not right("b, a", "a, b", in_order=True)


@pytest.mark.parametrize(
    ("told", "is_right"),
    [
        ("Weak positive correlation, 0.47", True),
        ("Weak positive correlation, 0.60", False),
        ("Strong positive correlation, 0.46", False),
        ("Weak positive correlation, -0.46", False),
        ("0.46", False),
        ("Weak positive correlation", False),
    ],
)
def test_a_correlation_is_its_label_and_its_coefficient(told, is_right):
    assert right(told, "Weak positive correlation, 0.46", rule="within-10") is is_right


def test_a_tenth_off_is_right_where_the_rule_says_so_and_more_is_not():
    assert right("110", "100", rule="within-10")
    assert not right("110", "100")
    assert not right("111", "100", rule="within-10")
    assert not right("0.1", "0", rule="within-10")


def test_an_unreadable_answer_has_no_items_right():
    assert grade("12", "12", rule="exact").secondary == {"items_right": 0.0}


def test_items_right_gives_credit_for_parts():
    found = grade("Final Answer: 2009, 7", "2009, 8", rule="exact")
    assert (found.score, found.secondary["items_right"]) == (0.0, 0.5)


def test_a_description_earns_its_likeness():
    found = grade(
        "Final Answer: The table lists cities.", "The table lists ten cities.", rule="rouge-l"
    )
    assert found.score == pytest.approx(8 / 9)


def test_each_subtype_has_its_rule():
    assert [rule_of(each) for each in ("TrendForecasting", "Counting", "CausalAnalysis")] == [
        "within-10",
        "exact",
        "rouge-l",
    ]


def test_commas_that_group_digits_part_no_items():
    assert items_of("1,062, 12,345,678; 2009,555") == ["1062", "12345678", "2009", "555"]


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.characters(), max_size=200),
    st.sampled_from(["-5.20%", "2009, 5578 pts", "No correlation, 0.10", "Ásmundur"]),
    st.sampled_from(["exact", "within-10", "rouge-l"]),
)
def test_no_output_breaks_the_grader_and_every_answer_equals_itself(output, answer, rule):
    assert 0.0 <= grade(f"Final Answer: {output}", answer, rule=rule).score <= 1.0
    assert grade(output, output, rule=rule).readable in (True, False)
    assert grade(f"Final Answer: {answer}", answer, rule=rule).score == 1.0


@pytest.mark.parametrize(
    "output", ["\ud800" * 9, "\x00", "9" * 10**6, "Final Answer: " * 10**5, "1," * 10**6]
)
def test_hostile_outputs_are_graded_too(output):
    assert grade(f"Final Answer: {output}", "1", rule="within-10").score == 0.0
