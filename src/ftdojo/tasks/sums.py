"""Chained sums and differences: the questions of ``math/mini``, their worked answers and where each belongs.

A question is a tuple of signed terms, the first one positive. Which split it is in depends on its numbers alone,
whatever their order and signs, so that a training question is not even a shuffled held-out one.
"""

import random
import re
from collections.abc import Iterator
from itertools import accumulate

from ftdojo.tasks.splits import place

Terms = tuple[int, ...]

SHARES = {"validation": 0.03, "confirm": 0.03, "test": 0.09}
_TERM = re.compile(r"([+-]?)\s*(\d{1,6})", re.ASCII)


def question(terms: Terms) -> str:
    """Return the sum as a question.

    Example:
        >>> question((17, 5, -23))
        'What is 17 + 5 - 23?'
    """
    first, *rest = terms
    return (
        f"What is {first}"
        + "".join(f" {'-' if each < 0 else '+'} {abs(each)}" for each in rest)
        + "?"
    )


def terms_of(text: str) -> Terms:
    """Return the signed terms of a question; the inverse of ``question``."""
    return tuple(int(sign + digits) for sign, digits in _TERM.findall(text))


def steps(terms: Terms) -> list[str]:
    """Return one line for each addition or subtraction, from left to right."""
    sums = list(accumulate(terms))
    return [
        step(before, term, after)
        for before, term, after in zip(sums, terms[1:], sums[1:], strict=False)
    ]


def step(before: int, term: int, after: int) -> str:
    """Return ``before`` plus ``term`` as a line that claims ``after``."""
    return f"{before} {'-' if term < 0 else '+'} {abs(term)} = {after}"


def worked(terms: Terms) -> str:
    r"""Return the full answer: the steps, then the result in ``\boxed{}``."""
    return "\n".join([*steps(terms), boxed(sum(terms))])


def boxed(number: int) -> str:
    """Return ``number`` as a final answer."""
    return f"\\boxed{{{number}}}"


def split_of(terms: Terms) -> str:
    """Return ``validation``, ``confirm``, ``test`` or ``train``: a property of the numbers alone."""
    return place("sums " + " ".join(map(str, sorted(map(abs, terms)))), SHARES)


def distinct(rng: random.Random, *, split: str) -> Iterator[Terms]:
    """Yield questions of ``split`` without end, no two with the same numbers."""
    seen = set()
    while True:
        terms = _draw(rng)
        numbers = tuple(sorted(map(abs, terms)))
        if numbers not in seen and split_of(terms) == split:
            seen.add(numbers)
            yield terms


def _draw(rng: random.Random) -> Terms:
    """Draw a question none of whose partial sums is below zero: small models learn signs late and dearly."""
    terms: list[int] = []
    for _ in range(rng.choice((3, 4))):
        number = rng.randint(*rng.choice(((1, 9), (10, 99))))
        minus = rng.random() < 0.5 and number <= sum(terms)
        terms.append(-number if minus else number)
    return tuple(terms)
