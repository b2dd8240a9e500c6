"""NOC4PC: one of three codes, as published and as it was meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.patent.cases import score_noc4pc
from ftdojo.tasks.patent.noc4pc import (
    macro_f1,
    noc4pc_grade,
    reference_code,
    reference_mark,
    reference_total,
    strict_code,
)


@pytest.mark.parametrize(
    "output",
    [
        '{"code": "103"}',
        '{"code": 103}',
        'Not allowable over 102 art. {"reason": "...", "code": "103"}',
        '{"code": "102"} no: {"code": "103"}',
        '{"code": "103", ',
        "Code: 103",
        "103.",
    ],
)
def test_the_code_is_read_where_the_answer_is(output):
    assert strict_code(output) == "103"


@pytest.mark.parametrize(
    "output",
    [
        "",
        "The claim is not allowable under 103.",
        '{"code": "104"}',
        '{"code": ["103"]}',
        "102 or 103",
    ],
)
def test_what_gives_no_single_code_is_unreadable(output):
    grade = noc4pc_grade(output, "103")
    assert (grade.score, grade.readable, grade.extracted) == (0.0, False, "")


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("It is not allowed: 102 and 103", "ALLOW"),
        ("under 103, not 102", "102"),
        ('{"code": "104"} 103', "103"),
        ("code = allow", "ALLOW"),
        ('```\n{"code": 102}\n```', "102"),
        ("no idea", None),
    ],
)
def test_the_published_rule_takes_the_first_code_it_knows_anywhere(output, code):
    assert reference_code(output) == code


def test_the_published_figures_leave_unreadable_rows_out_and_ours_count_them():
    batch = {"predictions": ['{"code": "102"}', "?"], "gold": ["102", "103"]}
    variants = score_noc4pc(Case(name="batch", input=batch))
    assert variants.reference["accuracy"] == 100.0
    assert variants.reference["macro_f1"] == pytest.approx(100 / 3, abs=1e-6)
    assert variants.strict["accuracy"] == variants.strict["macro_f1"] == 50.0


def test_the_official_figures_make_a_label_of_unreadable_rows():
    batch = {"predictions": ['{"code": "102"}', "?"], "gold": ["102", "103"]}
    official = score_noc4pc(Case(name="rows", scorer="official benchmarks", input=batch)).reference
    assert official == {"macro_f1": 0.25, "accuracy": 0.5}


def test_macro_f1_is_the_mean_over_labels_and_not_over_rows():
    pairs = [("102", "102")] * 8 + [("103", "102"), ("ALLOW", "102")]
    assert macro_f1(pairs, ["102", "103", "ALLOW"]) == pytest.approx(16 / 18 / 3)


def test_no_rows_at_all_are_worth_nothing():
    assert reference_total([reference_mark("?", "102")])["macro_f1"] == 0.0
    assert reference_total([])["accuracy"] == 0.0


def test_a_batch_of_unequal_lengths_is_refused():
    batch = {"predictions": ["102"], "gold": ["102", "103"]}
    with pytest.raises(
        UsageError, match="'short' has 1 predictions for 2 gold answers; give one each"
    ):
        score_noc4pc(Case(name="short", input=batch))


@settings(max_examples=50)
@given(st.text() | st.text(alphabet='{}[]"code:= ,ALOW1023`json'))
def test_any_text_has_a_grade_and_a_mark(output):
    assert noc4pc_grade(output, "102").score in (0.0, 1.0)
    reference_mark(output, "102")


@pytest.mark.parametrize("part", ["102", "{", '{"code":', "code ", " ", "ALLO"])
def test_torrents_are_graded(part):
    noc4pc_grade(part * 100_000, "102")
    reference_mark(part * 100_000, "102")
