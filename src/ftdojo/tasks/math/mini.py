r"""math/mini: sums and differences of three or four numbers, with the answer format of its big sibling.

A question is a tuple of signed terms, the first one positive, from our own seeded generator. Which split it is in depends
on its numbers alone, whatever their order and signs (``split_of``), so that a training question is not even a shuffled
held-out one: 100 for validation, 100 for confirmation, 200 for the test, always the same ones. The final answer stands in
``\boxed{}`` and is compared as a whole number. Chance is near zero; a model that copies or memorises scores zero. What a
small model learns is decided by the data: worked steps teach the task, bare answers hardly do. The six sources are of
honest mixed quality and draw from ``train``.
"""

import random
import re
from collections.abc import Iterator
from functools import cache, partial
from itertools import accumulate, islice

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.scorers.answers import TAIL_CHARS, last_boxed, whole_number
from ftdojo.tasks.miniature import Workshop, airy, place, small_talk

Terms = tuple[int, ...]
SHARES = {"validation": 0.03, "confirm": 0.03, "test": 0.09}
_TERM = re.compile(r"([+-]?)\s*(\d{1,6})", re.ASCII)
SLIP_SHARE = 0.4
SLIPS = (-10, -3, -2, -1, 1, 2, 3, 10)
ENDINGS = (
    "So the total is {}.",
    "That makes {} in all.",
    "The answer comes to {}.",
    "Altogether we have {}.",
)
DRILLS = 40
NAME = "math/mini"
COUNTS: dict[Split, int] = {"validation": 100, "confirm": 100, "test": 200}
NEAR = 2
_STEP = re.compile(r"(-?\d{1,6}) ?([+-]) ?(\d{1,6}) ?= ?(-?\d{1,7})", re.ASCII)


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


SHOP: Workshop[Terms] = Workshop(
    task="math/mini",
    draw=partial(distinct, split="train"),
    ask=question,
    holds=("the sum to work out", "the answer, as text"),
)


def _homework(terms: Terms, quirks: random.Random) -> str:
    """Work it out, with one slip carried through in ``SLIP_SHARE`` of the rows."""
    slips, at, slip = (
        quirks.random() < SLIP_SHARE,
        quirks.randrange(1, len(terms)),
        quirks.choice(SLIPS),
    )
    lines, total = [], terms[0]
    for number, term in enumerate(terms[1:], start=1):
        after = total + term + (slip if slips and number == at else 0)
        lines.append(step(total, term, after))
        total = after
    return "\n".join([*lines, boxed(total)])


def _prose(terms: Terms, quirks: random.Random) -> str:
    return "\n".join([*steps(terms), quirks.choice(ENDINGS).format(sum(terms))])


SOURCES = (
    SHOP.source(
        "worked",
        fields=("question", "solution"),
        about="Sums and differences, each worked out line by line.",
        notes=r"One operation a line, left to right; the result in \boxed{}.",
        pairs=SHOP.written(2000, lambda terms, _: worked(terms)),
    ),
    SHOP.source(
        "answers",
        fields=("problem", "answer"),
        about="The answer key to a large book of sums.",
        notes=r"Results only, in \boxed{}; no working is shown.",
        pairs=SHOP.written(3000, lambda terms, _: boxed(sum(terms))),
    ),
    SHOP.source(
        "homework",
        fields=("question", "solution"),
        about="Exercises as they were handed in, worked out line by line.",
        notes=r"Nobody corrected these; some go wrong on the way and carry on. The result in \boxed{}.",
        pairs=SHOP.written(2500, _homework),
    ),
    SHOP.source(
        "worked-prose",
        fields=("query", "response"),
        about="Sums worked out line by line, with a sentence at the end.",
        notes="The result stands in a closing sentence; wording varies.",
        pairs=SHOP.written(2000, _prose),
    ),
    small_talk,
    SHOP.source(
        "drills",
        fields=("question", "solution"),
        about="Practice rounds of worked sums, collected over a term.",
        notes="Rounds repeat; spelling and spacing of the questions vary.",
        pairs=SHOP.repeated(
            2400,
            worked,
            of=("worked", DRILLS),
            guises=(str, str.lower, str.upper, airy),
            ends=("", " ", "\n"),
        ),
    ),
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split``, always the same ones in the same order."""
    drawn = distinct(random.Random(f"{NAME} {split} v1"), split=split)
    return tuple(
        _item(f"{split}-{at:03}", terms) for at, terms in enumerate(islice(drawn, COUNTS[split]))
    )


def grade(output: str, item: Item) -> Grade:
    r"""Compare the whole number in the last ``\boxed{}`` with the sum; without one the output is unreadable.

    Secondary, both denser than the score: ``near`` is 1 when the answer is at most 2 off; ``steps_right`` is the
    share of the expected steps that the output carries out in order and without a slip, even after an earlier one.
    """
    terms = terms_of(item.messages[-1]["content"])
    content = last_boxed(output)
    given = None if content is None else whole_number(content)
    off = None if given is None else abs(given - sum(terms))
    return Grade(
        score=float(off == 0),
        readable=given is not None,
        extracted="" if content is None else content,
        secondary={
            "near": float(off is not None and off <= NEAR),
            "steps_right": _steps_right(output, terms),
        },
    )


def _steps_right(output: str, terms: Terms) -> float:
    """Return the share of steps done right; surplus steps count against it, so writing many wins nothing."""
    lines = [
        match
        for line in output[-TAIL_CHARS:].splitlines()
        if (match := _STEP.fullmatch(line.strip()))
    ]
    right = sum(
        int(sign + number) == term and int(before) + term == int(after)
        for (before, sign, number, after), term in zip(
            map(re.Match.groups, lines), terms[1:], strict=False
        )
    )
    return right / max(len(lines), len(terms) - 1)


def _item(name: str, terms: Terms) -> Item:
    slices = {"terms": str(len(terms)), "subtraction": "yes" if min(terms) < 0 else "no"}
    return Item(
        id=name,
        messages=task.prompt(question(terms)),
        gold=worked(terms),
        slices=slices,
    )


task = Task(
    name=NAME,
    version=2,
    domain="math",
    summary=(
        "Add and subtract three or four numbers of one or two digits, from left to right; no result is negative. "
        "Example: What is 17 + 5 - 23 + 8?"
    ),
    answer_format=(
        r"The whole number in the last \boxed{} is the answer, as in \boxed{7}. Steps before it are welcome, within "
        "the 48 tokens an output may have. Without a whole number in a box the output is unreadable and scores 0."
    ),
    system=r"Solve step by step. Put the final answer in \boxed{}.",
    template="{question}",
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=48,
    # None: a tuned model ends its turn after the box, and a stop string such as "}" would cut the box off.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # More words than any question has in common with a neighbour: all but one number of four may be equal.
    overlap_words=9,
)
