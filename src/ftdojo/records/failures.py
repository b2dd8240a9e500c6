"""Failures as data: a closed set of kinds, each with a message an agent can act on."""

from dataclasses import dataclass
from enum import StrEnum


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
    TIMEOUT = "timeout"
    FORMAT_COLLAPSE = "format-collapse"
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
