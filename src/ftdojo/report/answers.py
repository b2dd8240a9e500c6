"""Answers before and after: what the base and the chosen model wrote to the same validation items.

Only validation outputs are opened here. Test items are never shown; and while a run goes on, an agent may read its page, so of
the validation items only those that it may see anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from ftdojo.records import BASE, Direction, Graded, WrongItem
from ftdojo.report.evidence import RunEvidence, cut
from ftdojo.report.numbers import Scale
from ftdojo.stats import every_fourth

SHOWN, TEXT = 60, 1200
"""At most so many items, and so many characters of a text."""
KINDS = {
    "fixed": "Fixed",
    "broken": "Broken",
    "both-wrong": "Both wrong",
    "both-right": "Both right",
}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One model's answer."""

    output: str
    grade: str
    right: bool
    extracted: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One item, answered twice. ``prompt`` and ``gold`` are known where a report may quote them."""

    item: str
    kind: str
    before: Side
    after: Side
    prompt: str = ""
    gold: str = ""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The pairs to show, none where the task shows no answers, and how many there are of each kind.

    ``name`` is the experiment beside the base; ``gained`` of the fixed items are right now, the others only better.
    """

    name: str
    gained: int
    pairs: tuple[Pair, ...]
    counts: Mapping[str, int]
    shown: Mapping[str, int]


def answers(evidence: RunEvidence) -> Answers | None:
    """Pair the base with the chosen experiment, or with the best so far; None if either wrote nothing.

    Raises:
        StoreError: stored outputs are damaged.
    """
    name = evidence.chosen if evidence.chosen != BASE else _runner_up(evidence)
    after = {each.item: each for each in evidence.folder.predictions(name, "validation")}
    before = evidence.folder.predictions(BASE, "validation")
    quoted = _quoted(evidence)
    pairs = [
        _pair(each, after[each.item], quoted, evidence.scale)
        for each in before
        if each.item in after
    ]
    if name == BASE or not pairs:
        return None
    seen = every_fourth(each.item for each in before)
    told = pairs if evidence.result else [pair for pair in pairs if pair.item in seen]
    shown = _chosen_few(told) if quoted else ()
    return Answers(
        name=name,
        gained=sum(pair.kind == "fixed" and pair.after.right for pair in pairs),
        pairs=shown,
        counts=_counts(pairs),
        shown=_counts(shown),
    )


def _runner_up(evidence: RunEvidence) -> str:
    """Return the experiment with the best score, where the base was kept."""
    sign = evidence.scale.sign
    scored = {each.id: sign * report.score.score for each, report in evidence.scored()}
    return max(scored, key=scored.__getitem__, default=BASE)


def _quoted(evidence: RunEvidence) -> dict[str, WrongItem]:
    """Return the validation items that some report quotes; what the task keeps hidden is in none.

    Every report quotes some of what was wrong in it, so none at all means that the task shows no answers.
    """
    reports = [evidence.base, *(report for _, report in evidence.scored())]
    wrong = (item for report in reports if report for item in report.wrong)
    return {item.item: item for item in wrong}


def _pair(before: Graded, after: Graded, quoted: Mapping[str, WrongItem], scale: Scale) -> Pair:
    known = quoted.get(before.item)
    return Pair(
        item=before.item,
        kind=_kind(before.grade.score, after.grade.score, scale),
        before=_side(before, scale),
        after=_side(after, scale),
        prompt=cut(known.prompt, TEXT) if known else "",
        gold=cut(known.gold, TEXT) if known else "",
    )


def _kind(before: float, after: float, scale: Scale) -> str:
    gain = scale.sign * (after - before)
    if gain:
        return "fixed" if gain > 0 else "broken"
    return "both-right" if _right(after, scale) else "both-wrong"


def _right(score: float, scale: Scale) -> bool:
    """Return whether nothing could be better: 1 where higher is better, 0 where lower is."""
    return score <= 0.0 if scale.direction is Direction.LOWER else score >= 1.0


def _side(graded: Graded, scale: Scale) -> Side:
    return Side(
        output=_shown(graded.output),
        grade=_grade(graded, scale),
        right=_right(graded.grade.score, scale),
        extracted=cut(graded.grade.extracted, 80),
    )


def _shown(output: str) -> str:
    """Return an answer as it is shown; one without a visible sign is described."""
    if output.strip():
        return cut(output, TEXT)
    return f"({len(output)} characters, all blank)" if output else "(nothing)"


def _grade(graded: Graded, scale: Scale) -> str:
    """Return a grade in a word, or as a score where it is neither right nor nothing."""
    if not graded.grade.readable:
        return "unreadable"
    score = graded.grade.score
    if scale.is_share and score in (0.0, 1.0):
        return "right" if _right(score, scale) else "wrong"
    return scale.score(score)


def _counts(pairs: "list[Pair] | tuple[Pair, ...]") -> dict[str, int]:
    return {kind: sum(pair.kind == kind for pair in pairs) for kind in KINDS}


def _chosen_few(pairs: list[Pair]) -> tuple[Pair, ...]:
    """Return at most SHOWN pairs, each kind in its turn, those that are right now and have a known prompt first."""
    queues = [
        sorted(
            (pair for pair in pairs if pair.kind == kind),
            key=lambda pair: (not pair.after.right, not pair.prompt),
        )
        for kind in KINDS
    ]
    few = [pair for pair in chain.from_iterable(zip_longest(*queues)) if pair][:SHOWN]
    order = list(KINDS)
    return tuple(sorted(few, key=lambda pair: order.index(pair.kind)))
