"""What a run may spend, and what it has spent."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Hard limits of a run; ``None`` is no limit. ``wall_s`` counts the time a controller was alive.

    The limits on language models (``max_llm_...``; tokens are those read and written together) end no run: once one is
    reached, nothing more is asked of a model. ``max_rows`` is the data cap: an experiment with more training rows than
    that fails its check.
    """

    wall_s: float
    max_experiments: int | None = None
    max_train_s: float | None = None
    max_disk_bytes: int | None = None
    max_llm_calls: int | None = None
    max_llm_tokens: int | None = None
    max_llm_usd: float | None = None
    max_rows: int | None = None


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

    ``left_s`` is the wall time an agent may still use; the end game (``reserve_s``) is already taken off.
    ``train_tokens_per_s`` and ``validation_s`` (one full validation pass) are ``None`` until measured.
    """

    left_s: float
    reserve_s: float
    train_tokens_per_s: float | None = None
    validation_s: float | None = None
    check_s: float | None = None
    experiments_left: int | None = None
