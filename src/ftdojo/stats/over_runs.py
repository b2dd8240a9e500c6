"""Few runs of one agent: what they score on average, and what a rival's runs score beside them.

Runs differ by the luck of the agent, test items by their content. The two are not mixed here: an interval is
either over runs or over items, and its caller states which.
"""

from collections.abc import Mapping, Sequence
from math import inf, sqrt
from statistics import fmean, stdev

from ftdojo.records import Direction, Estimate
from ftdojo.stats.estimates import FEW, bias_corrected, student
from ftdojo.stats.paired import compare, f1_pair
from ftdojo.stats.scores import Scores

Pair = tuple[Mapping[str, float], Mapping[str, float]]


def over_runs(values: Sequence[float], *, within: tuple[float, float] | None = None) -> Estimate:
    """Return the mean of ``values``, one a run, with Student's 95 % interval.

    Runs are few, and a bootstrap of three values is far too narrow; Student's interval keeps its coverage for two runs
    and more if scores vary about normally between runs. One run does not show how much runs vary: its interval is
    ``within``, or infinite. Runs that agree to the bit have an interval without width: it is about other seeds, not
    about other test items.

    Args:
        values: one finite number a run.
        within: the range the mean must lie in, if there is one; the interval is cut to it.

    Raises:
        ValueError: there are no values.

    Example:
        >>> found = over_runs([0.5, 0.6, 0.7])
        >>> round(found.low, 3), round(found.score, 3), round(found.high, 3), found.n
        (0.352, 0.6, 0.848, 3)
    """
    if not values:
        raise ValueError("No runs to average; give the score of at least one.")
    mean, n = fmean(values), len(values)
    half = student(n - 1) * stdev(values) / sqrt(n) if n > 1 else inf
    lowest, highest = within or (-inf, inf)
    return Estimate(score=mean, n=n, low=max(mean - half, lowest), high=min(mean + half, highest))


def over_items(pairs: Sequence[Pair], *, direction: Direction) -> Estimate | None:
    """Return the mean difference of paired runs with a 95 % interval over test items, turned so that positive is better.

    The runs are taken as they are, and items are drawn: how far could other questions have changed the outcome? One
    pair is compared as two models are (``compare``); of several, every item counts with its mean over the runs, and
    macro-F1 is averaged over the runs in each resample of the items.

    Args:
        pairs: (candidate's, rival's) scores by item, a pair a seed.
        direction: which way the metric is better.

    Returns:
        None where the runs were not all scored on the same items, or there are none.
    """
    if len({frozenset(scores) for pair in pairs for scores in pair}) != 1:
        return None
    first = pairs[0][0]
    if not first:
        return None
    if isinstance(first, Scores) and first.how.kind == "macro-f1":
        return turned(_over_labels(pairs), direction)
    ours, theirs = (_averaged([pair[side] for pair in pairs]) for side in (0, 1))
    found = compare(ours, theirs, against="rival", direction=direction)
    return turned(found.difference, direction)


def turned(difference: Estimate, direction: Direction) -> Estimate:
    """Return ``difference`` so that positive is better."""
    if direction is Direction.HIGHER:
        return difference
    low, high = -difference.high, -difference.low
    return Estimate(score=-difference.score, n=difference.n, low=low, high=high)


def _averaged(runs: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """Return the mean score of each item, with the groups of the first run: they belong to the items."""
    means = {item: fmean(run[item] for run in runs) for item in runs[0]}
    first = runs[0]
    if isinstance(first, Scores):
        return Scores(by_item=means, how=first.how, groups=first.groups)
    return means


def _over_labels(pairs: Sequence[Pair]) -> Estimate:
    """Resample items, the same ones for every pair, and average the differences of the pairs in each resample."""
    found = [f1_pair(one, other) for one, other in pairs if isinstance(one, Scores)]
    mean, n = fmean(pair.difference for pair in found), len(pairs[0][0])
    draws = sum(pair.draws for pair in found) / len(found)
    if n < FEW or draws.min() == draws.max():
        each = [pair.interval() for pair in found]
        low, high = min(low for low, _ in each), max(high for _, high in each)
    else:
        low, high = bias_corrected(draws, mean)
    return Estimate(score=mean, n=n, low=low, high=high)
