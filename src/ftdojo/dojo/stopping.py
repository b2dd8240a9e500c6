"""A training that its agent stops before its end.

The order is a file in the folder of the experiment, which the trainer looks for after every step (``training.Watch``). So
it crosses to the worker, and a run that is killed meanwhile still stops at the step that was meant.
"""

from ftdojo.dojo.run import Run
from ftdojo.errors import UsageError
from ftdojo.records import Failure, FailureKind, Stage, Status, StopRequested, TrainingReport
from ftdojo.store import RunFolder, files
from ftdojo.training.watch import stop_order

KEEP, DROP = "keep", "drop"


def request(run: Run, name: str, *, step: int, keep: bool) -> None:
    """Have the training of experiment ``name`` end after ``step`` steps, or after the one under way; on record on return.

    Raises:
        UsageError: it does not run.
    """
    found = next((each for each in run.folder.experiments() if each.id == name), None)
    if found is None or found.status is not Status.RUNNING:
        raise UsageError(f"The experiment {name!r} is not running, so it cannot be stopped.")
    text = f"{step} {KEEP if keep else DROP}\n"
    files.write_atomic(run.folder.stop_path(name), text)
    run.emit(StopRequested(experiment=name, step=step, keep=keep))


def before_training(folder: RunFolder, name: str) -> Failure | None:
    """Return the failure of an experiment that was stopped before anything was trained."""
    if stop_order(folder.stop_path(name)) != 0:
        return None
    return _stopped("The agent stopped it during its check, so nothing was trained.")


def after_training(folder: RunFolder, name: str, report: TrainingReport) -> Failure | None:
    """Return the failure of an experiment whose training was stopped to be dropped."""
    order = folder.stop_path(name)
    if report.stopped != "stopped" or order.read_text(encoding="utf8").split()[1] == KEEP:
        return None
    return _stopped(
        f"The agent stopped it after {report.steps} of {report.planned_steps} steps and dropped what was trained."
    )


def _stopped(message: str) -> Failure:
    return Failure(stage=Stage.TRAIN, kind=FailureKind.STOPPED, message=message)
