"""What an answer of a task of your own scores: the marker, the reading, and any text whatever."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.own.metrics import METRICS, gold_output, graded

GOLD = {
    "exact_match": "The Hague",
    "contains": "The Hague",
    "choice": "B",
    "number": "1200",
    "json_fields": '{"name": "Ann", "age": 7}',
    "rouge_l": "the cat sat on the mat",
}


@pytest.mark.parametrize(
    ("metric", "output", "score", "readable"),
    [
        ("exact_match", "I think so. Answer:  the hague.", 1, True),
        ("exact_match", "Answer: Rome\nAnswer: The Hague\nBye.", 1, True),
        ("exact_match", "Answer: The Hague, I think", 0, True),
        ("exact_match", "The Hague", 0, False),
        ("exact_match", "Answer: ?!", 0, False),
        ("contains", "Answer: it is The Hague, I think", 1, True),
        ("contains", "Answer: The Haguenot", 0, True),
        ("choice", "Answer: (b) The Hague", 1, True),
        ("choice", "Answer: Because of A", 0, False),
        ("choice", "Answer: **B**", 1, True),
        ("number", "Answer: 1,200.00 euros", 1, True),
        ("number", "Answer: -1200", 0, True),
        ("number", "Answer: many", 0, False),
        ("json_fields", 'Here: {"name": "ann", "age": 7}', 1, True),
        ("json_fields", '{"name": "Ann", "age": true}', 0.5, True),
        ("json_fields", '{"name": "Ann", "age": 7, "x": 1, "y": 2}', 0.5, True),
        ("json_fields", "name: Ann", 0, False),
        ("rouge_l", "Answer: the cat sat on the mat", 1, True),
        ("rouge_l", "Answer: dogs", 0, True),
    ],
)
def test_an_answer_scores_what_it_says(metric, output, score, readable):
    found = graded(metric, output, GOLD[metric], after="Answer:")
    assert (found.score, found.readable) == (score, readable)


@pytest.mark.parametrize("metric", METRICS)
def test_the_gold_answer_in_the_right_format_scores_full_marks(metric):
    output = gold_output(metric, GOLD[metric], after="Answer:")
    assert graded(metric, output, GOLD[metric], after="Answer:").score == 1


def test_without_a_marker_the_whole_output_is_the_answer():
    assert graded("exact_match", "the hague", "The Hague", after="").score == 1


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40, deadline=None)
@given(text=st.text(st.characters()), marked=st.booleans())
def test_any_output_gets_a_score_between_0_and_1(metric, text, marked):
    output = f"Answer: {text}" if marked else text
    assert 0 <= graded(metric, output, GOLD[metric], after="Answer:").score <= 1


@pytest.mark.parametrize("metric", METRICS)
def test_a_runaway_output_costs_little(metric):
    for text in ("9" * 2_000_000, "{" * 2_000_000, "Answer: " * 300_000, "a " * 1_000_000):
        assert graded(metric, "Answer: " + text, GOLD[metric], after="Answer:").score <= 1
