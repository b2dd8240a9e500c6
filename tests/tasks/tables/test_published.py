"""RD-Agent's and the official rules, on cases of our own and, where they are there, on the published ones."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.cases import cases
from ftdojo.tasks.tables import charts, official, published

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "tablebench"
GOLDEN = SHARED / "golden.jsonl"
LINES = GOLDEN.read_text(encoding="utf8").splitlines() if GOLDEN.is_file() else []
needs_shared = pytest.mark.skipif(
    not LINES, reason="the published cases are not beside the checkout"
)


def is_within(expected, found):
    if isinstance(expected, dict):
        return all(key in found and is_within(value, found[key]) for key, value in expected.items())
    if isinstance(expected, (bool, str)):
        return type(found) is type(expected) and found == expected
    return found == pytest.approx(expected, abs=1e-6)


@needs_shared
@pytest.mark.parametrize("line", LINES, ids=lambda line: json.loads(line)["case"])
def test_every_published_case_scores_as_published(line):
    row = json.loads(line)
    case = Case(name=row["case"], input=row["input"], scorer=row["scorer"], folder=SHARED)
    assert is_within(row["expected"], cases.get("tablebench")(case).reference)


@pytest.mark.parametrize(
    ("told", "answer", "exact", "near"),
    [
        ("Final Answer: 10.60", "10.6", False, True),
        ("Final Answer: -5", "5", True, False),
        ("Final Answer: 46%", "46", True, True),
        ("FINAL ANSWER:12\nFinal Answer: 13", "12", True, True),
        ("Final Answer:", "Final Answer:", True, True),
        ("spain 3", "Spain", False, False),
        ("Spain", "spain", True, True),
        ("0.0000001", "0", False, True),
    ],
)
def test_rdagent_compares_words_or_the_first_numbers(told, answer, exact, near):
    assert published.exact_match(told, answer) is exact
    assert published.within_10_percent(told, answer) is near


@pytest.mark.parametrize(
    ("told", "answer", "exact", "near"),
    [
        ("0.9", "0.95", False, False),  # 09 against 095: 9 is far from 95
        ("0.91", "0.95", False, True),
        ("1,062", "1062", True, True),
        ("-5", "5", True, True),
        ("007", "7", True, True),
        ("1e2", "100", True, True),
        ("nan", "5", False, False),
        ("1e999999999", "5", False, False),
        ("an apple", "Apple!", True, True),
    ],
)
def test_the_official_rule_compares_what_is_left_without_punctuation(told, answer, exact, near):
    assert official.exact_match(told, answer) is exact
    assert official.within_10_percent(told, answer) is near


@pytest.mark.parametrize(
    ("output", "ours", "theirs"),
    [
        ("```python\na = 1\n```", "a = 1", "a = 1\n"),
        ("```python\na\n```\n```python \nb\n```", "b", "a\n"),
        ("```python\na = 1", "", ""),
        ("import pandas", "import pandas", ""),
        ("important", "important", ""),
        ("```python```", "", ""),
    ],
)
def test_code_is_found_as_each_evaluator_finds_it(output, ours, theirs):
    assert published.code_of(output) == ours
    assert official.code_of(output) == theirs


@pytest.mark.parametrize(
    ("captured", "wanted", "passes"),
    [
        ([[1, 2]], [[1.009, 2]], True),
        ([[1, 2]], [[2, 1]], False),
        ([[1], [2]], [[1]], False),
        ([[float("nan")]], [[3]], True),  # a NaN is never off
        ([["7"]], [[7]], True),
        ([["a"]], [["a"]], True),
        ([[1], [2]], [5, 6], True),  # flat references are not looked at
        ([], [], False),
    ],
)
def test_rdagent_compares_captured_series_in_order(captured, wanted, passes):
    assert published.passes(captured, wanted) is passes


@pytest.mark.parametrize(
    ("drawn", "printed", "wanted", "pie", "verdict"),
    [
        ([3, 1.004], "", [1.0, 3], False, True),
        ([3, 1.004], "rows: 2\n", [1.004, 3], False, ""),
        ([0.25, 0.75], "", [3, 1], True, True),
        ([1], "", [1, 2], False, False),
        ([1], "", ["$1"], False, ""),
        (None, "", [1], False, ""),
    ],
)
def test_the_official_chart_verdict_is_what_the_script_prints(drawn, printed, wanted, pie, verdict):
    rounded = drawn and [round(each, 2) for each in drawn]
    if printed or verdict is not True or not rounded:
        assert official.chart_verdict(rounded, printed, wanted, pie=pie) == verdict
    else:
        assert official.chart_verdict(rounded, printed, [round(w, 2) for w in wanted], pie=pie)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(), max_size=300), st.sampled_from(["100", "Spain", "1.5%"]))
def test_no_output_breaks_the_published_rules(output, answer):
    for told in (output, f"Final Answer: {output}"):
        parsed = official.parsed(told)
        assert published.exact_match(told, answer) in (True, False)
        assert published.within_10_percent(told, answer) in (True, False)
        assert official.exact_match(parsed, answer) in (True, False)
        assert official.within_10_percent(parsed, answer) in (True, False)
        assert 0 <= published.rouge_l(told, answer) <= 100 >= official.rouge_l(parsed, answer)


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.characters(), max_size=300),
    st.lists(st.sampled_from(["```", "```python", "python", "\n", " ", "plt", "=", "[", "1", "]"])),
)
def test_no_output_breaks_the_readers_of_code_and_values(text, pieces):
    for output in (text, "".join(pieces)):
        for code_of in (published.code_of, official.code_of, charts.code_of):
            assert isinstance(code_of(output), str)
        wanted = charts.wanted_values(output)
        assert published.passes(wanted, published.references(output) or []) in (True, False)
        assert charts.matches(wanted, wanted or [], kind="pie") in (True, False)


def test_megabytes_are_read_in_no_time():
    for output in (
        "```python\n" * 10**5,
        "`" * 10**6,
        "Final Answer: " + "1." * 10**5,
    ):
        assert charts.code_of(output) == ""
        assert isinstance(official.code_of(output) + published.code_of(output), str)
        assert published.rouge_l(output, "the table") == 0.0


def test_a_case_without_its_inputs_is_refused_in_one_line():
    with pytest.raises(UsageError, match="'empty' has no input 'prediction'"):
        cases.get("tables/visualization")(Case(name="empty", input={}))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"gone\.jsonl cannot be read"):
        cases.get("tablebench")(Case(name="x", input={"file": "gone.jsonl"}, folder=tmp_path))
