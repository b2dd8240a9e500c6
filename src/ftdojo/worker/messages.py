"""What controller and worker say to each other: one JSON object a line, a request at a time.

A request is ``{"op": name, "args": {...}}``. It is answered by any number of ``{"event": {...}}`` lines and one
``{"result": {...}}`` or ``{"fault": {"kind", "message", "log_tail"}}``. ``kind`` is a failure's, or ``bug``.
"""

from dataclasses import dataclass
from typing import Literal

from ftdojo.records import Completion, ProbeReport, Quantiles

Op = Literal["audit", "fit", "probe", "train", "lengths", "losses", "generate", "calibrate"]

MAX_ROWS = 1_000_000
"""Most rows a training reads."""
MAX_ROW_BYTES = 1 << 20
"""Longest row, in bytes of JSON."""


@dataclass(frozen=True, kw_only=True)
class TokenReport:
    """Training rows after the chat template.

    ``unlabelled`` are the numbers of rows without a token that carries loss. ``samples`` are up to five rows as the
    model sees them, the part that carries loss between ``>>>`` and ``<<<``. ``lost`` are the numbers of rows whose text is
    not all in their tokens, ``lost_text`` names what the first of them loses; ``unclosed`` counts the rows whose prompt
    opens a thought that their answer does not close.
    """

    rows: int
    tokens: Quantiles
    label_tokens: Quantiles
    total_tokens: int
    label_share: float
    truncated_share: float
    unlabelled: tuple[int, ...]
    samples: tuple[str, ...]
    lost: tuple[int, ...] = ()
    lost_text: str = ""
    unclosed: int = 0


@dataclass(frozen=True, kw_only=True)
class Completions:
    """What a model wrote to a batch of prompts, in their order."""

    completions: tuple[Completion, ...]


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """How many tokens each of a batch of prompts has, chat template included."""

    tokens: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """The negative log-likelihood of each row's learnt tokens, summed, in nats, and how many tokens those are."""

    nats: tuple[float, ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How long a fixed piece of work took, in seconds: the busier the machine, the longer."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Probed:
    """A probe and what the probed weights wrote."""

    report: ProbeReport
    completions: tuple[Completion, ...]
