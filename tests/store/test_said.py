"""What a person says to a run: kept in order, and only what can be taken up."""

import pytest

from ftdojo.errors import UsageError
from ftdojo.records import Guidance
from ftdojo.records.guidance import MOST_TEXT
from ftdojo.store import RunFolder
from ftdojo.store.said import said, say


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def test_what_was_said_comes_back_in_order_with_its_time(folder):
    assert said(folder) == ()
    say(folder, Guidance(text="Short answers,\nplease."))
    say(folder, Guidance(require="unreadable_share <= 0.1"))
    assert [each.text or each.require for each in said(folder)] == [
        "Short answers,\nplease.",
        "unreadable_share <= 0.1",
    ]
    assert all(each.at.startswith("20") for each in said(folder))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Guidance(), "A text of 0 characters cannot be said"),
        (Guidance(text="x" * (MOST_TEXT + 1)), "A text of 2001 characters cannot be said"),
        (Guidance(require="be brief"), "'be brief' is not a condition; write FIGURE <= NUMBER"),
        (Guidance(require="output_tokens.p59 <= 8"), "Did you mean 'output_tokens.p95'?"),
        (Guidance(require="__class__ >= 1"), "No figure is called '__class__'"),
    ],
)
def test_what_cannot_be_taken_up_is_refused_and_nothing_is_kept(folder, given, why):
    with pytest.raises(UsageError, match=why):
        say(folder, Guidance(text="fine"), given)
    assert said(folder) == ()
