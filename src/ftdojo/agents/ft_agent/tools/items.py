"""Items that were fixed and broken, and the training rows that lie nearest to the broken ones."""

import re
from collections.abc import Iterator

from ftdojo.agents.ft_agent.tools.evidence import Evidence, Prediction

SHOWN, MOST, RUN = 140, 2, 3
_WORDS = re.compile(r"\w+|[^\w\s]")


def moved(evidence: Evidence) -> Iterator[str]:
    """Yield how many items became right or wrong, with a few of the broken ones before and after."""
    both = [
        (evidence.rival_outputs[item], now)
        for item, now in evidence.outputs.items()
        if item in evidence.rival_outputs
    ]
    if not both:
        return
    fixed = [pair for pair in both if evidence.sign * (pair[1].score - pair[0].score) > 0]
    broken = _broken(evidence)
    yield f"Items: {len(fixed)} fixed and {len(broken)} broken against {evidence.rival_name}, of {len(both)} seen."
    for was, now in broken[:MOST]:
        asked = f" to {_cut(now.prompt)!r}" if now.prompt else ""
        yield f"Broken: {_cut(was.output)!r} became {_cut(now.output)!r}{asked}."


def nearest_rows(evidence: Evidence) -> Iterator[str]:
    """Yield the training row that is most like each of a few broken items, by shared runs of three words."""
    rows = [(_runs(row), row) for row in evidence.rows]
    for _, now in _broken(evidence)[:MOST]:
        asked = _runs(now.prompt)
        if not rows or not asked:
            return
        found, row = max(rows, key=lambda each: len(each[0] & asked))
        if shared := len(found & asked):
            yield f"The row nearest to a broken item shares {shared} of its {len(asked)} runs of words: {_cut(row)!r}."


def _broken(evidence: Evidence) -> list[tuple[Prediction, Prediction]]:
    both = ((evidence.rival_outputs.get(item), now) for item, now in evidence.outputs.items())
    return [(was, now) for was, now in both if was and evidence.sign * (now.score - was.score) < 0]


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORDS.findall(text.lower())
    return frozenset(tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
