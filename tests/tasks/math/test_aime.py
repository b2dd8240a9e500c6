r"""AIME: what the last ``\boxed{}`` is worth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.math.aime import aime_grade, reference_mark, reference_total, score


@pytest.mark.parametrize(
    "box",
    ["204", "0204", "204.0", "$204$", "+204", "204^\\circ", "204^{\\circ}", "204 \\text{ km}"],
)
def test_the_whole_number_in_the_box_is_right_however_it_is_dressed(box):
    grade = aime_grade(f"Hence \\boxed{{{box}}}.", "204")
    assert (grade.score, grade.readable) == (1.0, True)


@pytest.mark.parametrize(
    "output", ["", "The answer is 204.", "$204$", "\\boxed{}", "\\boxed{204", "\\boxed{200+4}"]
)
def test_an_answer_that_is_no_whole_number_in_a_box_is_unreadable(output):
    grade = aime_grade(output, "204")
    assert (grade.score, grade.readable) == (0.0, False)


def test_the_last_box_counts_and_thoughts_do_not():
    assert aime_grade(r"\boxed{1}, then \boxed{204}", "204").score == 1.0
    assert aime_grade(r"\boxed{204}, no: \boxed{1}", "204").score == 0.0
    assert not aime_grade(r"<think>\boxed{204}</think> I cannot say.", "204").readable


def test_a_gold_answer_in_degrees_is_its_number():
    assert aime_grade(r"\boxed{336}", r"336^\circ").score == 1.0


def test_the_published_rule_takes_what_is_equal_and_ours_wants_the_number():
    case = Case(name="sum", input={"prediction": r"\boxed{150+54}", "reference": "204"})
    variants = score(case)
    assert variants.reference == {"accuracy": 100.0}
    assert variants.strict["accuracy"] == 0.0


def test_the_published_rule_joins_two_boxes_of_one_sentence():
    outputs = [
        r"Either \boxed{1} or \boxed{204}",
        r"First \boxed{1}. Then all of it was done again. At last \boxed{204}.",
    ]
    marks = [reference_mark(output, "204") for output in outputs]
    assert [mark["correct"] for mark in marks] == [False, True]
    assert reference_total(marks) == {"accuracy": 50.0}


def test_the_published_rule_reads_boxes_before_announced_answers():
    assert reference_mark(r"We had \boxed{204} early on. The final answer is $5$.", "204")[
        "correct"
    ]


def test_a_case_without_a_prediction_says_so():
    with pytest.raises(UsageError, match="'empty' has no input 'prediction'"):
        score(Case(name="empty", input={"reference": "1"}))


def test_as_many_references_as_predictions_are_asked_for():
    with pytest.raises(UsageError, match="2 predictions for 1 references"):
        score(Case(name="short", input={"predictions": ["1", "2"], "references": ["1"]}))


@settings(max_examples=50)
@given(st.text() | st.text(alphabet="\\boxed{}0123456789^circtext<>/hink .,$"))
def test_any_text_has_a_grade(output):
    grade = aime_grade(output, "204")
    assert grade.score in (0.0, 1.0)
    assert grade.readable or grade.score == 0.0


@pytest.mark.parametrize(
    "part", ["\\boxed{", "\\text{", "^\\circ ", "\\boxed{1}", "<think>", "\x00"]
)
def test_megabytes_are_graded_by_their_end(part):
    assert aime_grade(part * 300_000 + r"</think>\boxed{204}", "204").score == 1.0
