"""The rules of TableBench's own evaluation scripts, defects included.

The answer is what follows ``Final Answer: `` on its line, nothing without it. Both sides lose case, ASCII
punctuation and articles *before* they are compared, so a list is one string, ``0.95`` reads 095 and a minus is lost.
``mix`` is the score of data analysis: each subtype by its own metric, weighted by rows.

Two published ROUGE-L figures, re-implemented from their rules: they differ, so both are needed.

``word_sets`` is that of the PyPI package ``rouge`` 1.0.1: sentences end at a full stop, words at a space, and the
words of the longest common subsequences of all pairs of sentences are collected in one *set*, so a repeated word
counts once. ``sequence`` is that of ``rouge_score`` without stemming: runs of ASCII letters and digits, one longest
common subsequence over the whole text.
"""

import re
import string
from collections import defaultdict
from collections.abc import Sequence, Set
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MOST_CELLS = 500_000
"""A larger comparison is not made and scores 0; the package would need minutes or fail."""
DEEPEST = 975
"""The package walks back through the table by recursion; a longer way ends it, and the evaluator then counts 0."""
_EPSILON = 1e-8
_TOKEN = re.compile(r"[a-z0-9]+")
Sentence = Sequence[str]
_ANSWER = re.compile(r"Final Answer: (.+)")
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WHOLE = re.compile(r"\d+")
_NEAR = 0.1
_OPENING, _FENCE = "```python\n", "```"
WITHIN_10 = frozenset({"CorrelationAnalysis", "TrendForecasting", "StatisticalAnalysis"})
EXACT = frozenset({"ImpactAnalysis"})


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


def parsed(output: str) -> str:
    """Return the answer, or nothing.

    Example:
        >>> parsed("Final Answer: 1,062."), parsed("final answer: 7")
        ('1,062.', '')
    """
    found = _ANSWER.search(output)
    return found[1] if found else ""


def exact_match(given: str, answer: str) -> bool:
    """Return whether both are the same text, or the same whole number, once normalised."""
    ours, theirs = _normal(given), _normal(answer)
    if not _WHOLE.fullmatch(theirs):
        return ours == theirs
    try:
        return _whole(ours) == _whole(theirs)
    except ArithmeticError:
        return False


def within_10_percent(given: str, answer: str) -> bool:
    """Return whether both are the same text, or whole numbers at most a tenth apart, once normalised."""
    ours, theirs = _normal(given), _normal(answer)
    if not _WHOLE.fullmatch(theirs):
        return ours == theirs
    try:
        number, right = Decimal(ours), Decimal(theirs)
        return number == right if not right else abs(right - number) / abs(right) <= _NEAR
    except ArithmeticError:
        return False


def rouge_l(given: str, answer: str) -> float:
    """Return ROUGE-L F, 0-100, of the normalised texts."""
    return sequence(_normal(given), _normal(answer)) * 100


def mix(rows: Sequence[tuple[str, str, str]]) -> float:
    """Return the mixed metric of data analysis, 0-100, over (subtype, given, answer)."""
    described = {subtype for subtype, _, _ in rows} - EXACT - WITHIN_10
    shares = [
        _weighed([100.0 * exact_match(*pair) for pair in _pairs(rows, EXACT)]),
        _weighed([100.0 * within_10_percent(*pair) for pair in _pairs(rows, WITHIN_10)]),
        _weighed([rouge_l(*pair) for pair in _pairs(rows, described)]),
    ]
    return sum(score * count for score, count in shares) / max(1, len(rows))


def code_of(output: str) -> str:
    """Return the last complete ``python`` block, whose fence ends its line, or nothing."""
    block, start = "", output.find(_OPENING)
    while start >= 0:
        end = output.find(_FENCE, start + len(_OPENING))
        if end < 0:
            break
        block = output[start + len(_OPENING) : end]
        start = output.find(_OPENING, end + len(_FENCE))
    return block


def chart_verdict(
    drawn: Sequence[object] | None, printed: str, wanted: Sequence[Any], *, pie: bool
) -> bool | str:
    """Return whether the drawn values are the wanted ones, sorted; an empty text where the check itself fails.

    Args:
        drawn: what was drawn, rounded to two places; None where it could not be read.
        printed: what the code printed, which the verdict is read together with.
        wanted: what was to be drawn; a value that is not a number makes the check fail.
        pie: compare shares of the whole.
    """
    if drawn is None or not all(isinstance(each, int | float) for each in (*drawn, *wanted)):
        return ""
    total = sum(wanted)
    if pie and not total:
        return ""
    right = [round(each / total, 2) if pie else round(each, 2) for each in wanted]
    said = f"{printed}{_same(right, drawn)}\n".strip()
    return {"True": True, "False": False}.get(said, "")


def mean(scores: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(scores) / len(scores) if scores else 0.0


def _pairs(rows: Sequence[tuple[str, str, str]], subtypes: Set[str]) -> list[tuple[str, str]]:
    return [(told, answer) for subtype, told, answer in rows if subtype in subtypes]


def _weighed(scores: Sequence[float]) -> tuple[float, int]:
    """Return the mean, rounded as the script rounds it, and of how many it is."""
    return round(mean(scores), 2), len(scores)


def _same(wanted: Sequence[Any], drawn: Sequence[Any]) -> bool:
    ours, theirs = sorted(drawn), sorted(wanted)
    if len(ours) != len(theirs):
        return False
    return all(
        one == other or (one != one and other != other)
        for one, other in zip(theirs, ours, strict=True)
    )


def _normal(text: str) -> str:
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def _whole(text: str) -> str:
    return str(Decimal(text).quantize(Decimal("1."), rounding=ROUND_HALF_UP))
