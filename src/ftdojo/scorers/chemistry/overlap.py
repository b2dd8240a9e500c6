"""Two measures of how alike texts are, character by character: edit distance and BLEU."""

import math
import sys
from collections import Counter
from collections.abc import Sequence

LONGEST_RUN = 4


def levenshtein(one: str, other: str) -> int:
    """Return the least number of characters to put in, take out or change.

    Example:
        >>> levenshtein("CCO", "CN")
        2
    """
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, start=1):
        before, row[0] = row[0], at
        for place, wanted in enumerate(other, start=1):
            cheapest = min(row[place] + 1, row[place - 1] + 1, before + (char != wanted))
            before, row[place] = row[place], cheapest
    return row[-1]


def bleu(pairs: Sequence[tuple[str, str]]) -> float:
    """Return the BLEU of a corpus of (given, right) texts over runs of one to four characters, as nltk has it.

    A length of run without any match counts as the smallest float, not as 0; no match of a single character is 0.

    Example:
        >>> bleu([("CCCCO", "CCCCO")])
        1.0
    """
    shared, there = [0] * LONGEST_RUN, [0] * LONGEST_RUN
    for given, right in pairs:
        for at in range(LONGEST_RUN):
            of_given, of_right = _runs(given, at + 1), _runs(right, at + 1)
            shared[at] += (of_given & of_right).total()
            there[at] += max(1, of_given.total())
    if not shared[0]:
        return 0.0
    logs = [
        math.log(hits / among if hits else sys.float_info.min)
        for hits, among in zip(shared, there, strict=True)
    ]
    return _brevity(pairs) * math.exp(sum(logs) / LONGEST_RUN)


def _runs(text: str, length: int) -> Counter[str]:
    return Counter(text[at : at + length] for at in range(len(text) - length + 1))


def _brevity(pairs: Sequence[tuple[str, str]]) -> float:
    given, right = (sum(map(len, column)) for column in zip(*pairs, strict=True))
    return 1.0 if given > right else math.exp(1 - right / given)
