"""Feedback, level by level: what an experiment's data, training and evaluation looked like, and how it failed.

Failures are data: a closed set of kinds, each with a message an agent can act on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from ftdojo.records.budget import Outlook, Spend
from ftdojo.records.grades import Comparison, Direction, Estimate


class FailureKind(StrEnum):
    """Why an experiment failed."""

    SYNTAX = "syntax"
    SCHEMA = "schema"
    DATA_SCRIPT = "data-script"
    EMPTY_DATA = "empty-data"
    CONTAMINATED = "contaminated"
    OUT_OF_MEMORY = "out-of-memory"
    TOO_SLOW = "too-slow"
    DIVERGED = "diverged"
    COLLAPSED = "collapsed"
    UNMOVED = "unmoved"
    TIMEOUT = "timeout"
    FORMAT_COLLAPSE = "format-collapse"
    STOPPED = "stopped"
    INFRASTRUCTURE = "infrastructure"


class Stage(StrEnum):
    """Where in an experiment's life something happened, in order."""

    STATIC = "static"
    DRY_RUN = "dry-run"
    DATA = "data"
    FIT = "fit"
    PROBE = "probe"
    TRAIN = "train"
    EVALUATE = "evaluate"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong, where, and what to do about it.

    ``message`` is one or two sentences; ``file`` is the submitted file that caused it, if one did.
    An infrastructure failure is nobody's fault: it is refunded and never scored.
    """

    stage: Stage
    kind: FailureKind
    message: str
    file: str = ""
    log_tail: str = ""

    @property
    def refunded(self) -> bool:
        """Whether the attempt counts against no limit on experiments."""
        return self.kind is FailureKind.INFRASTRUCTURE


@dataclass(frozen=True, kw_only=True)
class Quantiles:
    """A distribution in five numbers."""

    low: float
    p50: float
    p95: float
    high: float
    mean: float


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What the contamination gate found. ``rows`` are line numbers of training rows; held-out text is never quoted."""

    exact: int = 0
    near: int = 0
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """The built training rows.

    ``tokens`` are per row, chat template included; ``label_share`` is the share of tokens that carry loss;
    ``truncated_share`` the share of rows cut at ``max_length``; ``lineage`` counts rows by their ``source`` key,
    and ``readable`` is the share of answers (0 to 1) that the task's scorer could read, right or wrong, among the first
    rows of each; ``samples`` shows up to five rows as the model sees them. ``digest`` is of the rows' bytes. ``ignored``
    counts the rows by key that holds something and is not used; ``notes`` say in whole sentences what of the rows is not
    learnt, and how they differ from what the model is asked.
    """

    rows: int
    bytes: int
    digest: str
    seconds: float
    formats: Mapping[str, int]
    tokens: Quantiles
    label_tokens: Quantiles
    total_tokens: int
    label_share: float
    truncated_share: float
    exact_duplicates: int
    near_duplicates: int
    lineage: Mapping[str, int]
    overlap: Overlap
    samples: tuple[str, ...]
    log_tail: str = ""
    readable: Mapping[str, float] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FitReport:
    """Measured on the longest rows: memory and speed, and the forecast they allow.

    ``peak_bytes`` are of the device that trains; ``device_bytes`` is all it has where that is a GPU, and 0 where training
    takes the machine's own memory. ``gradient_checkpointing`` says that a step fitted only with activations recomputed,
    which the training then does too. ``asked_steps`` are the steps that were asked for where the training is cut or stretched to
    ``steps``, and ``note`` says so in a sentence.
    """

    peak_bytes: int
    tokens_per_s: float
    steps: int
    train_forecast_s: float
    loss: float
    device_bytes: int = 0
    gradient_checkpointing: bool = False
    asked_steps: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """A few steps on a slice. ``readable`` is ``None`` where format was not asked about."""

    steps: int
    loss_first: float
    loss_last: float
    readable: float | None = None


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What a check found. ``stages`` are those passed, in order."""

    stages: tuple[str, ...]
    data: DataReport | None = None
    fit: FitReport | None = None
    probe: ProbeReport | None = None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class LossPoint:
    """One optimizer step. ``loss`` is per label token, in nats; of pairs, per pair.

    ``figures`` are further means over the step's rows, by the names that TRL gives them, such as ``rewards/margins``.
    """

    step: int
    loss: float
    learning_rate: float
    grad_norm: float
    tokens: int
    seconds: float
    figures: Mapping[str, float] = field(default_factory=dict)


StopReason = Literal[
    "finished", "plateau", "over-budget", "diverged", "collapsed", "unmoved", "stopped"
]


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """The full training. ``tokens`` are non-padding tokens seen; ``held_out_loss`` is on the eval split, if one.

    ``weights_step`` is the step whose weights were kept: that of the lowest held-out loss if there is an eval split, else
    the last; ``None`` in records that are older than it. ``resumed_after`` are the steps after which it went on from a
    checkpoint, because it had been killed; ``seconds`` are those of all its parts, up to each checkpoint. ``figures``
    are those of the last steps, averaged as ``loss_last`` is.
    """

    stopped: StopReason
    steps: int
    planned_steps: int
    curve: tuple[LossPoint, ...]
    loss_first: float
    loss_last: float
    tokens: int
    tokens_per_s: float
    peak_bytes: int
    trainable_params: int
    seconds: float
    weights_digest: str
    held_out_loss: tuple[tuple[int, float], ...] = ()
    weights_step: int | None = None
    resumed_after: tuple[int, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WrongItem:
    """One wrong validation item, cut to what the task allows to be shown."""

    item: str
    prompt: str
    output: str
    gold: str


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """One pass over a split.

    ``planned`` is the size of the split; ``n`` of ``score`` is smaller when a race ended the pass early
    (``raced_out``). ``unit`` and ``direction`` are the task's, so that a stored score can be read without the task;
    ``None`` is not recorded. ``score`` is the task's aggregate; ``secondary`` and ``slices`` are means over items.
    ``reference`` holds the published evaluator's metrics under their published names and in its units.
    """

    metric: str
    split: str
    score: Estimate
    planned: int
    raced_out: bool
    unreadable_share: float
    unfinished_share: float
    secondary: Mapping[str, Estimate]
    slices: Mapping[str, Estimate]
    output_tokens: Quantiles
    seconds: float
    wrong: tuple[WrongItem, ...] = ()
    unit: str = ""
    direction: Direction | None = None
    reference: Mapping[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """Everything an agent learns from one experiment."""

    check: CheckReport
    training: TrainingReport | None = None
    evaluation: EvaluationReport | None = None
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    """Keyed by rival: ``base``, ``parent``, ``best``."""
    spent: Spend = field(default_factory=Spend)
    outlook: Outlook | None = None
    remarks: tuple[str, ...] = ()
    """What the levels say together, in whole sentences; empty where nothing is odd."""
