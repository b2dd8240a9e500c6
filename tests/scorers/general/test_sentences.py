"""The oracle is NLTK itself, with the abbreviations and sentence starters of ours in place of what it learnt."""

import random

import pytest

from ftdojo.scorers.general.sentences import ABBREVIATIONS, STARTERS, capital_words, sentence_count

SPACED = (
    "Hello the The A I Mr. Dr. U.S. J. 1. 3.14 5 p.m. etc. wow! what? (yes.) \"No.\" 'Hi!' end. e.g. ... Ph.D. a.b. "
    "don't DON'T IT'S it's CANNOT gonna GONNA A,B a:b, -- x--y AB/CD **BOLD** *x* end.) !!! [OK] {A} A.B.C. JOHN's I'm "
    "I'LL 10:30 U.N. Smith. Smith.) \u201cYes.\u201d co-op. No.5 'TIS _X_"
)


class Seen(dict):
    """Words that begin sentences were seen there in capitals and elsewhere without; no other word was seen."""

    def __missing__(self, word):
        return 0b100010 if word.rstrip(".") in STARTERS else 0


@pytest.fixture(scope="module")
def punkt():
    nltk = pytest.importorskip("nltk.tokenize.punkt")
    tokenizer = nltk.PunktSentenceTokenizer()
    tokenizer._params.abbrev_types = set(ABBREVIATIONS)
    tokenizer._params.ortho_context = Seen()
    return tokenizer


def texts():
    rng = random.Random("sentences")
    return [" ".join(rng.choices(SPACED.split(), k=rng.randint(1, 8))) for _ in range(800)]


def test_sentences_are_counted_as_nltk_counts_them(punkt):
    differing = [text for text in texts() if len(punkt.tokenize(text)) != sentence_count(text)]
    assert not differing[:3]


def test_capital_words_are_counted_as_nltk_counts_them(punkt):
    from nltk.tokenize import NLTKWordTokenizer

    words = NLTKWordTokenizer()
    for text in texts():
        parts = [word for sentence in punkt.tokenize(text) for word in words.tokenize(sentence)]
        assert capital_words(text) == sum(map(str.isupper, parts)), text
