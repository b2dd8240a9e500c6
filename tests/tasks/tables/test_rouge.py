"""The two ROUGE-L figures."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.tables.official import DEEPEST, sequence, word_sets

words = st.lists(st.sampled_from(["the", "city", "ten", "Ö2", "a-b", "."]), max_size=12)


@cache
def the_package():
    return pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])


@settings(max_examples=50, deadline=None)
@given(words, words)
def test_sequence_is_what_the_rouge_score_package_says(given_words, wanted_words):
    told, answer = " ".join(given_words), " ".join(wanted_words)
    published = the_package().score(answer, told)["rougeL"].fmeasure
    assert sequence(told, answer) == pytest.approx(published)


@pytest.mark.parametrize(
    ("told", "answer", "score"),
    [
        ("a b c", "a b c", 1.0),
        ("a a a a", "a", 1.0),  # a set of words: repeating one costs nothing
        ("b a", "a b", 0.5),
        ("a b. c d", "c d. a b", 1.0),  # sentences are compared with each other, not in their order
        ("a", "b", 0.0),
        ("...", "a", 0.0),
        ("5578 pts, 2009", "2009, 5578 pts", 1 / 3),
    ],
)
def test_word_sets_counts_distinct_words_of_all_pairs_of_sentences(told, answer, score):
    assert word_sets(told, answer) == pytest.approx(score, abs=1e-6)


def test_word_sets_counts_nothing_where_the_package_gives_up():
    far = " ".join(["x"] * (DEEPEST + 10))
    assert word_sets(f"city {far}", "city") == 0.0
    assert word_sets("city " * 10**6, "the city " * 10) == 0.0
