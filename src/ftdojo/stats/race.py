"""The race: is a candidate surely worse than its rival after a part of the items?"""

from collections.abc import Mapping

from ftdojo.records import Direction
from ftdojo.stats.estimates import is_binary
from ftdojo.stats.paired import common, gains, paired, sign_flip, sign_tail
from ftdojo.stats.scores import Scores, equal_weights, groups, weighted

RISK = 0.01
"""The chance that a race, over all of its looks, ends a candidate that is as good as its rival."""


def surely_worse(
    candidate: Mapping[str, float], rival: Mapping[str, float], *, direction: Direction, looks: int
) -> bool:
    """Return whether the candidate is worse than the rival beyond doubt on the items scored so far.

    One-sided exact sign test on right/wrong scores, one-sided sign-flip test on others, each look held to
    ``0.01 / looks`` (Bonferroni). A candidate as good as its rival is therefore stopped in at most one race of a
    hundred; no assumption is made on how the looks depend on each other. Means of slices weigh the items by the slices
    met so far; macro-F1 shows little before the end, so there no candidate is stopped early.

    Args:
        candidate: score by item id, so far.
        rival: score by item id; only common items count. None in common decides nothing.
        direction: which way the metric is better.
        looks: how often the race looks at most, at least 1.

    Raises:
        ValueError: ``looks`` is below 1.
    """
    if looks < 1:
        raise ValueError(f"looks={looks} must be at least 1: a race looks once or more.")
    if isinstance(candidate, Scores) and candidate.how.kind == "macro-f1":
        return False
    pairs, among = paired(candidate, rival), groups(candidate, common(candidate, rival))
    losses = gains([other - one for one, other in pairs], direction)
    if not equal_weights(among):
        return sign_flip(weighted(losses, among), RISK / looks, two_sided=False) <= RISK / looks
    level = RISK / looks
    if is_binary([score for pair in pairs for score in pair]):
        worse, better = (sum(sign * loss > 0 for loss in losses) for sign in (1, -1))
        return sign_tail(worse, worse + better) <= level
    return sign_flip(losses, level, two_sided=False) <= level
