"""The raw sources of ``math/mini``: six collections of honest mixed quality, made on the spot.

No source can contain a held-out question: they draw from ``train``.
"""

import random
from functools import partial

from ftdojo.tasks import sums
from ftdojo.tasks.raw_sources import Workshop, airy
from ftdojo.tasks.small_talk import small_talk

SLIP_SHARE = 0.4
SLIPS = (-10, -3, -2, -1, 1, 2, 3, 10)
ENDINGS = (
    "So the total is {}.",
    "That makes {} in all.",
    "The answer comes to {}.",
    "Altogether we have {}.",
)
DRILLS = 40

SHOP: Workshop[sums.Terms] = Workshop(
    task="math/mini",
    draw=partial(sums.distinct, split="train"),
    ask=sums.question,
    holds=("the sum to work out", "the answer, as text"),
)


def _worked(terms: sums.Terms, _: random.Random) -> str:
    return sums.worked(terms)


def _answer(terms: sums.Terms, _: random.Random) -> str:
    return sums.boxed(sum(terms))


def _homework(terms: sums.Terms, quirks: random.Random) -> str:
    """Work it out, with one slip carried through in ``SLIP_SHARE`` of the rows."""
    slips, at, slip = (
        quirks.random() < SLIP_SHARE,
        quirks.randrange(1, len(terms)),
        quirks.choice(SLIPS),
    )
    lines, total = [], terms[0]
    for place, term in enumerate(terms[1:], start=1):
        after = total + term + (slip if slips and place == at else 0)
        lines.append(sums.step(total, term, after))
        total = after
    return "\n".join([*lines, sums.boxed(total)])


def _prose(terms: sums.Terms, quirks: random.Random) -> str:
    return "\n".join([*sums.steps(terms), quirks.choice(ENDINGS).format(sum(terms))])


def _drill(terms: sums.Terms, quirks: random.Random) -> tuple[str, str]:
    guise = quirks.choice((str, str.lower, str.upper, airy))
    gap = quirks.choice(("", " ", "\n"))
    return guise(sums.question(terms)), sums.worked(terms) + gap


SOURCES = (
    SHOP.source(
        "worked",
        fields=("question", "solution"),
        about="Sums and differences, each worked out line by line.",
        notes=r"One operation a line, left to right; the result in \boxed{}.",
        pairs=SHOP.written("worked", 2000, _worked),
    ),
    SHOP.source(
        "answers",
        fields=("problem", "answer"),
        about="The answer key to a large book of sums.",
        notes=r"Results only, in \boxed{}; no working is shown.",
        pairs=SHOP.written("answers", 3000, _answer),
    ),
    SHOP.source(
        "homework",
        fields=("question", "solution"),
        about="Exercises as they were handed in, worked out line by line.",
        notes=r"Nobody corrected these; some go wrong on the way and carry on. The result in \boxed{}.",
        pairs=SHOP.written("homework", 2500, _homework),
    ),
    SHOP.source(
        "worked-prose",
        fields=("query", "response"),
        about="Sums worked out line by line, with a sentence at the end.",
        notes="The result stands in a closing sentence; wording varies.",
        pairs=SHOP.written("worked-prose", 2000, _prose),
    ),
    small_talk,
    SHOP.source(
        "drills",
        fields=("question", "solution"),
        about="Practice rounds of worked sums, collected over a term.",
        notes="Rounds repeat; spelling and spacing of the questions vary.",
        pairs=SHOP.repeated("drills", 2400, _drill, of="worked", known=DRILLS),
    ),
)
