"""What turns rows and a configuration into weights: the seam behind which another trainer fits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from ftdojo.models import LocalModel, tensor_digest
from ftdojo.records import LossPoint, TrainingReport, Weights
from ftdojo.submissions import TrainConfig
from ftdojo.training.watch import Keeping, stop_beside

OnStep = Callable[[LossPoint], None]


@dataclass(frozen=True, kw_only=True)
class Course:
    """How the warm worker carries out a training, beside its rows and options.

    ``trainer`` is ``loop`` or ``trl``; ``start`` are the weights that it goes on from, None for the base. ``keeping``
    is for ``loop`` alone; ``trl`` begins anew.
    """

    trainer: str = "loop"
    start: Weights | None = None
    keeping: Keeping | None = None


BY_THE_LOOP = Course()


@dataclass(frozen=True, kw_only=True)
class TrainJob:
    """One training.

    ``rows`` is a JSONL file that ``submissions.read_rows`` reads; ``base`` the model in its folder; ``to`` a folder that is not there yet. ``seconds`` is the time there is: a trainer that
    cannot end by itself within it is too late. ``start`` are the weights of an earlier training to go on from; only a
    ``WarmTrainer`` is given any. ``keeping`` says where it may keep its state.
    """

    rows: Path
    config: TrainConfig
    base: LocalModel
    to: Path
    seconds: float
    start: Weights | None = None
    keeping: Keeping | None = None

    @property
    def stop(self) -> Path:
        """The file that is there once the agent stops the training; ``training.watch.stop_order`` reads it.

        A trainer that never looks for it trains to its end.
        """
        return stop_beside(self.to)


def report_of(
    curve: Sequence[LossPoint], job: TrainJob, *, trainable_params: int
) -> TrainingReport:
    """Return the report of a training that went to its end and left its weights in ``job.to``, from its steps.

    A trainer that stops early, watches a held-out loss or knows its memory makes its own.
    """
    tokens, seconds = sum(point.tokens for point in curve), sum(point.seconds for point in curve)
    return TrainingReport(
        stopped="finished",
        steps=len(curve),
        planned_steps=len(curve),
        curve=tuple(curve),
        loss_first=curve[0].loss,
        loss_last=curve[-1].loss,
        tokens=tokens,
        tokens_per_s=tokens / seconds,
        peak_bytes=0,
        trainable_params=trainable_params,
        seconds=seconds,
        weights_digest=tensor_digest(job.to),
    )


class Trainer(Protocol):
    """Trains. It may be a library in the warm worker or an external command: it gets files and leaves a folder.

    ``ftdojo.testing.contracts.TrainerContract`` is the promise as tests.
    """

    def identity(self) -> tuple[str, ...]:
        """Return what the weights depend on beside base, rows and configuration: a name, versions.

        It is part of the key under which trained weights are kept.
        """
        ...

    def train(self, job: TrainJob, *, on_step: OnStep) -> TrainingReport:
        """Train, write the weights as PEFT or transformers do into ``job.to``, and report.

        ``on_step`` is called with the loss of each step (or of some, in their order) while training goes on. The report's
        ``weights_digest`` is ``models.tensor_digest(job.to)``.

        Raises:
            SubmissionRefused: the configuration asks for what this trainer or model cannot do.
            WorkerError: it failed.
        """
        ...


@runtime_checkable
class WarmTrainer(Trainer, Protocol):
    """A trainer that goes on from ``TrainJob.start``; for any other, ``start_from`` in ``train.yaml`` is refused."""

    goes_on: Literal[True]
