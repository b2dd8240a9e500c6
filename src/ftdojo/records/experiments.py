"""Submissions, experiments and results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ftdojo.records.budget import Spend
from ftdojo.records.feedback import EvaluationReport, Failure, Feedback
from ftdojo.records.grades import Comparison, Direction, Weights

BASE = "base"
"""The id that stands for the untouched base model wherever an experiment's id is asked for."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What an agent hands in, as the text of three files.

    ``plan`` is Markdown whose optional YAML front matter may name ``parent`` (an experiment's id) and ``predicted``
    (the score expected on validation); ``data`` is a Python script; ``train`` is YAML.
    """

    plan: str
    data: str
    train: str


class Status(StrEnum):
    """How far an experiment came."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A submission that was carried out: a node in the run's tree.

    ``parent`` is what its plan builds on, ``start_from`` whose weights its training went on from; either may be ``base``.
    ``max_steps`` are the steps that its training was cut or stretched to, None where it is as ``train.yaml`` says.
    ``merged`` are the experiments whose weights it merges, the first of which is its ``parent``. ``weights`` lie at a path
    relative to the run folder; None if there are none.
    """

    id: str
    parent: str
    submission: Submission
    status: Status
    feedback: Feedback | None = None
    failure: Failure | None = None
    weights: Weights | None = None
    seconds: float = 0.0
    start_from: str = BASE
    max_steps: int | None = None
    merged: tuple[str, ...] = ()

    @property
    def evaluation(self) -> EvaluationReport | None:
        """Return the validation report, if the experiment got that far."""
        return self.feedback.evaluation if self.feedback else None


@dataclass(frozen=True, kw_only=True)
class Result:
    """The sealed end of a run; written once.

    ``status`` is ``finished``, ``truncated`` by the limit ``stopped_by``, or ``gave up``: the agent could not go on, for
    the reason in ``gave_up``. ``proposed`` is what was asked for, ``chosen`` what the confirmation left standing (it may be ``base``).
    ``test`` and ``base_test`` are on the same items; ``gain`` compares them. ``export`` is relative to the run folder.
    """

    status: str
    proposed: str
    chosen: str
    why: str
    base: EvaluationReport
    test: EvaluationReport
    base_test: EvaluationReport
    gain: Comparison | None
    confirmation: Comparison | None
    spent: Spend
    export: str
    stopped_by: str | None = None
    gave_up: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def reward(self) -> float:
        """Return the gain over the base on the test in the metric's unit, positive when better; 0 if the base was kept."""
        if self.gain is None:
            return 0.0
        gained = self.gain.difference.score
        return -gained if self.test.direction is Direction.LOWER else gained
