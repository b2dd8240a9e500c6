"""Case files are read line by line, held against what they expect, and a bad line is named."""

import json
from pathlib import Path

import pytest

from ftdojo.errors import SourceError, UnknownName, UsageError
from ftdojo.tasks.cases import agreement, difference, golden_files, lines, score

SHARED = Path(__file__).parents[3] / "shared" / "data"
RIGHT = {"case": "same", "input": {"prediction": "yes", "reference": "yes"}}


def file_of(folder, *rows):
    path = folder / "golden.jsonl"
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in rows))
    return path


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside the checkout")
@pytest.mark.parametrize(
    "name", [name for name, _ in golden_files(SHARED)] if SHARED.is_dir() else []
)
def test_the_reference_scorers_say_what_every_given_case_expects(name):
    found = agreement(name, dict(golden_files(SHARED))[name])
    assert found.wrong == ()
    assert found.agreed == found.cases > 0


def test_a_case_that_disagrees_is_named_with_what_differs(tmp_path):
    wrong = RIGHT | {"case": "odd", "expected": {"correct": False}}
    path = file_of(tmp_path, RIGHT | {"expected": {"correct": True}}, "", wrong, RIGHT)
    found = agreement("sst2", path)
    assert (found.cases, found.agreed) == (2, 1)
    assert found.wrong == ("odd: correct: False expected, True found",)


def test_cases_that_no_scorer_knows_do_not_agree(tmp_path):
    found = agreement("nothing", file_of(tmp_path, RIGHT | {"expected": {}}))
    assert (found.cases, found.agreed, found.wrong) == (1, 0, ("no scorer knows these cases",))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2, is not JSON"),
        ("[1]", 'line 2, is not a case; write {"case": NAME, "input": {...}}'),
        ('{"case": "a", "input": 3}', "line 2, is not a case"),
        ('{"case": "a", "input": {}, "expected": 1}', "line 2: expected is 1; write an object"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    with pytest.raises(SourceError) as refused:
        list(lines(file_of(tmp_path, RIGHT, line)))
    assert said in str(refused.value)


def test_a_line_in_another_encoding_is_named(tmp_path):
    (tmp_path / "golden.jsonl").write_bytes('{"case": "é", "input": {}}'.encode("latin1"))
    with pytest.raises(SourceError, match="line 1, is not UTF-8; fix or drop the line"):
        list(lines(tmp_path / "golden.jsonl"))


def test_a_case_without_what_the_scorer_needs_is_named(tmp_path):
    path = file_of(tmp_path, {"case": "a", "input": {"prediction": "yes"}})
    with pytest.raises(UsageError, match=r"golden\.jsonl, line 1: .*reference"):
        score("sst2", next(iter(lines(path))), path)
    with pytest.raises(UnknownName, match="Did you mean 'sst2'"):
        score("sst3", next(iter(lines(path))), path)


def test_a_folder_without_cases_is_refused(tmp_path):
    with pytest.raises(UsageError, match="No golden"):
        golden_files(tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        golden_files(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("expected", "found", "equal"),
    [
        (1, 1.0, True),
        (1.0, True, False),
        ("1", 1, False),
        (33.33, 33.333333, True),
        (33.33, 33.34, False),
        (33.0, 33.004, False),
        (0.1234567, 0.1234568, True),
        (0.123456, 0.123467, False),
        (["a", None], ["a", None], True),
        (["a"], ["a", "b"], False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": {"b": 1}}, {"a": {}}, False),
        (None, "", False),
    ],
)
def test_values_are_equal_up_to_rounding_and_of_one_kind(expected, found, equal):
    assert (difference(expected, found) == "") is equal
