"""A candidate against a rival on the same items: difference, interval, test and verdict; or a race after a part of them."""

from collections.abc import Mapping, Sequence
from math import ceil, comb, sqrt
from statistics import fmean, stdev
from typing import Any, NamedTuple

from ftdojo.records import Comparison, Direction, Estimate, Verdict
from ftdojo.stats.estimates import Z95, in_unit, is_binary, mean_interval
from ftdojo.stats.power import alpha_at, detectable_given, detectable_mean
from ftdojo.stats.scores import F1Pair, Scores, equal_weights, groups, slices_interval, weighted

EXACT_UP_TO = 14
"""Sign flips of this many differences (2 ** 14) are counted one by one."""


def compare(
    candidate: Mapping[str, float],
    rival: Mapping[str, float],
    *,
    against: str,
    direction: Direction,
    look: int = 1,
    predicted: float | None = None,
) -> Comparison:
    """Compare two models on the items both were scored on.

    Right/wrong scores: exact McNemar test (McNemar 1947; two-sided binomial) and the adjusted Wald interval of
    Bonett and Price (2012). Other scores: sign-flip permutation test (Fisher 1935), counted fully for up to 14
    differing items and drawn with a fixed seed beyond, and Student's interval. Means of
    slices of unequal size: the same with every item weighted, resampled inside its slice. Macro-F1: a permutation
    test that swaps the two answers to an item, and a bootstrap over items with Student's t. The verdict holds the p-value to ``alpha_at(look)``.

    Args:
        candidate: score by item id; ``Scores`` where they make up more than a mean.
        rival: score by item id; only the common items count.
        against: the rival's name, for the record.
        direction: which way the metric is better; ``difference`` itself is always candidate minus rival.
        look: the index of this comparison in the run, from 1.
        predicted: the effect that was announced, kept for the record.

    Raises:
        ValueError: no item was scored for both.
    """
    pairs = paired(candidate, rival)
    if not pairs:
        raise ValueError("No item was scored for both; compare two passes over one split.")
    alpha = alpha_at(look)
    better = gains([one - other for one, other in pairs], direction)
    test = _tested(candidate, rival, alpha)
    return Comparison(
        against=against,
        difference=Estimate(score=test.difference, n=len(pairs), low=test.low, high=test.high),
        fixed=sum(gain > 0 for gain in better),
        broken=sum(gain < 0 for gain in better),
        p_value=test.p_value,
        alpha=alpha,
        look=look,
        detectable=test.detectable,
        verdict=_verdict(gains([test.difference], direction)[0], test.p_value, alpha),
        predicted=predicted,
    )


class _Test(NamedTuple):
    """A difference with its interval, its two-sided p-value, and the smallest true one that would be seen."""

    difference: float
    low: float
    high: float
    p_value: float
    detectable: float


def _tested(candidate: Mapping[str, float], rival: Mapping[str, float], alpha: float) -> _Test:
    if isinstance(candidate, Scores) and candidate.how.kind == "macro-f1":
        return _labels(f1_pair(candidate, rival), len(common(candidate, rival)), alpha)
    pairs, items = paired(candidate, rival), common(candidate, rival)
    differences = [one - other for one, other in pairs]
    among = groups(candidate, items)
    if not equal_weights(among):
        return _slices(pairs, differences, among, alpha)
    if is_binary([score for pair in pairs for score in pair]):
        return _shares(differences, alpha)
    low, high = mean_interval(differences, within=_range(pairs))
    smallest = detectable_mean(deviation(differences), n=len(pairs), alpha=alpha)
    return _Test(fmean(differences), low, high, sign_flip(differences, alpha), smallest)


def _shares(differences: Sequence[float], alpha: float) -> _Test:
    n = len(differences)
    up, down = (sum(sign * each > 0 for each in differences) for sign in (1, -1))
    low, high = bonett_price(differences)
    smallest = detectable_given((up + down + 1) / (n + 2), n=n, alpha=alpha)
    return _Test(fmean(differences), low, high, mcnemar(up, down), smallest)


def _slices(
    pairs: Sequence[tuple[float, float]],
    differences: Sequence[float],
    among: Sequence[str],
    alpha: float,
) -> _Test:
    low, high = slices_interval(differences, among, within=_range(pairs))
    heavy = weighted(differences, among)
    smallest = detectable_mean(deviation(heavy), n=len(heavy), alpha=alpha)
    return _Test(fmean(heavy), low, high, sign_flip(heavy, alpha), smallest)


def _labels(pair: F1Pair, n: int, alpha: float) -> _Test:
    low, high = pair.interval()
    smallest = detectable_mean(pair.error * sqrt(n) or 1 / sqrt(n), n=n, alpha=alpha)
    return _Test(pair.difference, low, high, pair.p_value(alpha), smallest)


