"""The score of a whole split, from the scores of its items."""

from collections.abc import Mapping

from ftdojo.records import Estimate
from ftdojo.stats.estimates import UNIT, estimate, in_unit
from ftdojo.stats.f1 import f1_interval, macro_f1
from ftdojo.stats.scores import Scores, equal_weights, groups
from ftdojo.stats.slices import slices_interval, weighted


def total(scores: Mapping[str, float]) -> Estimate:
    """Return what the items make up together, with a 95 % interval; a plain mapping makes up its mean.

    Means of slices of one size are plain means, and get their interval from ``estimate``.

    Raises:
        ValueError: there are no scores.

    Example:
        >>> from ftdojo.records import Aggregate
        >>> among = {"i1": "easy", "i2": "easy", "i3": "easy", "i4": "hard"}
        >>> by_item = {"i1": 1.0, "i2": 1.0, "i3": 1.0, "i4": 0.0}
        >>> how = Aggregate(kind="mean-of-slices", over="level")
        >>> total(by_item).score, total(Scores(by_item=by_item, how=how, groups=among)).score
        (0.75, 0.5)
    """
    values, among = list(scores.values()), groups(scores)
    if isinstance(scores, Scores) and scores.how.kind == "macro-f1":
        given = [scores.given.get(item, "") for item in scores]
        low, high = f1_interval(among, given)
        return Estimate(score=macro_f1(among, given), n=len(values), low=low, high=high)
    if equal_weights(among):
        return estimate(values)
    low, high = slices_interval(values, among, within=UNIT if in_unit(values) else None)
    heavy = weighted(values, among)
    return Estimate(score=sum(heavy) / len(heavy), n=len(values), low=low, high=high)
