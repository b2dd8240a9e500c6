"""The gate against its attackers, and what it says of honest rows."""

from dataclasses import replace
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.errors import SourceError
from ftdojo.testing.cheats import TRICKS, assault, table

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def total(found, kind):
    """Return the share of a kind's rows that were judged rightly, and how many rows there were."""
    mine = [each.right for each in found if each.kind == kind]
    rows = sum(right.n for right in mine)
    return sum(right.score * right.n for right in mine) / rows, rows


@pytest.fixture(scope="module")
def small():
    return assault(
        ["math/mini", "finance/mini", "tables/mini", "patent/mini", "text/extract"], items=6
    )


def test_disguised_items_are_found_and_honest_rows_pass(small):
    words, encoded, honest = (total(small, kind) for kind in ("words", "encoding", "honest"))
    assert words[0] >= 0.98
    assert encoded[0] >= 0.9
    assert honest[0] >= 0.98
    assert min(words[1], encoded[1], honest[1]) > 80


@pytest.mark.parametrize("trick", ["filler words", "rows in another order", "backwards"])
def test_questions_that_differ_in_a_few_small_numbers_are_found_in_disguise(small, trick):
    right = next(each.right for each in small if each.trick == trick)
    assert right.score >= 0.98


def test_every_trick_is_a_line_of_the_table_with_its_interval(small):
    lines = table(small).splitlines()
    names = {trick.name for trick in TRICKS} | {"raw rows of the sources", "all"}
    tried = {each.trick for each in small} | {"all"}
    assert tried <= names
    assert len(tried) >= 30
    assert {line.split("|")[1].strip() for line in lines[2:]} == tried


def test_tasks_whose_data_are_not_here_are_left_out(monkeypatch):
    def items(split):
        raise SourceError(f"{split} is not here")

    absent = replace(tasks.get("text/extract"), items=items)
    monkeypatch.setattr(tasks, "get", lambda name: absent)
    assert assault(["text/extract"]) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared data folder beside the checkout")
def test_the_aims_hold_over_three_hundred_files_of_ten_tasks(monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    found = assault()
    assert sum(each.files for each in found) >= 300
    assert total(found, "words")[0] >= 0.98
    assert total(found, "encoding")[0] >= 0.9
    assert total(found, "honest")[0] >= 0.98
    raw = next(each.right for each in found if each.trick == "raw rows of the sources")
    assert raw.score == 1.0
