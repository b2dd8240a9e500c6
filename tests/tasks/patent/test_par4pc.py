"""PAR4PC: letters of cited patents, as published and as they were meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.scorers.case import Case
from ftdojo.tasks.patent.cases import score_par4pc
from ftdojo.tasks.patent.par4pc import (
    named,
    par4pc_grade,
    reference_letters,
    reference_mark,
    reference_total,
    strict_letters,
)


@pytest.mark.parametrize(
    ("output", "letters"),
    [
        ('{"answer": "B"}', "B"),
        ('{"answer": ["h", " C "]}', "CH"),
        ('{"answer": "B, C;D"}', "BCD"),
        ('It is a good match. {"answer": "B"}', "B"),
        ('{"answer": "A"} rather {"reason": "{C}", "answer": "B"}', "B"),
        ('```json\n{"answer": ["B"]}\n```', "B"),
        ('{"reason": "so", "answer": ["B", "C"', "BC"),
        ("Answer: B, C", "BC"),
        ("B", "B"),
    ],
)
def test_letters_are_read_where_the_answer_is(output, letters):
    assert strict_letters(output) == frozenset(letters)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Patent A is a good match",
        '{"answer": []}',
        '{"answer": "BC"}',
        '{"answer": "Z"}',
        '{"answer": ["B", 3]}',
        '{"answer": null}',
        "Answer: All of them",
        "answer: a few",
    ],
)
def test_what_names_no_letters_alone_is_unreadable_and_scores_nothing(output):
    grade = par4pc_grade(output, ["A", "B"])
    assert (grade.score, grade.readable) == (0.0, False)


def test_the_score_is_f1_of_the_row_and_silver_is_forgiven_in_the_custom_score_only():
    grade = par4pc_grade('{"answer": ["A", "B", "C"]}', ["A", "B"], ["C"])
    assert grade.score == pytest.approx(0.8)
    assert grade.secondary == {"exact": 0.0, "custom": 1.0}


def test_silver_letters_are_wrong_ones_in_the_published_figures_though_a_case_tells_them():
    told = {"prediction": '{"answer": ["A", "B"]}', "gold_answers": ["A"], "silver_answers": ["B"]}
    figures = score_par4pc(Case(name="silver", input=told)).reference
    assert (figures["precision"], figures["custom_score"]) == (50.0, 50.0)


@pytest.mark.parametrize(
    ("output", "letters"),
    [
        ('Well. {"answer": "C"}', "ACE"),
        ('Well. {"answer": ["C", "D"]}', "ACDE"),
        ("a fine day", "A"),
        ('{"answer": null}', ""),
        ('{"answer": {"B": 1}}', "B"),
        ('["B"]', "B"),
        ('{"letters": "B"}', ""),
        ("```\nB\n``` or C", "B"),
        ("``` B or C", "BC"),
    ],
)
def test_the_published_rule_picks_letters_out_of_words(output, letters):
    assert reference_letters(output) == list(letters)


def test_the_published_rule_keeps_words_that_sort_before_h():
    assert reference_letters('{"answer": "FG, c"}') == ["C", "FG"]
    assert named(["A, g", "Z"]) == ["A", "G"]


def test_published_f1_pools_rows_and_the_official_one_averages_them():
    marks = [
        reference_mark('{"answer": ["A", "B", "C", "D"]}', ["A"]),
        reference_mark('{"answer": "B"}', ["B"]),
    ]
    total = reference_total(marks)
    assert total["macro_f1"] == pytest.approx(100 * 4 / 7)
    assert total["official_macro_f1"] == pytest.approx((0.4 + 1) / 2)


def test_a_batch_is_scored_both_ways_and_the_name_tells_whose_figures_are_asked_for():
    batch = {"predictions": ['{"answer": "A"}', "a"], "gold": [["A", "B"], ["B"]]}
    plain, official = (
        score_par4pc(Case(name=name, input=batch)) for name in ("batch", "batch_official_macro_f1")
    )
    assert plain.reference["macro_f1"] == pytest.approx(40.0)
    assert official.reference == {"macro_f1": pytest.approx(1 / 3, abs=1e-6)}
    assert plain.strict["valid_count"] == 2.0


JSONISH = st.text(alphabet='{}[]"answer: ,ABCDEFGHZ`json\n\\')


@settings(max_examples=50)
@given(st.text() | JSONISH)
def test_any_text_has_a_grade_and_a_mark(output):
    grade = par4pc_grade(output, ["A"])
    assert 0 <= grade.score <= 1
    assert all(0 <= value <= 1 for value in grade.secondary.values())
    reference_total([reference_mark(output, ["A"])])


TORRENTS = ["{", '{"answer":', "[", "```", "```json", " ", '"answer": [', '{"a":"', "A ", "\ud800"]


@pytest.mark.parametrize("part", TORRENTS)
def test_torrents_are_graded(part):
    output = part * 100_000
    assert 0 <= par4pc_grade(output, ["A"]).score <= 1
    reference_mark(output, ["A"])
