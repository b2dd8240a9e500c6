"""GSM8K: two published readings side by side, and ours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.scorers.case import Case
from ftdojo.tasks.math.gsm8k import gold_number, gsm8k_grade, reference_mark, reference_total, score


@pytest.mark.parametrize(
    "output",
    [
        "#### 1500",
        "#### 1,500",
        "####1,500.00",
        "#### $1,500 in all",
        r"\boxed{1,500}",
        r"\boxed{\$1500}",
        r"#### 1{,}500",
        r"\boxed{1{,}500}",
        "#### **1500**",
        "#### 15,00",
    ],
)
def test_the_number_behind_the_marker_or_in_a_box_is_compared_by_value(output):
    assert gsm8k_grade(f"3 * 500 = 1500\n{output}", "1500").score == 1.0


def test_whichever_stands_last_counts():
    assert gsm8k_grade(r"\boxed{7} #### 8", "8").score == 1.0
    assert gsm8k_grade(r"#### 8 or rather \boxed{7}", "8").score == 0.0
    assert gsm8k_grade("#### -8", "8").score == 0.0


@pytest.mark.parametrize(
    "output", ["", "It is 8.", "####", "#### eight", r"\boxed{}", r"\boxed{x8}"]
)
def test_a_number_elsewhere_is_unreadable(output):
    grade = gsm8k_grade(output, "8")
    assert (grade.score, grade.readable) == (0.0, False)


def test_the_published_readings_differ_on_commas_and_on_bare_numbers():
    commas, bare = reference_mark("#### 2,400", "2400"), reference_mark("So 24.0", "24")
    assert [commas[who]["extracted"] for who in commas] == ["400", "2400"]
    assert [bare[who]["correct"] for who in bare] == [True, False]
    assert reference_total([commas, bare]) == {"accuracy": 50.0, "official_accuracy": 50.0}


@pytest.mark.parametrize(
    ("output", "read"),
    [("4 then 5\nQuestion: 6", "5"), ("Question: 6", "NULL"), ("1-2", "-2"), ("3.14.", "3.14")],
)
def test_opencompass_takes_the_last_number_before_the_next_question(output, read):
    assert reference_mark(output, "1")["opencompass"]["extracted"] == read


def test_gold_is_read_from_a_worked_solution():
    assert gold_number("2 * 600 = <<2*600=1200>>1200\n#### 1,200") == "1200"
    case = Case(name="whole", input={"prediction": "#### 1,200", "reference": "so\n#### 1,200"})
    assert score(case).strict == {"extracted": "1200", "correct": True}


@settings(max_examples=50)
@given(st.text() | st.text(alphabet="#0123456789,.$- \\boxed{}"))
def test_any_text_has_a_grade_and_a_mark(output):
    assert gsm8k_grade(output, "8").score in (0.0, 1.0)
    assert set(reference_mark(output, "8")) == {"opencompass", "official"}


@pytest.mark.parametrize("part", ["9", "#### ", "1,", "\\boxed{", "-", "9."])
def test_megabytes_are_graded_by_their_end(part):
    output = part * 300_000 + "\n#### 8"
    assert gsm8k_grade(output, "8").score == 1.0
    assert reference_mark(output, "8")["opencompass"]["correct"]
