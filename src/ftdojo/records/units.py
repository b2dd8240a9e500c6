"""Durations and sizes as people write them."""

import re
from decimal import Decimal

from ftdojo.errors import UsageError

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS_B = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def seconds(text: str) -> float:
    """Read a duration such as ``90s``, ``10m``, ``1.5h`` or ``1h30m``; a bare number is refused.

    Raises:
        UsageError: not a duration, or not positive.

    Example:
        >>> seconds("1h30m")
        5400.0
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", text.strip().lower())
    whole = "".join(number + unit for number, unit in parts)
    total = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if not parts or whole != re.sub(r"\s+", "", text.strip().lower()) or total <= 0:
        raise UsageError(
            f"{text!r} is not a duration; write a number and a unit, such as 90s, 10m or 1h30m."
        )
    return float(total)


def size_bytes(text: str) -> int:
    """Read a size such as ``500M`` or ``2G`` (powers of ten).

    Raises:
        UsageError: not a size, or not positive.

    Example:
        >>> size_bytes("1.5G")
        1500000000
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if not match or float(match[1]) <= 0:
        raise UsageError(f"{text!r} is not a size; write a number and a unit, such as 500M or 2G.")
    return int(float(match[1]) * _UNITS_B[match[2]])


def duration(seconds: float) -> str:
    """Write a duration such that ``seconds`` reads the very same number back.

    Example:
        >>> duration(600.0), duration(0.1)
        ('600s', '0.1s')
    """
    return format(Decimal(repr(seconds)).normalize(), "f") + "s"
