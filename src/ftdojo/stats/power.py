"""What a number of items can show: the level of each look, and the smallest difference that would be seen."""

from math import sqrt
from statistics import NormalDist

LEVEL = 0.05
"""The chance of any wrong verdict among all looks of a run in which nothing is better or worse."""
ZETA = 2.6123753486854883
"""Riemann's zeta at 3/2, the sum of ``k ** -1.5``."""


def alpha_at(look: int) -> float:
    """Return the two-sided level that look number ``look`` is held to; all looks together spend 0.05.

    A run doesn't know how often it will look, so the levels form a convergent series (alpha spending over an open
    number of hypotheses, Foster and Stine 2008; a union bound, so looks may depend on each other in any way). The
    series is ``look ** -1.5``: against the usual ``look ** -2`` it gives up some of the first two looks and is
    kinder to every later one, and a search has more later looks than early ones.

    Raises:
        ValueError: ``look`` is below 1.

    Example:
        >>> round(alpha_at(1), 4), round(alpha_at(10), 5)
        (0.0191, 0.00061)
    """
    if look < 1:
        raise ValueError(f"look={look} must be at least 1; the first look is number 1.")
    return LEVEL / (ZETA * look * sqrt(look))


def detectable(
    n: int, *, base: float = 0.5, alpha: float | None = None, power: float = 0.8
) -> float:
    """Return the smallest true difference in a share that ``n`` paired items show with ``power``.

    Before anything ran: the two models' answers are taken to be right or wrong independently of each other, which
    is cautious (models that share weights err together), and ``base`` = 0.5 is the worst case. It also bounds other
    scores in [0, 1]. The formula is Connor's (1987) for McNemar's test.

    Args:
        n: how many items both models answer, at least 1.
        base: the share the rival gets right; a rival above 0.5 is mirrored, as a loss is seen like a gain.
        alpha: two-sided level; that of a first look if not given.
        power: in (0, 1).

    Returns:
        A difference in (0, 1]; 1.0 where ``n`` items can't show any.

    Raises:
        ValueError: an argument lies outside its range.

    Example:
        >>> round(detectable(200), 3)
        0.159
    """
    if n < 1 or not 0 <= base <= 1:
        raise ValueError(f"n={n} must be at least 1 and base={base} must lie in [0, 1].")
    share, step = min(base, 1 - base), 0.0005
    for difference in (step * i for i in range(1, round((1 - share) / step) + 1)):
        discordant = share * (1 - share - difference) + (share + difference) * (1 - share)
        if _seen(difference, discordant, n, alpha or alpha_at(1), power):
            return difference
    return 1.0


def detectable_given(discordant: float, *, n: int, alpha: float) -> float:
    """Return the smallest true difference that ``n`` items show four times in five.

    ``discordant`` is the share of items on which the two models differ, as observed; if even a one-sided difference
    of that size would not be seen, more items have to differ, and all of them in one direction.
    """
    step = 0.0005
    for difference in (step * i for i in range(1, round(1 / step) + 1)):
        if _seen(difference, max(discordant, difference), n, alpha, 0.8):
            return difference
    return 1.0


def detectable_mean(deviation: float, *, n: int, alpha: float) -> float:
    """Return the smallest true mean difference that ``n`` items show four times in five (normal approximation)."""
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(0.8)) * deviation / sqrt(n)


def _seen(difference: float, discordant: float, n: int, alpha: float, power: float) -> bool:
    """Return whether McNemar's test reaches ``power`` (Connor 1987, eq. 1, solved for n)."""
    normal = NormalDist()
    z_alpha, z_power = normal.inv_cdf(1 - alpha / 2), normal.inv_cdf(power)
    spread = sqrt(max(discordant - difference**2, 0.0))
    return n * difference**2 >= (z_alpha * sqrt(discordant) + z_power * spread) ** 2
