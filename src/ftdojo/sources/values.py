"""Values of Parquet and Arrow as JSON has them."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python


def as_json(value: Any) -> Any:
    """Return ``value`` as JSON holds it; only ``bytes``, for which JSON has nothing, stay.

    Dates, times and durations become text in ISO 8601, decimals plain digits, NaN (how a missing number is
    written) None, the keys of a map text.

    Raises:
        ValueError: it is an infinite number.
        TypeError: it is of a type that is not known here.

    Example:
        >>> as_json({"on": date(2024, 1, 1), "price": Decimal("1.50"), "took": timedelta(seconds=90)})
        {'on': '2024-01-01', 'price': '1.50', 'took': 'PT1M30S'}
    """
    if value is None or type(value) in (str, int, bool, bytes):
        return value
    if isinstance(value, float):
        return _finite(float(value))
    if isinstance(value, Mapping):
        return {_key(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return _as_text(value)


def holds_bytes(value: Any) -> bool:
    """Return whether ``value`` is or holds bytes."""
    if isinstance(value, Mapping):
        return any(holds_bytes(each) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple):
        return any(map(holds_bytes, value))
    return isinstance(value, bytes | bytearray | memoryview)


def characters(value: Any) -> int:
    """Return how many characters of text ``value`` holds."""
    if isinstance(value, Mapping):
        return sum(characters(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return sum(map(characters, value))
    return len(value) if isinstance(value, str) else 1


def _as_text(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat() if value == value else None  # pandas' NaT is unequal to itself
    if isinstance(value, timedelta):
        # What counts nanoseconds is pandas' own, which pydantic would round.
        finer = getattr(value, "nanoseconds", 0)
        return value.isoformat() if finer else to_jsonable_python(value)  # type: ignore[attr-defined]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "tolist"):
        return as_json(value.tolist())  # a scalar or an array of numpy
    raise TypeError(f"a {type(value).__name__}")


def _finite(value: float) -> float | None:
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the infinite number {value}")
    return value if value == value else None


def _key(key: Any) -> Any:
    key = as_json(key)
    return key if isinstance(key, str | bytes) else str(key)
