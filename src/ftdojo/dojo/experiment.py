"""One experiment, from submission to feedback: check, training, validation, comparison.

Every stage leaves its product in the cache or the run folder before the next begins, so a controller that is killed
anywhere goes on after the last finished stage.
"""

import time
from dataclasses import dataclass, replace

from ftdojo.checks import Checked, Failed, Passed, run_checks
from ftdojo.dojo import scorer_faults, stopping
from ftdojo.dojo.cards import task_card
from ftdojo.dojo.leaderboard import Leaderboard
from ftdojo.dojo.merging import merged
from ftdojo.dojo.run import Run
from ftdojo.dojo.scoring import Scorer, calibrate
from ftdojo.dojo.training import trained
from ftdojo.errors import (
    ModelError,
    SubmissionRefused,
    UsageError,
    WorkerDied,
    WorkerError,
    WorkerTimeout,
)
from ftdojo.records import (
    BASE,
    CheckReport,
    Experiment,
    ExperimentBegan,
    ExperimentEnded,
    Failure,
    FailureKind,
    Feedback,
    Merge,
    Stage,
    StageReached,
    Status,
    Submission,
    TaskCard,
    Train,
    TrainingEnded,
    TrainingReport,
    Weights,
    WorkerLost,
)
from ftdojo.training.watch import CHOSEN_DRIFT
from ftdojo.worker import WorkerFault

LEARNT = 0.5
"""A loss below this share of the first one, per answer token, was learnt."""
SHOWN = 120


def remarks(feedback: Feedback, task: TaskCard) -> tuple[str, ...]:
    """Return what an agent should be told in so many words of an experiment that was trained and validated."""
    training, evaluation = feedback.training, feedback.evaluation
    if training is None or evaluation is None or evaluation.unreadable_share < 1.0:
        return ()
    learnt = training.loss_last < LEARNT * training.loss_first
    how = "although the training was learnt" if learnt else "and the training was not learnt either"
    shown = f" (one is {evaluation.wrong[0].output[:SHOWN]!r})" if evaluation.wrong else ""
    cut = (
        f" {evaluation.unfinished_share:.0%} of them were cut at {task.max_new_tokens} tokens."
        if evaluation.unfinished_share > LEARNT
        else ""
    )
    return (
        f"None of the {evaluation.score.n} validation outputs{shown} can be read by the task's scorer, {how} (loss "
        f"{training.loss_first:.2f} to {training.loss_last:.2f}).{cut} The score says nothing about what the model knows: "
        f"teach answers in the form that the task wants. {task.answer_format}",
    )


def spoilt(report: TrainingReport) -> Failure | None:
    """Return the failure that a training's end means, if its weights are worth nothing after it."""
    last = report.curve[-1]
    match report.stopped:
        case "diverged":
            kind, message = (
                FailureKind.DIVERGED,
                (
                    f"The loss went from {report.loss_first:.3g} to {last.loss:.3g} in {report.steps} steps: "
                    "lower learning_rate, lengthen the warm-up or clean the rows."
                ),
            )
        case "collapsed":
            kind, message = (
                FailureKind.COLLAPSED,
                (
                    f"The chosen answers lost {-last.figures[CHOSEN_DRIFT]:.2g} nats of log-probability a token in {report.steps} of "
                    f"{report.planned_steps} steps, so the model unlearns what it is to prefer: lower learning_rate, raise beta, or "
                    "set rpo_alpha, such as 1."
                ),
            )
        case "unmoved":
            kind, message = (
                FailureKind.UNMOVED,
                (
                    f"Step {last.step} moved none of the {report.trainable_params} trained weights (learning rate "
                    f"{last.learning_rate:.3g}, gradient norm {last.grad_norm:.3g}): raise learning_rate, or train other modules."
                ),
            )
        case _:
            return None
    return Failure(stage=Stage.TRAIN, kind=kind, message=message, file="train.yaml")


TRIES = 2
"""A worker that dies through no fault of the submission gets one more try with a new one."""


