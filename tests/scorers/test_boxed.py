r"""Whole numbers in \boxed{}: what is forgiven, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.scorers.answers import last_boxed, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42),
        ("+42", 42),
        ("- 42", -42),
        ("\N{MINUS SIGN}42", -42),
        ("$42$", 42),
        (" 42.0 ", 42),
        ("42.", 42),
        ("1,204", 1204),
        ("007", 7),
    ],
)
def test_the_dress_of_a_number_is_forgiven(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "42.5", "4 2", "1,20", "12,3456", "42 apples", "x", "--4", "1e3", "٤٢", "9" * 5000]
)
def test_anything_else_beside_the_number_is_not(text):
    assert whole_number(text) is None


@given(st.integers(-(10**15), 10**15))
def test_a_number_written_with_or_without_commas_is_read_back(number):
    assert whole_number(f"{number}") == whole_number(f"{number:,}") == number


@given(st.text())
def test_any_text_is_a_number_or_none(text):
    assert whole_number(text) is None or isinstance(whole_number(text), int)


@given(st.text(alphabet="ab1+ ", max_size=50), st.text(max_size=50))
def test_the_last_closed_box_is_found_in_any_text(content, before):
    assert last_boxed(f"{before} \\boxed{{x{{y}}}} \\boxed{{{content}}} \\boxed{{") == content
