"""``TASK@without=SOURCE``: the same items and scorer, one raw source fewer."""

import pytest

from ftdojo import tasks
from ftdojo.errors import UnknownName, UsageError

ALL = tasks.get("finance/mini")


def names(task):
    return [source.name for source in task.sources]


def test_a_task_without_a_source_asks_and_scores_the_same():
    left = tasks.get("finance/mini@without=mock-exams")
    assert names(left) == [name for name in names(ALL) if name != "mock-exams"]
    assert left.name == "finance/mini@without=mock-exams"
    assert (left.items, left.grade, left.version) == (ALL.items, ALL.grade, ALL.version)


def test_several_are_left_out_one_after_the_other():
    left = tasks.get("finance/mini@without=mock-exams@without=tutorials")
    assert set(names(ALL)) - set(names(left)) == {"mock-exams", "tutorials"}


def test_published_splits_and_fewer_sources_go_together():
    left = tasks.get("math/aime25@reference@without=gsm8k-problems")
    assert left.items is tasks.get("math/aime25@reference").items
    assert "gsm8k-problems" not in names(left)


def test_a_source_that_is_not_on_offer_cannot_be_left_out():
    with pytest.raises(UnknownName, match=r"No source of finance/mini .* Did you mean 'solutions'"):
        tasks.get("finance/mini@without=solution")


def test_the_last_source_stays():
    with pytest.raises(UsageError, match=r"has no source but 'financeiq-train'; leave it in"):
        tasks.get("finance/financeiq@without=financeiq-train")


def test_runs_with_and_without_a_source_have_the_same_items():
    ways = ("finance/mini", "finance/mini@without=tutorials")
    assert {tasks.same_items(way) for way in ways} == {"finance/mini"}
    assert tasks.same_items("./a@without=b") == "./a@without=b"