def f1_pair(candidate: Scores, rival: Mapping[str, float]) -> F1Pair:
    """Return both models' answers to the items they have in common.

    Raises:
        TypeError: the rival's answers are not known, only its scores.
    """
    if not isinstance(rival, Scores):
        raise TypeError("Macro-F1 is compared by answers; give the rival as Scores too.")
    items = common(candidate, rival)
    return F1Pair(
        groups(candidate, items),
        [candidate.given.get(item, "") for item in items],
        [rival.given.get(item, "") for item in items],
    )


def common(candidate: Mapping[str, float], rival: Mapping[str, float]) -> list[str]:
    """Return the items that both were scored on, in the order of their ids."""
    return sorted(candidate.keys() & rival.keys())


def paired(candidate: Mapping[str, float], rival: Mapping[str, float]) -> list[tuple[float, float]]:
    """Return (candidate, rival) scores of the common items, in the order of their ids."""
    return [(candidate[item], rival[item]) for item in common(candidate, rival)]


def gains(differences: Sequence[float], direction: Direction) -> list[float]:
    """Return the differences turned so that positive is better."""
    sign = 1.0 if direction is Direction.HIGHER else -1.0
    return [sign * difference for difference in differences]


def mcnemar(fixed: int, broken: int) -> float:
    """Return the two-sided p-value of the exact McNemar test: a fair coin tossed for each item that changed."""
    return min(1.0, 2 * sign_tail(max(fixed, broken), fixed + broken))


def sign_tail(heads: int, tosses: int) -> float:
    """Return the chance of at least ``heads`` heads in ``tosses`` of a fair coin."""
    return float(sum(comb(tosses, i) for i in range(heads, tosses + 1)) / 2**tosses)


def bonett_price(differences: Sequence[float]) -> tuple[float, float]:
    """Return a 95 % interval of a paired difference of shares, from differences that are -1, 0 or 1.

    Adds one item to either kind of change before taking Wald's interval (Bonett and Price 2012); among simple
    intervals it keeps its coverage best (Fagerland, Lydersen and Laake 2014).
    """
    centre, error = adjusted(differences)
    return max(-1.0, centre - Z95 * error), min(1.0, centre + Z95 * error)


def adjusted(differences: Sequence[float]) -> tuple[float, float]:
    """Return Bonett and Price's adjusted difference and its standard error."""
    n = len(differences)
    up, down = ((sum(d == sign for d in differences) + 1) / (n + 2) for sign in (1, -1))
    return up - down, sqrt((up + down - (up - down) ** 2) / (n + 2))


def sign_flip(differences: Sequence[float], alpha: float, *, two_sided: bool = True) -> float:
    """Return the p-value of the sign-flip test that the mean of ``differences`` is 0 (one-sided: not above 0).

    Items that don't differ carry no sign and are left out. Beyond 14 others signs are drawn, always the same ones,
    often enough for the level ``alpha``; the observed signs count as one draw, so that p is never 0 (Phipson and
    Smyth 2010).
    """
    import numpy as np

    changed = np.array([each for each in differences if each != 0], dtype=float)
    if not len(changed):
        return 1.0
    exact = len(changed) <= EXACT_UP_TO
    flipped = _all_flips(changed) if exact else _drawn_flips(changed, alpha)
    observed = changed.sum()
    slack = 1e-9 * float(np.abs(changed).sum())  # sums in another order differ in the last bits
    if two_sided:
        flipped, observed = np.abs(flipped), abs(observed)
    extreme = int((flipped >= observed - slack).sum())
    return extreme / len(flipped) if exact else (extreme + 1) / (len(flipped) + 1)


def _all_flips(changed: Any) -> Any:
    import numpy as np

    patterns = np.arange(2 ** len(changed))[:, None] >> np.arange(len(changed)) & 1
    return (2 * patterns - 1) @ changed


def _drawn_flips(changed: Any, alpha: float) -> Any:
    import numpy as np

    rng, block = np.random.default_rng(0), 1000
    blocks = ceil(min(max(10_000, 20 / alpha), 200_000) / block)
    signs = (
        2 * rng.integers(2, size=(block, len(changed)), dtype=np.int8) - 1 for _ in range(blocks)
    )
    return np.concatenate([each @ changed for each in signs])


def _range(pairs: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    return (-1.0, 1.0) if all(in_unit(pair) for pair in pairs) else None


def deviation(differences: Sequence[float]) -> float:
    """Return the standard deviation; where no difference is seen, as if one item differed by 1."""
    seen = stdev(differences) if len(differences) > 1 else 0.0
    return seen or 1 / sqrt(len(differences))


def _verdict(gain: float, p_value: float, alpha: float) -> Verdict:
    if p_value > alpha or gain == 0:
        return Verdict.UNDECIDED
    return Verdict.BETTER if gain > 0 else Verdict.WORSE


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
