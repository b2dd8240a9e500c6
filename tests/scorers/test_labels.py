import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.scorers.answers import label_grade, score_line, score_word
from ftdojo.scorers.case import Case

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
TOPICS = ("World", "Sports", "Business", "Sci/Tech")
FEELINGS = ("negative", "positive")


@pytest.mark.parametrize("output", ["Sci/Tech", " sci tech.\nWorld", "**SciTech**", "\n\nSCI_TECH"])
def test_the_first_line_is_the_label_whatever_its_case_and_marks(output):
    assert label_grade(output, "Sci/Tech", TOPICS).score == 1


@pytest.mark.parametrize("output", ["", "?!", "It is Sci/Tech", "Sci/Tech or World", "Biology"])
def test_a_first_line_that_is_no_label_is_unreadable_and_scores_nothing(output):
    grade = label_grade(output, "Sci/Tech", TOPICS)
    assert (grade.score, grade.readable) == (0, False)


def test_a_wrong_label_is_readable_and_wrong():
    grade = label_grade("world", "Sci/Tech", TOPICS)
    assert (grade.score, grade.readable, grade.extracted) == (0, True, "World")


def test_the_first_word_may_be_followed_by_a_reason():
    assert label_grade("Positive, for it is fun", "positive", FEELINGS, first_word=True).score == 1
    assert not label_grade("Positive, for it is fun", "positive", FEELINGS).readable
    assert not label_grade("I think positive", "positive", FEELINGS, first_word=True).readable


def test_a_gold_label_that_is_none_of_the_labels_earns_nothing():
    assert label_grade("happy", "happy", FEELINGS).score == 0


def test_a_case_without_a_prediction_says_what_is_missing():
    with pytest.raises(UsageError, match="'odd' has no input 'prediction'; add it, a str"):
        score_line(Case(name="odd", input={"reference": "World"}))
    with pytest.raises(UsageError, match="'prediction' of the case 'odd' is '7'; give a str"):
        score_word(Case(name="odd", input={"prediction": 7, "reference": "World"}))


@pytest.mark.parametrize(
    ("folder", "score"),
    [
        ("agnews", score_line),
        ("banking77", score_line),
        ("sst2", score_word),
        ("pubmedqa", score_word),
    ],
)
def test_every_given_case_is_scored_as_expected(folder, score):
    path = SHARED / folder / "golden.jsonl"
    if not path.is_file():
        pytest.skip("needs the shared data folder beside the checkout")
    for line in path.read_text(encoding="utf8").splitlines():
        row = json.loads(line)
        scored = score(Case(name=row["case"], input=row["input"]))
        assert scored.reference == row["expected"], row["case"]
        assert scored.strict == row["expected"], row["case"]


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=[])), st.booleans())
def test_no_output_raises(output, first_word):
    assert label_grade(output, "World", TOPICS, first_word=first_word).score in (0, 1)
