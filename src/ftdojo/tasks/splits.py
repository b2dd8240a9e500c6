"""Where a question belongs, decided by the question itself: no seed and no order of drawing can move it."""

import hashlib
from collections.abc import Mapping


def share_of(key: str) -> float:
    """Return a stable number in [0, 1) for ``key``, spread evenly over keys.

    Example:
        >>> round(share_of("sums 5 17 23"), 4) == round(share_of("sums 5 17 23"), 4)
        True
    """
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def place(key: str, shares: Mapping[str, float]) -> str:
    """Return the name in ``shares`` that ``key`` falls under, or ``train`` for what no share claims.

    Args:
        key: the question in a form that all its disguises have in common.
        shares: name -> share of all questions; their sum is below 1.
    """
    at = share_of(key)
    for name, share in shares.items():
        if at < share:
            return name
        at -= share
    return "train"
