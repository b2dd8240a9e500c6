"""The raw sources of ``math/mini``: six collections of honest mixed quality, made on the spot.

Each draws its questions from a stream of its own, and what is wrong with a source comes from a second stream, so
that a source's questions do not depend on its noise. No source can hold a held-out question: they ask for ``train``.
"""

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from ftdojo.records import Source
from ftdojo.tasks import sums
from ftdojo.tasks.small_talk import small_talk

Rows = Iterator[dict[str, Any]]
Writer = Callable[[sums.Terms, random.Random], str]

SLIP_SHARE = 0.4
SLIPS = (-10, -3, -2, -1, 1, 2, 3, 10)
ENDINGS = (
    "So the total is {}.",
    "That makes {} in all.",
    "The answer comes to {}.",
    "Altogether we have {}.",
)
DRILLS = 40


def _rows(name: str, *, count: int, fields: tuple[str, str], write: Writer) -> Rows:
    """Yield ``count`` rows with a number, a question and what ``write`` answers."""
    ask, answer = fields
    quirks = random.Random(f"math/mini {name} quirks v1")
    for number, terms in enumerate(islice(_questions(name), count)):
        yield {"id": number, ask: sums.question(terms), answer: write(terms, quirks)}


def _questions(name: str) -> Iterator[sums.Terms]:
    return sums.distinct(random.Random(f"math/mini {name} questions v1"), split="train")


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


def _drills(*, count: int) -> Rows:
    """Yield rows over the first few questions of ``worked``, again and again, in another guise each time."""
    quirks = random.Random("math/mini drills quirks v1")
    known = list(islice(_questions("worked"), DRILLS))
    for number in range(count):
        terms = quirks.choice(known)
        guise = quirks.choice((str, str.lower, str.upper, _airy))
        gap = quirks.choice(("", " ", "\n"))
        yield {
            "id": number,
            "question": guise(sums.question(terms)),
            "solution": sums.worked(terms) + gap,
        }


def _airy(text: str) -> str:
    return text.replace(" ", "  ")


def _source(
    name: str, *, fields: tuple[str, str], about: str, notes: str, rows: Callable[[], Rows]
) -> Source:
    ask, answer = fields
    return Source(
        name=name,
        summary=about,
        licence="Apache-2.0",
        fields={"id": "row number", ask: "the sum to work out", answer: "the answer, as text"},
        prompt_field=ask,
        response_field=answer,
        notes=notes,
        version=1,
        rows=rows,
    )


def _written(name: str, count: int, fields: tuple[str, str], write: Writer) -> Callable[[], Rows]:
    return partial(_rows, name, count=count, fields=fields, write=write)


SOURCES = (
    _source(
        "worked",
        fields=("question", "solution"),
        about="Sums and differences, each worked out line by line.",
        notes=r"One operation a line, left to right; the result in \boxed{}.",
        rows=_written("worked", 2000, ("question", "solution"), _worked),
    ),
    _source(
        "answers",
        fields=("problem", "answer"),
        about="The answer key to a large book of sums.",
        notes=r"Results only, in \boxed{}; no working is shown.",
        rows=_written("answers", 3000, ("problem", "answer"), _answer),
    ),
    _source(
        "homework",
        fields=("question", "solution"),
        about="Exercises as they were handed in, worked out line by line.",
        notes=r"Nobody corrected these; some go wrong on the way and carry on. The result in \boxed{}.",
        rows=_written("homework", 2500, ("question", "solution"), _homework),
    ),
    _source(
        "worked-prose",
        fields=("query", "response"),
        about="Sums worked out line by line, with a sentence at the end.",
        notes="The result stands in a closing sentence; wording varies.",
        rows=_written("worked-prose", 2000, ("query", "response"), _prose),
    ),
    small_talk,
    _source(
        "drills",
        fields=("question", "solution"),
        about="Practice rounds of worked sums, collected over a term.",
        notes="Rounds repeat; spelling and spacing of the questions vary.",
        rows=partial(_drills, count=2400),
    ),
)
