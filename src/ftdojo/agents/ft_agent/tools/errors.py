"""Wrong validation answers, grouped by how they are wrong."""

import re
from collections import Counter
from collections.abc import Iterator

from ftdojo.agents.ft_agent.tools.evidence import Evidence, Prediction

SHOWN, MOST = 160, 4
_NUMBER, _WORD, _SPACE = (
    re.compile(r"\d+(?:[.,]\d+)*"),
    re.compile(r"[^\W\d_]+"),
    re.compile(r"\s+"),
)
_LOOP = re.compile(r"(.{8,80}?)\1{3,}", re.DOTALL)
SHAPE = 48


def clusters(evidence: Evidence) -> Iterator[str]:
    """Yield the groups of wrong answers, the largest first, each with one of its answers."""
    wrong = [each for each in evidence.outputs.values() if is_wrong(each, evidence.sign)]
    if not wrong:
        return
    groups = Counter(_group(each) for each in wrong)
    for (kind, shape), count in groups.most_common(MOST):
        example = next(each for each in wrong if _group(each) == (kind, shape))
        yield (
            f"Wrong, {kind}: {count} of {len(wrong)}; for example {_cut(example.output)!r}"
            + (f" where {_cut(example.gold)!r} is right." if example.gold else ".")
        )
    if len(groups) > MOST:
        rest = len(wrong) - sum(count for _, count in groups.most_common(MOST))
        yield f"Wrong in other ways: {rest}."


def is_wrong(each: Prediction, sign: float) -> bool:
    """Return whether an answer cannot be read, or earns less than full marks (1 for shares, 0 for errors)."""
    return not each.readable or sign * each.score < max(sign, 0.0)


def _group(each: Prediction) -> tuple[str, str]:
    text = each.output.strip()
    if not text:
        return "empty", ""
    if _LOOP.search(text[:2000]):
        return "repeats itself", ""
    if not each.readable:
        return "unreadable", _shape(text)
    return "readable", _shape(text)


def _shape(text: str) -> str:
    """Return how a text is built: numbers and words lose what they say, the end of the text is left out."""
    plain = _WORD.sub("w", _NUMBER.sub("#", _SPACE.sub(" ", text[:400])))
    return re.sub(r"w(?: w)+", "w", plain)[:SHAPE]


def _cut(text: str) -> str:
    text = _SPACE.sub(" ", text.strip())
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
