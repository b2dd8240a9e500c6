"""Jobs: how far each is, and what became of it."""

from dataclasses import dataclass, replace
from typing import assert_never

from ftdojo.records import (
    Action,
    Check,
    Event,
    ExperimentBegan,
    FinalEvaluationBegan,
    Finish,
    Listener,
    Look,
    Outlook,
    PassAdvanced,
    Shell,
    StageReached,
    Step,
    Train,
    TrainingStepped,
)
from ftdojo.serve.protocol import Job, Verb


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where an action is; ``loss`` is that of the last training step."""

    experiment: str = ""
    stage: str = ""
    step: int = 0
    of: int = 0
    loss: float | None = None


class JobWatch:
    """Listens to a dojo, and remembers where things are.

    Args:
        log: is handed all but what comes many times a second; may be replaced.
    """

    def __init__(self, log: Listener) -> None:
        self.log, self.now = log, Progress()

    def __call__(self, event: Event) -> None:
        """Take note of one event."""
        if not isinstance(event, TrainingStepped | PassAdvanced):
            self.log(event)
        found = _progress(event)
        if found:
            self.now = found

    def clear(self) -> None:
        """Forget where the last action was."""
        self.now = Progress()


def _progress(event: Event) -> Progress | None:
    match event:
        case ExperimentBegan():
            return Progress(experiment=event.experiment, stage="check")
        case StageReached():
            return Progress(experiment=event.experiment, stage=f"check: {event.stage}")
        case TrainingStepped():
            point = event.point
            return Progress(
                experiment=event.experiment,
                stage="training",
                step=point.step,
                of=event.of,
                loss=point.loss,
            )
        case PassAdvanced():
            stage = f"scoring {event.split}"
            return Progress(experiment=event.experiment, stage=stage, step=event.done, of=event.of)
        case FinalEvaluationBegan():
            return Progress(experiment=event.proposed, stage="confirmation and test")
        case _:
            return None


LOST = (
    "The process that held the run was killed around the end of this action. If no experiment shows it, ask again: what "
    "was finished is not done twice."
)


@dataclass(frozen=True, kw_only=True)
class Live:
    """How things stand in the process: the job under way, the last one that ended, and what is left.

    ``ready`` is whether the base has been validated and everything restored, so that an action can be asked for.
    """

    job: Job | None
    last: Job | None
    outlook: Outlook | None
    best: str
    ready: bool


def verb_of(action: Action) -> Verb | None:
    """Return the verb of the job that ``action`` is; a look is none, and an agent outside has a shell of its own."""
    match action:
        case Check():
            return "check"
        case Train():
            return "train"
        case Finish():
            return "finish"
        case Look() | Shell():
            return None
        case _:
            assert_never(action)


def number(job: Job | None) -> int:
    """Return the running number of a job, 0 for none.

    Example:
        >>> number(Job(id="j12", verb="check"))
        12
    """
    return int(job.id.removeprefix("j")) if job else 0


def under_way(job: Job, now: Progress, seconds: float) -> Job:
    """Return ``job`` as it stands."""
    return replace(
        job,
        experiment=now.experiment or job.experiment,
        stage=now.stage,
        step=now.step,
        of=now.of,
        loss=now.loss,
        seconds=seconds,
    )


def lost(job: Job) -> Job:
    """Return ``job`` as one whose end nobody saw."""
    return replace(job, state="lost", note=LOST)


def done(job: Job, step: Step, seconds: float) -> Job:
    """Return ``job`` as ``step`` left it."""
    if step.notice and not step.truncated:
        return replace(job, state="refused", note=step.notice, seconds=seconds)
    last = step.observation.last
    if last and last.action.verb != job.verb:  # the run ended without an action, or after a kill
        last = None
    return replace(
        job,
        state="done",
        seconds=seconds,
        experiment=last.experiment if last else "",
        note=f"The limit on {step.stopped_by} was reached, so the run was ended."
        if step.truncated
        else "",
        checked=last.checked if last else None,
        failure=last.failure if last else None,
    )


def words(job: Job) -> str:
    """Say which job it is and where.

    Example:
        >>> words(Job(id="j2", verb="train", experiment="e1", stage="training", step=12, of=60))
        'j2 (train e1: training, 12 of 60)'
    """
    name = f"{job.verb} {job.experiment}".strip()
    at = f", {job.step} of {job.of}" if job.of else ""
    at += "" if job.loss is None else f", loss {job.loss:.3f}"
    return f"{job.id} ({name}: {job.stage}{at})" if job.stage else f"{job.id} ({name})"