class Ended(Exception):  # an ending, not an error
    """An experiment came to an early end; never leaves this module."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass
class Carrier:
    """Carries out one submission, keeping what is known so far in ``feedback``."""

    run: Run
    leaderboard: Leaderboard
    experiment: Experiment
    feedback: Feedback
    validate_items: int | None = None
    merge: Merge | None = None
    predicted: float | None = None

    def execute(self) -> Experiment:
        """Return the experiment as it ended; whatever failed is in its ``failure``."""
        try:
            weights = self._merged(self.merge) if self.merge else self._train(self._check())
            self._validate(weights)
        except Ended as ended:
            return self._with(Status.FAILED, failure=ended.failure)
        except SubmissionRefused as error:
            refused = Failure(
                stage=Stage.TRAIN, kind=FailureKind.SCHEMA, message=str(error), file="train.yaml"
            )
            return self._with(Status.FAILED, failure=refused)
        except WorkerError as error:
            failure = _worker_failure(error, self._stage())
            return self._with(Status.FAILED, failure=failure)
        relative = weights.path.relative_to(self.run.folder.path)
        return self._with(Status.DONE, weights=replace(weights, path=relative))

    def _check(self) -> Passed:
        asked, name = self.experiment.submission, self.experiment.id
        checked = check(self.run, asked, name=name, steps=self.experiment.max_steps)
        self.feedback = replace(self.feedback, check=checked.report)
        parent = checked.plan.parent if checked.plan else BASE
        known = [BASE, *(each.id for each in self.run.folder.experiments())]
        if parent not in known or parent == self.experiment.id:
            earlier = ", ".join(each for each in known if each != self.experiment.id)
            raise Ended(
                Failure(
                    stage=Stage.STATIC,
                    kind=FailureKind.SCHEMA,
                    file="plan.md",
                    message=f"parent {parent!r} is not an earlier experiment; name one of {earlier}.",
                )
            )
        self.experiment = replace(self.experiment, parent=parent)
        self.predicted = checked.plan.predicted if checked.plan else None
        if isinstance(checked, Failed):
            raise Ended(checked.failure)
        self.experiment = replace(self.experiment, start_from=checked.config.start_from)
        if (
            checked.fit.asked_steps is not None
        ):  # a training that is taken up again is still the same one
            self.experiment = replace(self.experiment, max_steps=checked.fit.steps)
            self.run.folder.save_experiment(self.experiment)
        return checked

    def _train(self, checked: Passed) -> Weights:
        folder, name = self.run.folder, self.experiment.id
        if stopped := stopping.before_training(folder, name):
            raise Ended(stopped)
        report, weights = trained(self.run, checked, name=name)
        self.feedback = replace(self.feedback, training=report)
        loss = report.loss_last
        self.run.emit(TrainingEnded(experiment=name, loss=loss, seconds=report.seconds))
        if stopped := stopping.after_training(folder, name, report):
            raise Ended(stopped)
        if failure := spoilt(report):
            raise Ended(failure)
        return weights

    def _merged(self, action: Merge) -> Weights:
        """Return the merged weights, and say in the feedback how."""
        self.experiment = replace(self.experiment, parent=action.parents[0], merged=action.parents)
        try:
            weights, said = merged(self.run, action, name=self.experiment.id)
        except (UsageError, ModelError) as error:
            raise Ended(
                Failure(stage=Stage.TRAIN, kind=FailureKind.SCHEMA, message=str(error))
            ) from error
        self.feedback = replace(self.feedback, remarks=(said,))
        return weights

    def _validate(self, weights: Weights) -> None:
        run, name = self.run, self.experiment.id
        scorer = Scorer(run, name=name, weights=weights)
        # A brief pass is not raced: to look halfway would cut it into batches too small to be fast.
        rival = (
            self.leaderboard.graded(self.leaderboard.best) if self.validate_items is None else ()
        )
        items = run.vault.items("validation")
        graded, evaluation = scorer.score(
            "validation", items, rival=rival, limit=self.validate_items
        )
        compared = self.leaderboard.compared(
            graded, parent=self.experiment.parent, predicted=self.predicted
        )
        self.leaderboard.add(name, graded)
        self.feedback = replace(self.feedback, evaluation=evaluation, comparisons=compared)
        fit = self.feedback.check.fit
        noticed = (
            *self.feedback.remarks,
            *([fit.note] if fit and fit.note else []),
            *remarks(self.feedback, task_card(run)),
        )
        self.feedback = replace(self.feedback, remarks=noticed)

    def _stage(self) -> Stage:
        if self.feedback.training or self.merge:
            return Stage.EVALUATE
        return Stage.TRAIN if self.feedback.check.fit else Stage.FIT

    def _with(
        self, status: Status, *, failure: Failure | None = None, weights: Weights | None = None
    ) -> Experiment:
        meter = self.run.meter
        feedback = replace(self.feedback, spent=meter.spend(), outlook=meter.outlook())
        return replace(
            self.experiment, status=status, feedback=feedback, failure=failure, weights=weights
        )


def check(run: Run, submission: Submission, *, name: str = "", steps: int | None = None) -> Checked:
    """Run the check, and book what it cost; ``steps`` are those of a training that is taken up again."""
    began = time.monotonic()
    with scorer_faults.recorded(run):
        checked = run_checks(
            submission,
            run,
            left_s=run.meter.train_left_s(),
            steps=steps,
            on_stage=lambda stage: run.emit(StageReached(experiment=name, stage=stage)),
        )
    seconds = time.monotonic() - began
    built = min(seconds, checked.report.data.seconds if checked.report.data else 0.0)
    run.ledger.charge("data", seconds=built, experiment=name)
    run.ledger.charge("check", seconds=seconds - built, experiment=name)
    run.forecast.checked(seconds - built, checked.report.fit)
    if checked.report.fit:
        calibrate(run)
    return checked


def try_out(run: Run, submission: Submission) -> Checked:
    """Run the check as ``check`` does, but return a lost worker as a failure too."""
    try:
        return check(run, submission)
    except WorkerError as error:
        run.emit(WorkerLost(message=str(error)))
        lost = _worker_failure(error, Stage.FIT)
        return Failed(report=CheckReport(stages=()), failure=lost)


LEAST_ITEMS = 10
"""Fewer validation items than this tell nothing."""


def too_rough(action: Train) -> str:
    """Return in one line why an experiment would tell nothing; "" if it would."""
    if action.validate_items is None or action.validate_items >= LEAST_ITEMS:
        return ""
    return (
        f"validate_items={action.validate_items} is too few to tell anything; give {LEAST_ITEMS} or more, or leave it out "
        "for all."
    )


def execute_experiment(
    run: Run, action: Train | Merge, *, name: str, leaderboard: Leaderboard
) -> Experiment:
    """Carry out ``action`` as experiment ``name`` and return how it ended; failures are in the experiment."""
    submission = action.submission
    earlier = next((each for each in run.folder.experiments() if each.id == name), None)
    begun = Experiment(
        id=name,
        parent=BASE,
        submission=submission,
        status=Status.RUNNING,
        max_steps=earlier.max_steps if earlier else None,
    )
    run.folder.save_experiment(begun)
    run.emit(ExperimentBegan(experiment=name, plan=submission.plan))
    run.ledger.charge("check", seconds=0.0, experiment=name, experiments=1)
    began = time.monotonic()
    for attempt in range(1, TRIES + 1):
        carrier = Carrier(run, leaderboard, begun, Feedback(check=CheckReport(stages=())))
        if isinstance(action, Merge):
            carrier.merge = action
        else:
            carrier.validate_items = action.validate_items
        done = carrier.execute()
        if done.failure is None or not done.failure.refunded:
            break
        begun = replace(begun, max_steps=done.max_steps)
        run.emit(WorkerLost(experiment=name, attempt=attempt, message=done.failure.message))
    run.folder.checkpoint_path(name).unlink(missing_ok=True)
    if done.failure and done.failure.refunded:
        run.ledger.refund(name)
    done = replace(done, seconds=time.monotonic() - began)
    run.folder.save_experiment(done)
    run.emit(_ending(done))
    return done


def _ending(done: Experiment) -> ExperimentEnded:
    """Return what an experiment came to, for whoever listens."""
    bare = ExperimentEnded(experiment=done.id, seconds=done.seconds)
    if done.evaluation is None:
        return replace(bare, failure=done.failure.message if done.failure else "")
    best = done.feedback.comparisons.get("best") if done.feedback else None
    return replace(
        bare,
        score=done.evaluation.score,
        planned=done.evaluation.planned,
        verdict=best.verdict if best else None,
        against=best.against if best else "",
        remarks=done.feedback.remarks if done.feedback else (),
    )


def _worker_failure(error: WorkerError, stage: Stage) -> Failure:
    """Say whose fault a lost worker is: memory and time are the submission's, the rest is nobody's."""
    kind, tail = FailureKind.INFRASTRUCTURE, ""
    if isinstance(error, WorkerDied):
        tail = error.log_tail
        kind = FailureKind.OUT_OF_MEMORY if error.memory_suspected else kind
    elif isinstance(error, WorkerTimeout):
        kind = FailureKind.TIMEOUT
    elif isinstance(error, WorkerFault):
        tail = error.log_tail
        kind = FailureKind(error.kind) if error.kind != "bug" else kind
    return Failure(stage=stage, kind=kind, message=str(error), log_tail=tail)
