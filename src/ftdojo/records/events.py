"""What happens in a run, as a closed set of records, for whoever listens: the log, a display, a tracker.

Events come in the order in which things happen, on whatever thread they happen, and a listener is called for one at a
time. They hold no held-out question and no key.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from ftdojo.records.budget import Budget, Outlook, Spend
from ftdojo.records.feedback import LossPoint, Stage
from ftdojo.records.grades import Estimate, Shortcuts, Verdict
from ftdojo.records.guidance import Guidance
from ftdojo.records.protocol import Outcome
from ftdojo.records.tasks import Split


@dataclass(frozen=True, kw_only=True)
class Announced:
    """Something that a person who waits wants to read, such as a download. It comes before ``RunOpened`` too."""

    text: str


@dataclass(frozen=True, kw_only=True)
class RunOpened:
    """A controller took the run up, for the first time or again. ``folder`` is the run folder's path."""

    run: str
    folder: str
    task: str
    model: str
    agent: str
    seed: int
    budget: Budget


@dataclass(frozen=True, kw_only=True)
class ShortcutsFound:
    """What saves time with the base model and changes no output; it was found out by trial, in this run or an earlier one."""

    shortcuts: Shortcuts


@dataclass(frozen=True, kw_only=True)
class BudgetChanged:
    """The run was given another budget, which holds from here on."""

    budget: Budget


@dataclass(frozen=True, kw_only=True)
class BaseScored:
    """The untouched model's validation score is known; ``seconds`` are those of the pass when it was made."""

    score: Estimate
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ActionTaken:
    """An action came to its end: its outcome, and what the agent's observation has new (see ``Transition``).

    In the log the outcome is shortened (see ``store.trajectory``).
    """

    outcome: Outcome
    experiments: int
    best: str
    spent: Spend
    outlook: Outlook


@dataclass(frozen=True, kw_only=True)
class GuidanceHeard:
    """Something that a person said has reached the run."""

    guidance: Guidance


@dataclass(frozen=True, kw_only=True)
class ExperimentBegan:
    """A submission is carried out as an experiment; ``plan`` is its ``plan.md``."""

    experiment: str
    plan: str


@dataclass(frozen=True, kw_only=True)
class StageReached:
    """A check goes on to its next stage; ``experiment`` is "" where a submission is only checked."""

    experiment: str
    stage: Stage


@dataclass(frozen=True, kw_only=True)
class WeightsReused:
    """An equal training is in the cache, so its weights are taken and nothing is trained."""

    experiment: str


@dataclass(frozen=True, kw_only=True)
class TrainingBegan:
    """A submission passed its check and is trained on: ``forecast_s`` by the step that was measured, ``most_s`` at most.

    A training that is still going then is ended, and the weights that it has are validated.
    """

    experiment: str
    rows: int
    steps: int
    forecast_s: float
    most_s: float


@dataclass(frozen=True, kw_only=True)
class TrainingStepped:
    """A training made one more optimizer step, of about ``of``."""

    experiment: str
    point: LossPoint
    of: int


@dataclass(frozen=True, kw_only=True)
class StopRequested:
    """The agent ends a training after ``step`` steps: what was trained is validated (``keep``), or dropped."""

    experiment: str
    step: int
    keep: bool


@dataclass(frozen=True, kw_only=True)
class TrainingEnded:
    """A training came to its end; ``loss`` is the last one, in nats per label token."""

    experiment: str
    loss: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class PassAdvanced:
    """``done`` of ``of`` items of a split were answered by an experiment, or by ``base``."""

    experiment: str
    split: Split
    done: int
    of: int


@dataclass(frozen=True, kw_only=True)
class ExperimentEnded:
    """An experiment came to its end: with a validation score, or with a failure.

    ``verdict`` is against ``against``, the best when it was made; ``planned`` is how many items were to be scored.
    """

    experiment: str
    seconds: float
    score: Estimate | None = None
    planned: int = 0
    verdict: Verdict | None = None
    against: str = ""
    failure: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WorkerLost:
    """The worker died through no fault of the submission; ``attempt`` counts the tries of an experiment from 1."""

    message: str
    experiment: str = ""
    attempt: int = 0


@dataclass(frozen=True, kw_only=True)
class JudgeLost:
    """The judge could not be asked; the published rule's word stands."""

    message: str


@dataclass(frozen=True, kw_only=True)
class ScorerFailed:
    """A custom scorer has a bug; the run ends. ``rest`` is the version of the task without its scorer."""

    message: str
    rest: int | None


@dataclass(frozen=True, kw_only=True)
class FinalEvaluationBegan:
    """The agent chose or ``gave_up``, or a limit (``stopped_by``) was reached: confirmation, then the test."""

    proposed: str
    stopped_by: str | None
    gave_up: str = ""


@dataclass(frozen=True, kw_only=True)
class ConfirmationShortened:
    """The time left allowed confirmation on ``items`` of the ``of`` held-back items only."""

    items: int
    of: int


@dataclass(frozen=True, kw_only=True)
class FinalTestOpened:
    """The test split was opened, once, for ``chosen`` and the base."""

    chosen: str


@dataclass(frozen=True, kw_only=True)
class RunEnded:
    """The run has its result: the test scores of the chosen model and of the base."""

    chosen: str
    score: Estimate
    base: Estimate


@dataclass(frozen=True, kw_only=True)
class ListenerFailed:
    """A listener raised an error; the run goes on, and the listener is told of what follows."""

    listener: str
    message: str


Event = (
    Announced
    | RunOpened
    | ShortcutsFound
    | BudgetChanged
    | BaseScored
    | ActionTaken
    | GuidanceHeard
    | ExperimentBegan
    | StageReached
    | WeightsReused
    | TrainingBegan
    | TrainingStepped
    | StopRequested
    | TrainingEnded
    | PassAdvanced
    | ExperimentEnded
    | WorkerLost
    | JudgeLost
    | ScorerFailed
    | FinalEvaluationBegan
    | ConfirmationShortened
    | FinalTestOpened
    | RunEnded
    | ListenerFailed
)
Listener = Callable[[Event], None]
"""Is called with each event, in order, and should return soon: the run waits for it. An error that it raises ends no run."""


def kind_of(event: type[Event]) -> str:
    """Return the name of a kind of event where it is written down.

    Example:
        >>> kind_of(FinalTestOpened)
        'final-test-opened'
    """
    return re.sub(r"(?<=.)(?=[A-Z])", "-", event.__name__).lower()


EVENTS: Mapping[str, type[Event]] = {kind_of(each): each for each in get_args(Event)}
