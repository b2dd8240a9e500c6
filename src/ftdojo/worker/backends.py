"""The warm worker as an engine and as a trainer, and the names under which others are found."""

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, TypeVar

from ftdojo.errors import WorkerDied
from ftdojo.evaluation.engine import Engine
from ftdojo.models.device import device, dtype_name
from ftdojo.records import Completion, Decoding, Message, Shortcuts, TrainingReport, Weights
from ftdojo.registry import Registry
from ftdojo.training.trainer import Course, OnStep, Trainer, TrainJob
from ftdojo.worker.client import Worker

T = TypeVar("T")
ENGINE_VERSION = "2"
"""Raised whenever generation could give other outputs for equal weights."""
TRAINER_VERSION = "3"
"""Raised whenever equal rows and options could give other weights."""
SLOWEST_ITEM_S = 60.0


class WorkerEngine:
    """Our batched generation in the warm worker. A worker that died for no known reason is asked once more.

    Args:
        worker: the run's.
        on_lost: is told why the first try failed.
    """

    def __init__(self, worker: Worker, on_lost: Callable[[str], None] = lambda why: None) -> None:
        self._worker, self._on_lost = worker, on_lost

    def identity(self) -> tuple[str, ...]:
        """Return the version of the engine and of its libraries, device and number format."""
        libraries = map(_version, ("torch", "transformers", "tokenizers"))
        return ("worker", ENGINE_VERSION, device(), dtype_name(), *libraries)

    def start(self) -> None:
        """Load the base model, if it is not."""
        self._again(self._worker.start)

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, decoding: Decoding, weights: Weights | None
    ) -> Sequence[Completion]:
        """Return the completions; see ``Engine``."""
        timeout_s = 60.0 + SLOWEST_ITEM_S * len(prompts) * decoding.samples
        return self._again(
            lambda: self._worker.generate(
                prompts, decoding=decoding, weights=weights, timeout_s=timeout_s
            )
        )

    def calibrate(self) -> float:
        """Time a fixed piece of work; see ``Calibrating``."""
        return self._again(self._worker.calibrate)

    def shortcuts(self) -> Shortcuts:
        """Return what the model stands; see ``Worker.shortcuts``."""
        return self._again(self._worker.shortcuts)

    def lengths(
        self, prompts: Sequence[Sequence[Message]], *, answer: int | None = None, timeout_s: float
    ) -> tuple[int, ...]:
        """Count the tokens of prompts; raises where one leaves no room for ``answer`` tokens. See ``Worker.lengths``."""
        return self._again(
            lambda: self._worker.lengths(prompts, answer=answer, timeout_s=timeout_s)
        )

    def _again(self, request: Callable[[], T]) -> T:
        try:
            return request()
        except WorkerDied as error:
            if error.memory_suspected:
                raise
            self._on_lost(str(error))
            return request()

    def close(self) -> None:
        """End the worker; it is started again when it is needed."""
        self._worker.close()


class WorkerTrainer:
    """A trainer in the warm worker: ``loop``, ours, or ``trl``, the slower reference."""

    goes_on: Literal[True] = True

    def __init__(self, worker: Worker, name: str = "loop") -> None:
        self._worker, self._name = worker, name

    def identity(self) -> tuple[str, ...]:
        """Return the trainer's name and version, those of its libraries, device and number format."""
        libraries = [
            "torch",
            "transformers",
            "tokenizers",
            "peft",
            *(["trl"] if self._name == "trl" else []),
        ]
        return (self._name, TRAINER_VERSION, device(), dtype_name(), *map(_version, libraries))

    def train(self, job: TrainJob, *, on_step: OnStep) -> TrainingReport:
        """Train; see ``Trainer``."""
        return self._worker.train(
            job.rows,
            job.config,
            to=job.to,
            seconds=job.seconds,
            on_step=on_step,
            course=Course(trainer=self._name, start=job.start, keeping=job.keeping),
        )


def loop(worker: Worker) -> Trainer:
    """Return our loop."""
    return WorkerTrainer(worker)


def trl(worker: Worker) -> Trainer:
    """Return TRL's trainer, on our rows as we encode them."""
    return WorkerTrainer(worker, "trl")


trainers: Registry[Callable[[Worker], Trainer]] = Registry(
    "trainer", {"loop": "ftdojo.worker.backends:loop", "trl": "ftdojo.worker.backends:trl"}
)
"""Name -> what makes a trainer. One that needs the device for itself first closes the worker it is given."""

engines: Registry[Callable[[Worker], Engine]] = Registry(
    "engine", {"worker": "ftdojo.worker.backends:WorkerEngine"}
)
"""Name -> what makes an engine from the run's worker, which it may leave alone."""


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
