"""PI4PC: the number of one paragraph, as published and as it was meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.patent.cases import score_pi4pc
from ftdojo.tasks.patent.pi4pc import pi4pc_grade, reference_key, reference_mark, strict_key


@pytest.mark.parametrize(
    "output",
    [
        '{"answer": 9}',
        '{"answer": "09"}',
        '{"answer": [9]}',
        '{"answer": 9.0}',
        'In [0066] it says so. {"reason": "66", "answer": 9}',
        '{"reason": "cut", "answer": 9',
        "Answer: 9",
        "[0009]",
    ],
)
def test_the_number_is_read_where_the_answer_is(output):
    assert strict_key(output) == 9


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Paragraph 66, then 9",
        '{"answer": true}',
        '{"answer": [9, 66]}',
        '{"answer": "9 or 66"}',
        '{"answer": 9.5}',
    ],
)
def test_what_names_no_single_number_is_unreadable(output):
    grade = pi4pc_grade(output, [9, 1, 66])
    assert (grade.score, grade.readable) == (0.0, False)


def test_a_silver_paragraph_is_wrong_and_worth_a_half_beside():
    grade = pi4pc_grade('{"answer": 66}', [9], [66])
    assert (grade.score, grade.secondary["half_silver"]) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("output", "key"),
    [
        ("Paragraph [0066], then 9", 66),
        ('{"answer": true}', 1),
        ('{"answer": [12]}', 12),
        ('{"answer": "none", "why": 3}', 3),
        ('{"answer": Infinity}', None),
        ("nothing", None),
        ("1" * 5000, None),
    ],
)
def test_the_published_rule_falls_back_to_the_first_number(output, key):
    assert reference_key(output) == key


def test_silver_never_counts_in_the_published_figures_though_a_case_tells_it():
    told = {"prediction": '{"answer": 66}', "gold_answers": [9], "silver_answers": [66]}
    figures = score_pi4pc(Case(name="silver", input=told)).reference
    named = ("gold_hit_rate", "custom_score", "accuracy")
    assert [figures[name] for name in named] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"predictions": ["9"], "gold": [[9]], "silver": 5}, "'silver'"),
        ({"prompt_mode": "zero-shot", "row": -1, "file": "rows.jsonl"}, "row -1"),
        ({"prompt_mode": "zero-shot", "row": 0, "file": "rows.jsonl"}, "Row 0 of"),
        ({"prompt_mode": "zero-shot", "row": 1, "file": "rows.jsonl"}, "row 1"),
        ({"prompt_mode": "zero-shot", "row": 0, "file": "a\0b"}, "not there"),
    ],
)
def test_a_case_of_a_strange_kind_is_told_so(tmp_path, given, said):
    (tmp_path / "rows.jsonl").write_text("[1]\n# Notes\n")
    with pytest.raises(UsageError, match=said):
        score_pi4pc(Case(name="a case", input=given, folder=tmp_path))


def test_official_figures_count_gold_twice():
    batch = {
        "predictions": ['{"answer": 9}', '{"answer": 66}', "?"],
        "gold": [[9]] * 3,
        "silver": [[66]] * 3,
    }
    official = score_pi4pc(Case(name="batch_official", input=batch)).reference
    assert official == {"precision": 1.0, "recall": 0.333333, "f1_score": 0.5, "custom_score": 1.0}


@settings(max_examples=50)
@given(st.text() | st.text(alphabet='{}[]"answer:= ,0123456789.e`json'))
def test_any_text_has_a_grade_and_a_mark(output):
    assert pi4pc_grade(output, [9]).score in (0.0, 1.0)
    reference_mark(output, [9])


@pytest.mark.parametrize("part", ["9", "{", '{"answer":', "```json", "answer: ", " ", "[9,"])
def test_torrents_are_graded(part):
    pi4pc_grade(part * 100_000, [9])
    reference_mark(part * 100_000, [9])
