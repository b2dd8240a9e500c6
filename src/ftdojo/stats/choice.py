"""Which experiment to select at the end.

The best of many validation scores is partly luck (the winner's curse). The selection corrects for it twice, before the test
and not at it. First, every gain over the base is shrunk towards 0: the gains of all candidates together show how large
true gains are in this run, and what is small against the noise shrinks to nothing. Second, the one survivor meets
items that no choice has looked at, and stands if it is ahead there at all. That second bar is low on purpose. The
items are few, so a significance test would throw real gains away (a true gain of twice its standard error would fail
more often than not, yet is ahead in 98 of 100 cases), while a candidate that is truly worse than the base by as much
is stopped in 98 of 100, after it had to get past the first bar. A tie goes to the base, which costs nothing to keep. Where a task has too few items to
hold any back, the second bar is a higher first one (``UNCONFIRMED``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from statistics import NormalDist, fmean, stdev

from ftdojo.records import BASE, Comparison, Direction
from ftdojo.stats.estimates import is_binary
from ftdojo.stats.paired import adjusted, common, compare, deviation, f1_pair, gains, paired
from ftdojo.stats.scores import Scores, equal_weights, groups, weighted

SURE = 0.8
"""How probable it has to be that a chosen candidate is better than the base.

Simulated with 100 + 100 items, base at 0.3: raising it to 0.9 loses a sixth of the true gains of 0.1, dropping it to
0.5 doubles how often a model without a gain is chosen; with 0.8 ten models that all lost 0.02 cost 0.0004 on average.
"""

UNCONFIRMED = 0.92
"""The same for the last choice where a task has no items to confirm it on.

Simulated with 50 items, base at 0.3: of models without a gain the best of 1, 3, 6 or 12 ends a run in 4, 9, 8 or 13 % of
cases, where 11, 21, 22 or 27 % pass the first level, and 40 held-back items would let 5, 10, 10 or 11 % pass.
"""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The selected candidate, or ``base``, with a reason in one sentence.

    ``gains`` are the shrunk gains over the base by candidate, positive when better; ``surety`` is how probable each is
    to be better than the base (0 to 1).
    """

    chosen: str
    why: str
    gains: Mapping[str, float] = field(default_factory=dict)
    surety: Mapping[str, float] = field(default_factory=dict)


def select(
    candidates: Mapping[str, Mapping[str, float]],
    base: Mapping[str, float],
    *,
    direction: Direction,
) -> Choice:
    """Choose the candidate with the best shrunk gain over the base, or the base.

    Observed gains are taken as true gains plus noise, true gains as normal around 0 with a variance that is
    estimated from all candidates (empirical Bayes, positive part; Efron and Morris 1973). The posterior mean of a
    gain is not biased by the choice of the largest one, however many candidates there are (Dawid 1994); many
    candidates without a gain pull the estimated variance, and so every gain, towards 0. A candidate is eligible if
    its true gain is positive with a probability of at least 0.8; alone, it needs 1.3 standard errors.

    Args:
        candidates: validation scores by item id, by candidate; a raced-out candidate has fewer items, so more noise.
        base: the base model's scores by item id.
        direction: which way the metric is better.

    Raises:
        ValueError: a candidate shares no item with the base.
    """
    observed = {name: _gain(scores, base, direction) for name, scores in candidates.items()}
    variance = _true_variance(list(observed.values()))
    kept = {name: _share_kept(variance, error) for name, (_, error) in observed.items()}
    shrunk = {name: kept[name] * gain for name, (gain, _) in observed.items()}
    surety = {name: _surety(*observed[name], kept[name]) for name in shrunk}
    sure = [name for name in shrunk if surety[name] >= SURE]
    if not sure:
        return Choice(chosen=BASE, why=_why_base(observed), gains=shrunk, surety=surety)
    chosen = max(sure, key=lambda name: shrunk[name])
    why = (
        f"{chosen} has the best gain over the base: {observed[chosen][0]:+.3g} observed on "
        f"{len(common(candidates[chosen], base))} items, {shrunk[chosen]:+.3g} after shrinking for noise and {len(observed)} candidate(s)."
    )
    return Choice(chosen=chosen, why=why, gains=shrunk, surety=surety)


def confirm(
    candidate: Mapping[str, float], base: Mapping[str, float], *, direction: Direction
) -> Comparison:
    """Compare the choice with the base on held-back items; ``stands`` reads the outcome.

    Raises:
        ValueError: no item was scored for both.
    """
    return compare(candidate, base, against=BASE, direction=direction)


def stands_unconfirmed(surety: float) -> bool:
    """Return whether a choice stands where no items confirm it: by a stricter level on those that made it."""
    return surety >= UNCONFIRMED


def stands(confirmation: Comparison, *, direction: Direction) -> bool:
    """Return whether the choice survives its confirmation: ahead of the base at all, in the metric's direction."""
    return gains([confirmation.difference.score], direction)[0] > 0


def _gain(
    scores: Mapping[str, float], base: Mapping[str, float], direction: Direction
) -> tuple[float, float]:
    """Return the gain over the base and its standard error."""
    pairs = paired(scores, base)
    if not pairs:
        raise ValueError("A candidate shares no item with the base; score both on one split.")
    if isinstance(scores, Scores) and scores.how.kind == "macro-f1":
        pair = f1_pair(scores, base)
        return gains([pair.difference], direction)[0], pair.error
    gained = gains([one - other for one, other in pairs], direction)
    among = groups(scores, common(scores, base))
    if not equal_weights(among):
        heavy = weighted(gained, among)
        return fmean(heavy), deviation(heavy) / sqrt(len(heavy))
    if is_binary([score for pair in pairs for score in pair]):
        return fmean(gained), adjusted(gained)[1]
    return fmean(gained), stdev(gained) / sqrt(len(gained)) if len(gained) > 1 else inf


def _true_variance(observed: Sequence[tuple[float, float]]) -> float:
    """Return the variance of true gains around 0: what the observed ones have beyond their noise.

    Only gains above 0 count (the other half mirrors them): an experiment that ruined the model carries no information
    about how large gains are, and would make luck look real.
    """
    known = [gain**2 - error**2 for gain, error in observed if gain > 0 and error < inf]
    return max(0.0, fmean(known)) if known else 0.0


def _share_kept(variance: float, error: float) -> float:
    return variance / (variance + error**2) if variance else 0.0


def _surety(gain: float, error: float, kept: float) -> float:
    """Return the posterior probability that the true gain is positive."""
    if error == 0 or kept == 0 or gain <= 0:
        return float(gain > 0 and kept > 0)
    return NormalDist().cdf(sqrt(kept) * gain / error)


def _why_base(observed: Mapping[str, tuple[float, float]]) -> str:
    if not observed:
        return "There is no validated experiment to select."
    best = max(observed, key=lambda name: observed[name][0])
    gain, error = observed[best]
    return (
        f"No gain over the base is beyond noise: the largest is {gain:+.3g} ({best}) "
        f"with a standard error of {error:.3g}, among {len(observed)} candidate(s)."
    )
