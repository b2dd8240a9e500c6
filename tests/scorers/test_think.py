"""Reasoning in front of an answer is cut off by the published rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.scorers.answers import without_thinking


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>so it is 3</think>\n\n4 ", "4"),
        ("so it is 3</think>no, 5</think> 4", "4"),
        ("<think>a</think>1<think>b</think>2", "12"),
        ("<think>a<think>b</think>1</think>2", "1</think>2"),
        ("1 <think>and on and on", "1 <think>and on and on"),
        ("<think>a</think>1<think>b", "1<think>b"),
        ("</think>", ""),
    ],
)
def test_pairs_go_and_the_text_behind_a_lone_closing_tag_stays(text, left):
    assert without_thinking(text) == left


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["<think>", "</think>", " ", "x", "\ud800"]), max_size=12))
def test_any_text_comes_back_no_longer_and_without_outer_spaces(parts):
    left = without_thinking("".join(parts))
    assert left == left.strip()
    assert len(left) <= len("".join(parts))


def test_a_torrent_of_opening_tags_is_read_in_one_pass():
    torrent = "<think>" * 200_000
    assert without_thinking(torrent) == torrent
