"""What a run may spend, and what it has spent."""

from dataclasses import MISSING, dataclass
from typing import Any

from ftdojo.records.options import Option, optional
from ftdojo.records.units import duration, seconds, size_bytes


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
