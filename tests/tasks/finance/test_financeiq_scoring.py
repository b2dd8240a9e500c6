"""FinanceIQ: which option an output chooses, as published and as it was meant."""
# ruff: noqa: RUF001 - Chinese text has full-width signs.

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.finance.financeiq import (
    financeiq_grade,
    last_capital,
    reference_mark,
    reference_total,
    score,
    strict_letter,
)


@pytest.mark.parametrize(
    "output",
    [
        "C",
        "c",
        "Ｃ",
        "C. 资源税（CPA）",
        "（C）",
        "答案是: C",
        "答案：Ｃ",
        "正确答案为c。A股不对",
        "答案是**C**",
        "先看A，再看B，所以选C。",
        "答案是A。不对，答案是C",
        "The answer is C.",
        "<think>A?</think>C",
        "A、B都不对，应该是C",
    ],
)
def test_the_option_that_is_chosen_is_read(output):
    assert financeiq_grade(output, "C").score == 1.0


@pytest.mark.parametrize("output", ["", "CPA", "AC", "答案是AC", "无法确定", "a share", "E", "1C"])
def test_letters_inside_words_and_two_at_once_are_no_choice(output):
    grade = financeiq_grade(output, "C")
    assert (grade.score, grade.readable) == (0.0, False)


def test_a_line_that_begins_with_an_option_means_that_one():
    assert strict_letter("B. A股市场") == "B"
    assert strict_letter("A and C are wrong") == "C"


@pytest.mark.parametrize(
    ("output", "capital"), [("选B（CPA）", "A"), ("Ｂ", "Ｂ"), ("b", ""), ("B Ω", "Ω")]
)
def test_the_published_rule_takes_the_last_capital_of_any_alphabet(output, capital):
    assert last_capital(output) == capital


def test_subjects_count_alike_whatever_their_number_of_questions():
    marks = [reference_mark("B", "B", "tax"), reference_mark("B", "A", "funds")]
    marks += [reference_mark("C", "A", "funds")] * 2
    assert reference_total(marks) == {"accuracy": 50.0}


def test_a_case_of_subjects_gives_each_and_their_mean():
    case = Case(name="two", input={"subjects": {"a": [["选B（CPA）", "B"]], "b": [["D", "D"]]}})
    variants = score(case)
    assert variants.reference == {"a": 0.0, "b": 100.0, "core": 50.0}
    assert variants.strict == {"a": 100.0, "b": 100.0, "core": 100.0}


@pytest.mark.parametrize("pairs", [[["B"]], [1], [None], ["AB", "BB"], "AB", {"A": "B"}])
def test_subjects_that_hold_no_pairs_are_refused(pairs):
    with pytest.raises(UsageError, match=r"The subject 'a' holds .* give pairs"):
        score(Case(name="odd", input={"subjects": {"a": pairs}}))


@settings(max_examples=50)
@given(st.text() | st.text(alphabet="答案是选ABCDabcdＢ：:（）. ,"))
def test_any_text_has_a_grade_and_a_mark(output):
    grade = financeiq_grade(output, "B")
    assert grade.extracted in ("", "A", "B", "C", "D")
    assert grade.readable or grade.score == 0.0
    reference_mark(output, "B")


@pytest.mark.parametrize("part", ["答案", "选", "AB", " ", "answer is ", "("])
def test_megabytes_are_graded_by_their_end(part):
    assert financeiq_grade(part * 300_000 + "\n答案是: B", "B").score == 1.0
