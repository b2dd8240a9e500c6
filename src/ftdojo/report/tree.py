"""The run's experiments as a tree, one row each, in an order that keeps children below their parent."""

from collections import defaultdict
from dataclasses import dataclass

from ftdojo.records import BASE, Comparison, Estimate, Experiment
from ftdojo.report.evidence import SYMBOLS, RunEvidence, headline_of, look


@dataclass(frozen=True, kw_only=True)
class TreeRow:
    """One row. ``rails`` draw the way from the root: ``pipe``, ``gap``, and last ``tee`` or ``elbow``."""

    id: str
    parent: str
    rails: tuple[str, ...]
    look: str
    symbol: str
    title: str
    score: Estimate | None
    status: str
    change: Comparison | None
    seconds: float
    chosen: bool


def rows(evidence: RunEvidence) -> list[TreeRow]:
    """Return the base and every experiment below its parent.

    A parent that is not an earlier experiment counts as the base, so that no record can make a circle.
    """
    children = _children(evidence.experiments)
    found, stack = [_base_row(evidence)], _pushed(children[BASE], ())
    while stack:
        each, rails = stack.pop()
        found.append(_row(evidence, each, rails))
        below = tuple("gap" if rail in ("elbow", "gap") else "pipe" for rail in rails)
        stack += _pushed(children[each.id], below)
    return found


def _children(experiments: tuple[Experiment, ...]) -> defaultdict[str, list[Experiment]]:
    children: defaultdict[str, list[Experiment]] = defaultdict(list)
    seen: set[str] = set()
    for each in experiments:
        children[each.parent if each.parent in seen else BASE].append(each)
        seen.add(each.id)
    return children


def _pushed(
    siblings: list[Experiment], rails: tuple[str, ...]
) -> list[tuple[Experiment, tuple[str, ...]]]:
    """Return siblings last first, ready for a stack; only the last one ends its parent's line."""
    last = len(siblings) - 1
    numbered = reversed(list(enumerate(siblings)))
    return [(each, (*rails, "elbow" if at == last else "tee")) for at, each in numbered]


def _base_row(evidence: RunEvidence) -> TreeRow:
    return TreeRow(
        id=BASE,
        parent="",
        rails=(),
        look=BASE,
        symbol=SYMBOLS[BASE],
        title=f"{evidence.config.spec.model}, untouched",
        score=evidence.base.score if evidence.base else None,
        status="scored" if evidence.base else "not scored yet",
        change=None,
        seconds=evidence.base.seconds if evidence.base else 0.0,
        chosen=evidence.result is not None and evidence.chosen == BASE,
    )


def _row(evidence: RunEvidence, each: Experiment, rails: tuple[str, ...]) -> TreeRow:
    known = each.feedback.comparisons if each.feedback else {}
    shown = look(each)
    return TreeRow(
        id=each.id,
        parent=each.parent,
        rails=rails,
        look=shown,
        symbol=SYMBOLS[shown],
        title=headline_of(each.submission.plan),
        score=each.evaluation.score if each.evaluation else None,
        status=status_of(each),
        change=known.get(BASE),
        seconds=each.seconds,
        chosen=evidence.result is not None and each.id == evidence.chosen,
    )


def status_of(each: Experiment) -> str:
    """Return how an experiment ended, in a word or two."""
    if each.failure:
        return f"failed: {each.failure.kind}"
    if each.evaluation and each.evaluation.raced_out:
        return "raced out"
    return look(each)
