"""Jobs: how far each is, and what became of it."""

import math
import time
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from ftdojo.records import (
    Action,
    Check,
    Event,
    ExperimentBegan,
    FinalEvaluationBegan,
    FinalTestOpened,
    Finish,
    Listener,
    Look,
    Merge,
    Outlook,
    PassAdvanced,
    Shell,
    StageReached,
    Step,
    Train,
    TrainingBegan,
    TrainingEnded,
    TrainingStepped,
    WeightsReused,
)
from ftdojo.serve.protocol import Job, Verb

Phase = Literal["check", "training", "validation", "end"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where an action is; ``loss`` is that of the last training step.

    ``phase`` began at ``since`` (``time.monotonic``). ``train_left_s`` is what the training needs at its own speed;
    ``forecast_s`` and ``most_s`` are as in ``TrainingBegan``.
    """

    experiment: str = ""
    stage: str = ""
    step: int = 0
    of: int = 0
    loss: float | None = None
    phase: Phase = "check"
    since: float = 0.0
    train_left_s: float = 0.0
    forecast_s: float | None = None
    most_s: float | None = None


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
        self.now = _after(event, self.now)

    def clear(self) -> None:
        """Forget where the last action was."""
        self.now = Progress()


def _after(event: Event, now: Progress) -> Progress:
    """Return where an action is after ``event``."""
    match event:
        case ExperimentBegan():
            return Progress(experiment=event.experiment, stage="check")
        case StageReached():
            return Progress(experiment=event.experiment, stage=f"check: {event.stage}")
        case TrainingBegan():
            return replace(
                _in_phase(now, "training", "training"),
                of=event.steps,
                train_left_s=event.forecast_s,
                forecast_s=event.forecast_s,
                most_s=event.most_s,
            )
        case TrainingStepped():
            return _stepped(event, now)
        case TrainingEnded() | WeightsReused():
            return _in_phase(now, "validation", "scoring validation")
        case PassAdvanced():
            phase: Phase = "validation" if event.split == "validation" else "end"
            at = _in_phase(now, phase, f"scoring {event.split}")
            return replace(at, experiment=event.experiment, step=event.done, of=event.of)
        case FinalEvaluationBegan():
            at = _in_phase(now, "end", "confirmation and test")
            return replace(at, experiment=event.proposed)
        case FinalTestOpened():
            return replace(_in_phase(now, "end", "scoring test"), experiment=event.chosen)
        case _:
            return now


def _in_phase(now: Progress, phase: Phase, stage: str) -> Progress:
    """Return ``now`` at another stage; a phase that is under way goes on."""
    since = now.since if now.phase == phase else time.monotonic()
    return replace(now, phase=phase, since=since, stage=stage, step=0, of=0)


def _stepped(event: TrainingStepped, now: Progress) -> Progress:
    point = event.point
    return replace(
        now,
        experiment=event.experiment,
        stage="training",
        step=point.step,
        of=event.of,
        loss=point.loss,
        phase="training",
        train_left_s=point.seconds / point.step * max(0, event.of - point.step),
    )


def _left_s(now: Progress, outlook: Outlook | None, seconds: float) -> float | None:
    """Return the seconds that an action will take from here, if that can be told.

    ``outlook`` says what things cost, as last seen; ``seconds`` is how long the present phase has lasted.
    """
    if outlook is None:
        return None
    validation_s = outlook.validation_s or 0.0
    match now.phase:
        case "check":
            return None
        case "training":
            most_s = math.inf if now.most_s is None else max(0.0, now.most_s - seconds)
            return min(now.train_left_s, most_s) + validation_s
        case "validation":
            return max(0.0, validation_s - seconds)
        case "end":
            return max(0.0, outlook.reserve_s - seconds)
        case _:
            assert_never(now.phase)


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
        case Merge():
            return "merge"
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


def under_way(job: Job, now: Progress, seconds: float, outlook: Outlook | None) -> Job:
    """Return ``job`` as it stands after ``seconds``; ``outlook`` is the last that was seen."""
    return replace(
        job,
        experiment=now.experiment or job.experiment,
        stage=now.stage,
        step=now.step,
        of=now.of,
        loss=now.loss,
        left_s=_left_s(now, outlook, time.monotonic() - now.since),
        forecast_s=now.forecast_s,
        most_s=now.most_s,
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
    at += "" if job.left_s is None else f", about {job.left_s:.0f} s left"
    return f"{job.id} ({name}: {job.stage}{at})" if job.stage else f"{job.id} ({name})"
