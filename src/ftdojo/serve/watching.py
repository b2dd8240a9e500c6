"""How far the job under way is, from the events of the dojo."""

from dataclasses import dataclass

from ftdojo.records import (
    Event,
    ExperimentBegan,
    FinalEvaluationBegan,
    Listener,
    PassAdvanced,
    StageReached,
    TrainingStepped,
)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where an action is; ``loss`` is that of the last training step."""

    experiment: str = ""
    stage: str = ""
    step: int = 0
    of: int = 0
    loss: float | None = None


class Watch:
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
