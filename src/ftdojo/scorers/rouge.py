"""Two published ROUGE-L figures, re-implemented from their rules: they differ, so both are needed.

``word_sets`` is that of the PyPI package ``rouge`` 1.0.1: sentences end at a full stop, words at a space, and the
words of the longest common subsequences of all pairs of sentences are collected in one *set*, so a repeated word
counts once. ``sequence`` is that of ``rouge_score`` without stemming: runs of ASCII letters and digits, one longest
common subsequence over the whole text.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

MOST_CELLS = 500_000
"""A larger comparison is not made and scores 0; the package would need minutes or fail."""
DEEPEST = 975
"""The package walks back through the table by recursion; a longer way ends it, and the evaluator then counts 0."""
_EPSILON = 1e-8
_TOKEN = re.compile(r"[a-z0-9]+")
Sentence = Sequence[str]


def word_sets(given: str, wanted: str) -> float:
    """Return ROUGE-L F in [0, 1] as ``rouge`` 1.0.1 computes it.

    Example:
        >>> round(word_sets("the united states", "united states"), 4)
        0.8
    """
    ours, theirs = _sentences(given), _sentences(wanted)
    if not ours or not theirs or _count(ours) * _count(theirs) > MOST_CELLS:
        return 0.0
    shared: set[str] = set()
    for reference in theirs:
        for sentence in ours:
            common = _common(reference, sentence)
            if common is None:
                return 0.0
            shared |= common
    precision = len(shared) / len({word for sentence in ours for word in sentence})
    recall = len(shared) / len({word for sentence in theirs for word in sentence})
    return 2.0 * precision * recall / (precision + recall + _EPSILON)


def sequence(given: str, wanted: str) -> float:
    """Return ROUGE-L F in [0, 1] as ``rouge_score`` computes it, without stemming.

    Example:
        >>> sequence("United States", "The united states!")
        0.8
    """
    ours, theirs = _TOKEN.findall(given.lower()), _TOKEN.findall(wanted.lower())
    longest = _longest(theirs, ours)
    if not longest:
        return 0.0
    precision, recall = longest / len(ours), longest / len(theirs)
    return 2 * precision * recall / (precision + recall)


def _sentences(text: str) -> list[Sentence]:
    return [" ".join(part.split()).split(" ") for part in text.split(".") if part]


def _count(sentences: Sequence[Sentence]) -> int:
    return sum(map(len, sentences))


def _common(reference: Sentence, sentence: Sentence) -> set[str] | None:
    """Return the words of one longest common subsequence, the package's choice among several; None if too deep."""
    table = _lengths(reference, sentence)
    row, column = len(reference), len(sentence)
    found: set[str] = set()
    for _ in range(DEEPEST):
        if not row or not column:
            return found
        if reference[row - 1] == sentence[column - 1]:
            found.add(reference[row - 1])
            row, column = row - 1, column - 1
        elif table[row - 1][column] > table[row][column - 1]:
            row -= 1
        else:
            column -= 1
    return None


def _lengths(reference: Sentence, sentence: Sentence) -> list[list[int]]:
    table = [[0] * (len(sentence) + 1)]
    for word in reference:
        above, row = table[-1], [0]
        for at, other in enumerate(sentence):
            row.append(above[at] + 1 if word == other else max(above[at + 1], row[at]))
        table.append(row)
    return table


def _longest(one: Sentence, other: Sentence) -> int:
    """Return the length of the longest common subsequence, a whole row of the table at a time (Hyyrö 2004)."""
    places: defaultdict[str, int] = defaultdict(int)
    for at, word in enumerate(one):
        places[word] |= 1 << at
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        hits = row & places.get(word, 0)
        row = ((row + hits) | (row - hits)) & full
    return len(one) - row.bit_count()
