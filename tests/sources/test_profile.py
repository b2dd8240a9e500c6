"""Figures of a source: true, and found in bounded memory."""

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.sources import profile
from ftdojo.sources.profile import Duplicates, Tokens, measure

WORDS = [f"w{at}" for at in range(2000)]


def figures(rows, **more):
    return measure(rows, fields=("q", "a"), **more)


def row(q="What?", a="That."):
    return {"q": q, "a": a}


def test_an_answer_of_nothing_is_missing_and_zero_is_not():
    found = figures([row(a=each) for each in ("", "  \n", None, [], 0, "x", False, "0")])
    assert found["missing_answers"] == 0.5


def test_a_field_that_is_absent_counts_as_empty():
    assert figures([{"q": "What?"}])["missing_answers"] == 1.0


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("A naïve café", "Latin"),
        ("价格是多少?", "Han"),
        ("Сколько стоит?", "Cyrillic"),
        ("1 + 1", "none"),
    ],
)
def test_scripts_are_shares_of_rows(text, script):
    assert figures([row(text, ""), row("כמה זה?", "")])["scripts"] == {script: 0.5, "other": 0.5}


def test_tokens_are_estimated_by_characters_and_that_is_said():
    found = figures([row("x" * 10, "y" * 9)])
    assert (found["total_tokens"], found["tokens"].p50) == (5, 5.0)
    assert found["tokens_by"] == "estimate: characters / 4"


def test_a_tokenizer_counts_every_row_once():
    letters = Tokens(name="letters", count=lambda texts: [len(text) for text in texts])
    found = figures([row("x" * at, "") for at in range(600)], tokens=letters)
    assert found["total_tokens"] == sum(at + 1 for at in range(600))
    assert (found["tokens"].high, found["tokens_by"]) == (600.0, "letters")


def test_long_lengths_are_kept_with_four_digits():
    assert figures([row("x" * 123_456, "")])["characters"].high == 123_500.0


@given(st.lists(st.integers(0, 30), max_size=80))
@settings(max_examples=50)
def test_duplicates_are_exact_as_long_as_they_fit(values):
    found = Duplicates(limit=100)
    firsts = [found.add(value * 7919) for value in values]
    assert sum(firsts) == len(set(values))
    assert found.share() == (1 - len(set(values)) / len(values) if values else 0.0)


def test_without_duplicates_the_share_is_zero_however_many_rows_there_are():
    rng, found = random.Random(0), Duplicates(limit=1000)
    for _ in range(20_000):
        found.add(rng.getrandbits(64))
    assert (found.share(), found.level) == (0.0, 5)


def test_duplicates_among_more_rows_than_fit_are_estimated():
    rng = random.Random(0)
    digests = [rng.getrandbits(64) for _ in range(10_000)]
    found = Duplicates(limit=2000)
    for digest in rng.sample(digests * 4, 40_000):
        found.add(digest)
    assert found.level > 0
    assert found.share() == pytest.approx(0.75, abs=0.01)


def test_rows_that_differ_in_a_word_of_many_are_near_duplicates_and_others_are_not():
    rng, rows = random.Random(0), []
    for _ in range(100):
        first, start = rng.choices(WORDS, k=60), rng.choices(WORDS, k=30)
        rows += [row(" ".join(first)), row(" ".join([*first[:-1], "other"]))]
        rows += [row(" ".join(start + rng.choices(WORDS, k=30))) for _ in range(2)]
    assert figures(rows)["near_duplicate_share"] == pytest.approx(0.25, abs=0.02)


def test_exact_duplicates_are_not_counted_again_as_near_ones():
    long = row(" ".join(WORDS[:50]))
    found = figures([long, long, long])
    assert (found["duplicate_share"], found["near_duplicate_share"]) == (pytest.approx(2 / 3), 0.0)


def test_a_figure_of_some_rows_says_so(monkeypatch):
    rows = [row(f"question {at} {at * at} {at % 7}") for at in range(300)]
    assert figures(rows)["measured_on"] == "all rows"
    monkeypatch.setattr(profile, "COMPARED", 100)
    assert figures(rows)["measured_on"] == "near-duplicates: the first 100 different rows"
    monkeypatch.setattr(profile, "Duplicates", lambda: Duplicates(limit=80))
    assert figures(rows)["measured_on"].startswith("duplicates: 1 different row in 4, chosen by")


@pytest.mark.parametrize("text", ["", "\ud800", "\x00" * 9, "x" * 10**6, "é\u202e"])
def test_any_text_can_be_measured(text):
    assert figures([row(text, text), {}])["words"].high >= 0


def test_memory_does_not_grow_with_the_rows(monkeypatch):
    monkeypatch.setattr(profile, "Duplicates", lambda: Duplicates(limit=1000))
    monkeypatch.setattr(profile, "COMPARED", 100)

    def peak(count):
        tracemalloc.start()
        figures(row(f"question {at}") for at in range(count))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(40_000) < 1.5 * peak(4_000)
