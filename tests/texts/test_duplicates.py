"""When two texts, and two rows, are the same."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.texts import duplicates
from ftdojo.texts.words import words_of

WORDS = [f"word{n}" for n in range(1000)]


def row(question, answer="yes", system=None):
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    first = [{"role": "system", "content": system}] if system else []
    return (*first, *turns)


def prose(rng, words=60):
    return " ".join(rng.choices(WORDS, k=words))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is IT?", "  what\n is it "),
        ("well-known", "well known"),
        ("**Total:** 5", "total 5"),
        ("2+3", "2 + 3"),
        ("2*3", "2 \u00d7 3"),
        ("\uff21\ufb01", "afi"),
        ("stra\u00dfe", "STRASSE"),
        ("e\u0301t\u00e9", "\u00e9te\u0301"),
        ("cafe\u0301 na\u00efve", "cafe naive"),
        ("007 and 7.50 of 12,500.0", "7 and 7.5 of 12500"),
        (r"one\ntwo\u0021 \\u00e9t\u00e9", "one two \u00e9t\u00e9"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("\u0410 b\u0430k\u0435r", "A baker"),
        ("\u0663 + 4", "3 + 4"),
    ],
)
def test_texts_that_say_the_same_have_one_normal_form(one, other):
    assert words_of(one) == words_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2+3", "2-3"), ("2*3", "2/3"), ("x = -5", "x = 5"), ("(1)-(2)", "(1)*(2)")],
)
def test_texts_that_ask_something_else_stay_apart(one, other):
    assert words_of(one) != words_of(other)


def test_equal_rows_are_exact_duplicates_and_nothing_else():
    rng = Random(0)
    rows = [row(prose(rng)) for _ in range(20)]
    assert duplicates([*rows, *rows[:5], rows[0]]) == (6, 0)


@pytest.mark.parametrize("seed", range(4))
def test_rows_with_a_word_added_or_other_spelling_are_near_duplicates(seed):
    rng = Random(seed)
    rows = [row(prose(rng)) for _ in range(50)]
    added = [row(each[0]["content"] + " indeed") for each in rows[:10]]
    spelt = [row(each[0]["content"].upper() + "!") for each in rows[10:20]]
    assert duplicates([*rows, *added, *spelt]) == (0, 20)


@pytest.mark.parametrize("seed", range(4))
def test_rows_that_share_half_their_words_are_no_duplicates(seed):
    rng = Random(seed)
    half = prose(rng, words=40)
    assert duplicates(row(f"{half} {prose(rng, words=40)}") for _ in range(50)) == (0, 0)


def test_sums_that_differ_in_their_numbers_are_no_duplicates():
    rows = [row(f"What is {a} + {b}?", str(a + b)) for a in range(30) for b in range(30)]
    assert duplicates(rows) == (0, 0)


def test_a_common_system_turn_does_not_make_rows_alike():
    rng = Random(0)
    system = prose(rng, words=500)
    assert duplicates(row(prose(rng), system=system) for _ in range(20)) == (0, 0)


def test_rows_without_a_word_and_no_rows_at_all_are_counted_too():
    assert duplicates([]) == (0, 0)
    assert duplicates([row("?", "!"), row("?", "!"), row("!", "?")]) == (1, 1)


@given(st.lists(st.text(max_size=20), max_size=8))
def test_duplicates_never_outnumber_the_repeats(texts):
    exact, near = duplicates([row(text) for text in texts])
    assert exact == len(texts) - len(set(texts))
    assert 0 <= exact + near <= max(0, len(texts) - 1)
