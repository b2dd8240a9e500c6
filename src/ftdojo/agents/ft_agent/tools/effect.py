"""What an experiment changed, by the dojo's own comparison, and how that meets what was predicted."""

from collections.abc import Iterator

from ftdojo.agents.ft_agent.tools.evidence import Evidence, points, with_interval
from ftdojo.records import Comparison


def effect(evidence: Evidence) -> Iterator[str]:
    """Yield one sentence on the score and one for each rival."""
    if evidence.scored is None:
        return
    score, unit = evidence.scored.score, evidence.unit
    early = f", stopped early of {evidence.scored.planned}" if evidence.scored.raced_out else ""
    yield f"Score {score.score:.3f} [{score.low:.3f}, {score.high:.3f}], n = {score.n}{early}."
    yield from evidence.feedback.remarks if evidence.feedback else ()
    found: dict[str, Comparison] = {}
    for each in evidence.feedback.comparisons.values() if evidence.feedback else ():
        found.setdefault(each.against, each)
    for against, each in found.items():
        yield (
            f"Against {against}: {with_interval(each.difference, unit)}, {each.fixed} fixed, "
            f"{each.broken} broken, p = {each.p_value:.2g}: {each.verdict}; these items show differences from "
            f"{points(each.detectable, unit).lstrip('+')}."
        )


def prediction(evidence: Evidence) -> Iterator[str]:
    """Yield how far the observed effect lies from the predicted one."""
    comparisons = evidence.feedback.comparisons if evidence.feedback else {}
    parent = comparisons.get("parent")
    if parent is None or parent.predicted is None:
        return
    seen, said = parent.difference, parent.predicted
    fits = seen.low <= said <= seen.high
    yield (
        f"Predicted {points(said, evidence.unit)} against {parent.against}, observed {points(seen.score, evidence.unit)}: "
        f"{'as predicted, within the interval' if fits else 'the prediction lies outside the interval'}."
    )
