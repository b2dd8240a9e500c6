import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.scorers.general.bbh import grade, reference, score

GOLDEN = Path(__file__).parents[3].parent / "shared" / "data" / "bbh" / "golden.jsonl"


@pytest.mark.skipif(not GOLDEN.is_file(), reason="needs the shared data folder beside the checkout")
def test_every_given_case_is_scored_as_expected():
    for row in map(json.loads, GOLDEN.read_text(encoding="utf8").splitlines()):
        scored = score(Case(name=row["case"], input=row["input"]))
        assert scored.reference == row["expected"], row["case"]


@pytest.mark.parametrize(
    ("output", "kind", "extracted"),
    [
        ("So the answer is (C).", "mcq", "C"),
        ("The answer is B", "mcq", "B"),
        ("the answer is none", "mcq", "none"),
        ("answer is **valid**.", "free", "valid"),
        ("a b\nc", "free", "a b"),
        ("The answer is ", "free", ""),
    ],
)
def test_the_published_rule_reads_behind_the_first_cue(output, kind, extracted):
    assert reference(output, kind) == extracted


@pytest.mark.parametrize(
    ("output", "gold", "kind"),
    [
        ("The answer is 3. No, the answer is 4.", "4", "free"),
        ("so the answer is: TRUE", "True", "free"),
        ("Thinking.\n**No**", "no", "free"),
        ("It is a trick. The answer is (B) Paris.", "(B)", "mcq"),
        ("B.", "(B)", "mcq"),
    ],
)
def test_the_last_answer_counts_whatever_its_case_and_marks(output, gold, kind):
    assert grade(output, gold, kind).score == 1


def test_a_capital_letter_of_a_word_is_no_choice():
    assert score(Case(name="a", input={"prediction": "Bananas", "reference": "(B)"})).reference[
        "correct"
    ]
    assert not grade("Bananas", "(B)", "mcq").readable


def test_an_unknown_kind_is_refused():
    with pytest.raises(UsageError, match="'a' has the kind 'essay'; give free or mcq"):
        score(Case(name="a", input={"prediction": "", "reference": "", "kind": "essay"}))


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=[])), st.sampled_from(["free", "mcq"]))
def test_no_output_raises(output, kind):
    reference(output, kind)
    assert grade(output, "", kind).score == 0
