"""JSON answers are found in whatever stands around them."""

import pytest

from ftdojo.tasks.patent.panorama import UNPARSED, fenced, last_object, parsed


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("a ``` b ``` c", "b"),
        ("``` x ``` ```json y ```", "y"),
        ("```json y", "```json y"),
        ("no fence", "no fence"),
    ],
)
def test_the_first_closed_block_counts_and_json_goes_first(text, inside):
    assert fenced(text) == inside


def test_the_last_object_with_the_key_counts_and_inner_ones_do_not():
    text = '{"answer": 1} {"answer": {"answer": 2}} {"other": 3} {broken'
    assert last_object(text, "answer") == {"answer": {"answer": 2}}
    assert last_object("{}", "answer") is None


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 5000, "\ud800"])
def test_what_is_no_json_is_told_from_null(text):
    assert parsed(text) is UNPARSED
    assert parsed("null") is None
