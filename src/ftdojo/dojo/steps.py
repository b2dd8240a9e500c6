"""The steps of a run: each is written down with its outcome before the agent sees it, and the last one outlives a kill."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from ftdojo.dojo.queries import BESIDE, answered, look
from ftdojo.dojo.run import Run
from ftdojo.errors import UsageError
from ftdojo.records import (
    Action,
    ActionTaken,
    Experiment,
    FinalEvaluationBegan,
    Finish,
    Look,
    Merge,
    Observation,
    Outcome,
    Status,
    Train,
)
from ftdojo.store.trajectory import digest_of, trajectory


class Steps:
    """The steps of one run; ``last`` is the outcome of the latest, None before the first.

    One thread takes them. Another may look something up meanwhile (``beside``), until the last step was taken.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.last: Outcome | None = None
        self._lock, self._over = threading.RLock(), False

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Keep others from writing a step; for whoever numbers one and writes it."""
        with self._lock:
            yield

    def close(self) -> None:
        """Note that the final evaluation begins: no step follows the last one, which has the run's ending."""
        with self._lock:
            self._over = True

    def beside(self, action: Look, seen: Observation) -> Outcome:
        """Look something up while another step is under way, and put it on record; ``seen`` is what the agent sees.

        What cannot be seen now is refused by the ``notice`` of what is returned.
        """
        if action.what not in BESIDE:
            notice = (
                f"look {action.what} needs the model, which the action under way has; ask again after it. Until then there "
                f"are {', '.join(sorted(BESIDE))}, and what the last observation holds."
            )
            return Outcome(action=action, notice=notice)
        outcome = answered(self._run, action)
        with self._lock:
            if self._over:
                return Outcome(action=action, notice="The run is being finished: no look any more.")
            numbered = self.numbered(outcome)
            self.write(numbered, seen)
        return numbered

    def numbered(self, outcome: Outcome) -> Outcome:
        """Return ``outcome`` as that of the next step, and remember it as the last."""
        number = 1 + (self.last.number if self.last else 0)
        self.last = replace(outcome, number=number, digest=digest_of(outcome.found))
        self._over = isinstance(outcome.action, Finish) and not outcome.notice
        return self.last

    def write(self, outcome: Outcome, seen: Observation) -> None:
        """Put the step with ``outcome`` that led to ``seen`` on record.

        Raises:
            StoreError: it cannot be written.
        """
        self._run.emit(
            ActionTaken(
                outcome=outcome,
                experiments=len(seen.experiments),
                best=seen.best,
                spent=seen.spent,
                outlook=seen.outlook,
            )
        )

    def restore(self) -> Outcome | None:
        """Take up the steps on record; return the outcome of a training whose step a kill kept off it.

        Raises:
            StoreError: the record cannot be read.
        """
        outcomes = [each.outcome for each in trajectory(self._run.folder)]
        if outcomes:
            self.last = self._with_its_page(outcomes[-1])
        written = {each.experiment for each in outcomes}
        missing = self._ended_training()
        return missing if missing and missing.experiment not in written else None

    def unfinished(self) -> Action | None:
        """Return the action that was begun and of which no outcome is on record; a final evaluation is one until the result."""
        action = self._run.folder.pending()
        written = self.last.action if self.last else None
        return action if isinstance(action, Finish) or action != written else None

    def closing(self) -> bool:
        """Return whether the final evaluation was begun: the agent finished, or a limit was reached."""
        accepted = self.last and isinstance(self.last.action, Finish) and not self.last.notice
        if accepted or self._run.folder.ending() is not None:
            return True
        return any(isinstance(each, FinalEvaluationBegan) for each in self._run.folder.events())

    def stopped_by(self) -> str | None:
        """Return the limit that began a final evaluation which a kill interrupted, if one did."""
        if (limit := self._run.folder.ending()) is not None:
            return limit or None
        events = self._run.folder.events()
        begun = [each for each in events if isinstance(each, FinalEvaluationBegan)]
        return begun[-1].stopped_by if begun else None

    def _ended_training(self) -> Outcome | None:
        """Return the outcome of the pending training, if its experiment has ended."""
        action, experiments = self._run.folder.pending(), self._run.folder.experiments()
        last = experiments[-1] if experiments else None
        if not isinstance(action, Train | Merge) or last is None or last.status is Status.RUNNING:
            return None
        return outcome_of(action, last) if last.submission == action.submission else None

    def _with_its_page(self, outcome: Outcome) -> Outcome:
        """Return ``outcome`` with what a look found, which is looked up again: the record has only its digest."""
        if isinstance(outcome.action, Look) and outcome.digest and not outcome.found:
            with suppress(UsageError):
                return replace(outcome, found=look(self._run, outcome.action))
        return outcome


def outcome_of(action: Train | Merge, ended: Experiment) -> Outcome:
    """Return what came of a training or merge, from the experiment it became."""
    return Outcome(
        action=action,
        seconds=ended.seconds,
        experiment=ended.id,
        checked=ended.feedback.check if ended.feedback else None,
        failure=ended.failure,
    )
