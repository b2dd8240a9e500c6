import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.scorers.case import Case
from ftdojo.scorers.general.restaurant8k import SlotMark, mark, score

GOLDEN = Path(__file__).parents[3].parent / "shared" / "data" / "restaurant8k" / "golden.jsonl"


@pytest.mark.skipif(not GOLDEN.is_file(), reason="needs the shared data folder beside the checkout")
def test_every_given_case_is_scored_as_expected():
    for row in map(json.loads, GOLDEN.read_text(encoding="utf8").splitlines()):
        scored = score(Case(name=row["case"], input=row["input"]))
        assert scored.reference == scored.strict == row["expected"], row["case"]


def test_values_are_compared_without_case_and_outer_spaces():
    assert mark('{"people": 2, "time": " 7PM "}', {"people": "2", "time": "7pm"}).exact


def test_a_wrong_value_is_both_too_much_and_missing():
    found = mark('{"people": "3"}', {"people": "2"})
    assert found == SlotMark(valid_json=True, exact=False, tp=0, fp=1, fn=1)


@pytest.mark.parametrize("output", ["", "[]", "{", '"{}"', "[" * 5000, "x {}", '{"a": "' * 9000])
def test_what_is_no_object_misses_every_pair(output):
    found = mark(output, {"people": "2", "time": "7"})
    assert found == SlotMark(valid_json=False, exact=False, tp=0, fp=0, fn=2)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=[])) | st.just('{"a": 1' + "0" * 5000 + "}"))
def test_no_output_raises(output):
    mark(output, {"a": "1"})
