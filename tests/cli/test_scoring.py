"""``ftdojo tasks score``: cases in, one JSON line each out; agreement by data set, and an exit code."""

import json

import pytest

CASE = {"case": "same", "input": {"prediction": "Yes.", "reference": "yes"}}


@pytest.fixture
def golden(tmp_path):
    """A folder with one data set of two expected scores, the second of which is wrong."""
    path = tmp_path / "sst2" / "golden.jsonl"
    path.parent.mkdir()
    right = json.dumps(CASE | {"expected": {"correct": True}})
    wrong = json.dumps(CASE | {"case": "odd", "expected": {"correct": False}})
    path.write_text(f"{right}\n{wrong}\n")
    return path


def test_each_case_is_a_line_with_both_variants(call, golden):
    ended = call("tasks", "score", "sst2", "--cases", golden)
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert (ended.code, [row["case"] for row in rows]) == (0, ["same", "odd"])
    assert rows[0] == {"case": "same", "reference": {"correct": True}, "strict": {"correct": True}}


def test_agreement_is_printed_by_data_set_and_what_disagrees_fails(call, golden):
    ended = call("tasks", "score", "--all-cases", golden.parent.parent)
    assert ended.code == 1
    assert ended.out.split() == ["name", "cases", "agreed", "sst2", "2", "1"]
    assert ended.err.splitlines() == [
        "sst2: odd: correct: False expected, True found",
        "ftdojo: 1 of 2 cases disagree; see above.",
    ]


def test_agreement_is_printed_as_json_and_full_agreement_is_a_success(call, golden):
    golden.write_text(golden.read_text().splitlines()[0])
    ended = call("tasks", "score", "--all-cases", golden.parent, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == [{"name": "sst2", "cases": 1, "agreed": 1, "wrong": []}]


def test_a_broken_line_is_one_clear_line(call, golden):
    golden.write_text(golden.read_text() + "{oops\n")
    ended = call("tasks", "score", "sst2", "--cases", golden)
    assert ended.code == 1
    assert f"ftdojo: {golden}, line 3, is not JSON" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("args", [(), ("sst2",), ("sst2", "--all-cases", "."), ("--cases", "x")])
def test_a_call_that_says_too_little_or_too_much_is_refused(call, refused, args):
    assert "Give either a name with --cases FILE" in refused(call("tasks", "score", *args), code=2)


def test_an_unknown_name_is_answered_with_the_nearest(call, refused, golden):
    said = refused(call("tasks", "score", "sst", "--cases", golden), code=2)
    assert "Did you mean 'sst2'?" in said


def test_a_case_that_lacks_something_is_named_and_the_others_are_scored(call, golden):
    lacking = json.dumps({"case": "lacking", "input": {"prediction": "Yes."}})
    golden.write_text(f"{lacking}\n{golden.read_text()}")
    ended = call("tasks", "score", "sst2", "--cases", golden)
    assert [json.loads(line)["case"] for line in ended.out.splitlines()] == ["same", "odd"]
    named, last = ended.err.splitlines()
    assert (ended.code, "'lacking'" in named, "line 1" in named) == (2, True, True)
    assert last.startswith("ftdojo: 1 of 3 cases could not be scored")


def test_an_expected_case_that_lacks_something_disagrees(call, golden):
    lacking = {"case": "lacking", "input": {"prediction": "Yes."}, "expected": {"correct": True}}
    golden.write_text(json.dumps(lacking))
    ended = call("tasks", "score", "--all-cases", golden.parent)
    assert (ended.code, ended.out.split()[-2:]) == (1, ["1", "0"])
    assert "has no input 'reference'" in ended.err
