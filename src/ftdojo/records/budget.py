"""What a run may spend, and what it has spent; durations and sizes as people write them."""

import re
from dataclasses import MISSING, dataclass
from decimal import Decimal
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records.options import Option, optional

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


def _cap(flag: str, of: str, *, much: bool = False, **facts: Any) -> Any:
    """Return the field of a limit, which is None unless ``flag`` sets it."""
    most = "At most this much" if much else "At most this many"
    return optional(None, Option(flag=flag, help=f"{most} {of}.", **facts))


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Hard limits of a run; ``None`` is no limit. ``wall_s`` counts the time a controller was alive.

    The limits on language models (``max_llm_...``; tokens are those read and written together) end no run: once one is
    reached, nothing more is asked of a model. ``max_rows`` is the data cap: an experiment with more training rows than
    that fails its check.
    """

    wall_s: float = optional(
        MISSING,
        Option(
            flag="--budget",
            help="Wall time of the whole run, final test included: 90s, 10m, 1h30m.",
            read=seconds,
            write=duration,
            pinned=True,
        ),
    )
    max_experiments: int | None = _cap("--max-experiments", "experiments", kind=int, least=1)
    max_train_s: float | None = _cap(
        "--max-train-seconds", "seconds of training in all", kind=float, least=1.0
    )
    max_disk_bytes: int | None = _cap(
        "--max-disk", "disk for the run folder, such as 2G", read=size_bytes, much=True
    )
    max_llm_calls: int | None = _cap(
        "--max-llm-calls", "calls to language models", kind=int, least=1, scope="llm"
    )
    max_llm_tokens: int | None = _cap(
        "--max-llm-tokens", "tokens, read and written together", kind=int, least=1, scope="llm"
    )
    max_llm_usd: float | None = _cap(
        "--max-llm-usd",
        "dollars for language models",
        kind=float,
        least=0.0,
        other_flags=("--max-usd",),
        scope="llm",
    )
    max_rows: int | None = _cap("--data-cap", "training rows an experiment", kind=int, least=1)


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What was spent so far. Seconds are wall seconds of the stage; failed attempts are included.

    ``llm_s`` is how long the agent waited for language models; what a data script waits for them is in its own stage.
    ``llm_usd`` is ``None`` as soon as one call had no known price.
    """

    wall_s: float = 0.0
    check_s: float = 0.0
    data_s: float = 0.0
    train_s: float = 0.0
    eval_s: float = 0.0
    export_s: float = 0.0
    experiments: int = 0
    validation_queries: int = 0
    disk_bytes: int = 0
    llm_s: float = 0.0
    llm_calls: int = 0
    llm_input_tokens: int = 0
    llm_output_tokens: int = 0
    llm_usd: float | None = 0.0


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is left, and what things cost here, measured in this run.

    ``left_s`` is the wall time an agent may still use; the final evaluation (``reserve_s``) is already taken off.
    ``train_tokens_per_s`` and ``validation_s`` (one full validation pass) are ``None`` until measured.
    """

    left_s: float
    reserve_s: float
    train_tokens_per_s: float | None = None
    validation_s: float | None = None
    check_s: float | None = None
    experiments_left: int | None = None
