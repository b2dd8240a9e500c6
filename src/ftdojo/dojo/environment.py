"""The environment: Gymnasium's contract over one run.

``reset`` returns the first observation, ``step`` carries out one action, ``close`` lets go of everything. An episode is
single-use: ``make`` builds another. A run that was killed is opened again by ``resume``; ``begun`` then holds the
action that had not come to its end, which is to be carried out first.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, assert_never, get_args

from ftdojo.checks import Failed
from ftdojo.dojo import stopping
from ftdojo.dojo.cards import model_card, source_cards, task_card
from ftdojo.dojo.experiment import execute_experiment, too_rough, try_out
from ftdojo.dojo.finalize import finalize
from ftdojo.dojo.guided import Guided
from ftdojo.dojo.leaderboard import Leaderboard
from ftdojo.dojo.merging import unmergeable
from ftdojo.dojo.meter import require_one_experiment
from ftdojo.dojo.queries import answered
from ftdojo.dojo.run import Run, opened
from ftdojo.dojo.scoring import Scorer
from ftdojo.dojo.steps import Steps, outcome_of
from ftdojo.dojo.tokens import count
from ftdojo.dojo.training import learn_speed
from ftdojo.errors import UsageError
from ftdojo.llm import Llm
from ftdojo.records import (
    BASE,
    Action,
    BaseScored,
    Check,
    EvaluationReport,
    Experiment,
    Finish,
    Look,
    Merge,
    Observation,
    Outcome,
    Result,
    Shell,
    ShortcutsFound,
    SourceCard,
    Split,
    Status,
    Step,
    TaskCard,
    Train,
)
from ftdojo.store import RunFolder
from ftdojo.worker import WorkerEngine

MOSTLY = 0.9
"""A base that is cut by the token cap on more items than this shows what the longest outputs cost."""
MOST_NAMES = 12
"""So many experiments are named in a refusal, the latest of them."""


class Dojo:
    """One run of one agent on one task. Made by ``make`` or ``resume``; use it as a context manager, or ``close`` it."""

    def __init__(self, run: Run, held: ExitStack) -> None:
        self._run, self._held = run, held
        self._steps, self._guided = Steps(run), Guided(run)
        self._closing = False
        self._standing: Leaderboard | None = None
        self._result: Result | None = run.folder.result()

    def __enter__(self) -> "Dojo":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def _card(self) -> TaskCard:
        return task_card(self._run)

    @cached_property
    def _sources(self) -> tuple[SourceCard, ...]:
        return source_cards(self._run)

    @property
    def run(self) -> str:
        """Return the run's id."""
        return self._run.folder.config.id

    @property
    def folder(self) -> RunFolder:
        """Return the run folder, to be read."""
        return self._run.folder

    @property
    def result(self) -> Result | None:
        """Return the sealed result once there is one."""
        return self._result

    def llm(self) -> Llm | None:
        """Return the run's language models, recorded and charged to this run; None if it was given none."""
        return self._run.llm

    def begun(self) -> Action | None:
        """Return the action that a killed controller did not bring to its end; known once the run is restored by ``reset``.

        A training whose experiment had ended is not begun again: its controller was killed on the way to the next action.
        """
        return None if self._result else self._steps.unfinished()

    def reset(self) -> Observation:
        """Validate the base, restore what was done before, and return the first observation.

        Raises:
            BudgetError: the budget does not allow a single experiment.
        """
        run = self._run
        run.emit(opened(run))
        if isinstance(run.engine, WorkerEngine):
            run.emit(ShortcutsFound(shortcuts=run.engine.shortcuts()))
        items = run.vault.items("validation")
        scorer = Scorer(run, name=BASE, weights=None)
        graded, report = scorer.score("validation", items)
        known = run.folder.base()
        if known is None:
            run.folder.save_base(report)
            known = report
        run.emit(BaseScored(score=known.score, seconds=known.seconds))
        self._measured(BASE, known)
        self._plan_end(scorer, known)
        self._standing = Leaderboard(run.task, graded)
        self._restore(self._standing)
        require_one_experiment(run.meter, run.folder)
        return self._taken_up()

    def step(self, action: Action) -> Step:
        """Carry out ``action``; after a limit, finish the best validated experiment instead.

        The action and what came of it are on record on return, and ``observation.last`` says them.

        Raises:
            UsageError: the run has ended, or ``reset`` was not called.
        """
        if self._result is not None:
            raise UsageError(f"The run {self.run} has ended; make another.")
        self._known()
        step = self._step(action)
        self._run.folder.clear_pending()
        return step

    def reached(self) -> str | None:
        """Return the limit that will end the run at the next step, if one is reached; for whoever waits for an agent.

        It is a sign of life as well: the time an agent thinks stays on record if this process is killed meanwhile.
        """
        self._run.ledger.heartbeat()
        return self._run.meter.reached()

    def expire(self) -> Step:
        """End the run if a limit is reached, as the next action would; for whoever waits for an agent.

        No action is taken and none is recorded. Without a limit, the step is one in which nothing happened.

        Raises:
            UsageError: ``reset`` was not called.
        """
        self._known()
        limit = None if self._result else self._run.meter.reached()
        return self._truncate(limit) if limit else Step(observation=self._observation())

    def observe(self) -> Observation:
        """Return what the agent sees now; what a person said since the last step is in it."""
        return self._observation()

    def look_beside(self, action: Look, seen: Observation) -> Outcome:
        """Look something up while another thread carries out an action; on record as every look is.

        Only what lies on the disk can be seen then (``queries.BESIDE``): another action has the model. A refusal is the
        ``notice`` of what is returned. ``seen`` is the last observation.
        """
        return self._steps.beside(action, replace(seen, spent=self._run.meter.spend()))

    def stop(self, experiment: str, *, step: int = 1, keep: bool = True) -> None:
        """End a training that another thread has under way, after ``step`` steps or the one it is at.

        ``keep`` has what was trained validated, as that of any experiment; else it is dropped, and the experiment fails as
        ``stopped``. ``step`` 0, before training began, leaves nothing to keep.

        Raises:
            UsageError: no experiment of that id is running.
        """
        stopping.request(self._run, experiment, step=step, keep=keep)

    def tokens(self, text: str) -> tuple[Mapping[str, Any], ...]:
        """Return how many tokens a text has, or rows as of a ``train.jsonl``; see ``tokens.count``. Any thread may ask."""
        return count(self._run, text)

    def close(self) -> None:
        """Let go of the worker and the run folder; may be called twice."""
        self._run.close()
        self._held.close()

    def _step(self, action: Action) -> Step:
        if isinstance(action, Finish) and self._closing:  # a kill interrupted the final evaluation
            return self._finish(action)
        limit = self._run.meter.reached()
        if limit and not isinstance(action, Finish):
            notice = f"The limit on {limit} was reached before this could be carried out."
            self._write(Outcome(action=action, notice=notice))
            return self._truncate(limit)
        began, notice = time.monotonic(), self._refused(action)
        if not notice and not isinstance(action, Look):
            self._run.folder.set_pending(action)
        outcome = Outcome(action=action, notice=notice) if notice else self._act(action)
        seen = self._write(replace(outcome, seconds=time.monotonic() - began))
        return self._after(outcome, seen)

    def _refused(self, action: Action) -> str:
        """Return in one line why ``action`` cannot be carried out, as far as that is known before anything is spent on it."""
        match action:
            case Train():
                return too_rough(action)
            case Merge():
                return unmergeable(self._run, action)
            case Finish():
                return self._not_validated(action.experiment)
            case _:
                return ""

    def _act(self, action: Action) -> Outcome:
        """Carry out ``action``, but for the final evaluation, and return what came of it."""
        match action:
            case Look() | Shell():
                return answered(self._run, action)
            case Check():
                tried = try_out(self._run, action.submission)
                failure = tried.failure if isinstance(tried, Failed) else None
                return Outcome(action=action, checked=tried.report, failure=failure)
            case Train() | Merge():
                return self._experiment(action)
            case Finish():
                return Outcome(action=action)
            case _:
                assert_never(action)

    def _write(self, outcome: Outcome) -> Observation:
        """Put a step on record and return what the agent sees after it."""
        with self._steps.one_at_a_time():
            numbered = self._steps.numbered(outcome)
            seen = self._observation()
            self._steps.write(numbered, seen)
        return seen

    def _after(self, outcome: Outcome, seen: Observation) -> Step:
        """Return what an action led to: the end of the run, if it was finished or a limit was reached by it."""
        if outcome.notice:
            return Step(observation=seen)
        if isinstance(outcome.action, Finish):
            return self._finish(outcome.action)
        limit = self._run.meter.reached()
        return self._truncate(limit) if limit else Step(observation=seen)

    def _experiment(self, action: Train | Merge) -> Outcome:
        done = execute_experiment(
            self._run, action, name=self._next(action), leaderboard=self._known()
        )
        self._measure(done)
        return outcome_of(action, done)

    def _not_validated(self, name: str) -> str:
        """Return why the experiment ``name`` cannot be chosen; "" if it can."""
        done = [BASE, *(each.id for each in self._done())]
        breaking = self._guided.breaking()
        if name in done and name not in breaking:
            return ""
        if name in breaking:
            done = [each for each in done if each not in breaking]
            return f"{breaking[name]}; finish one of {', '.join(done[:MOST_NAMES])}."
        some = done if len(done) <= MOST_NAMES else [*done[:1], "...", *done[1 - MOST_NAMES :]]
        return f"Experiment {name!r} has no validated weights; finish one of {', '.join(some)}."

    def _finish(self, action: Finish) -> Step:
        choice = self._known().choice
        agreed = choice.chosen == action.experiment
        why = (
            choice.why if agreed else f"The agent chose it; by the numbers it was {choice.chosen}."
        )
        chosen = next((each for each in self._done() if each.id == action.experiment), None)
        stopped_by = self._steps.stopped_by()
        return self._end(chosen, why=why, stopped_by=stopped_by, gave_up=action.gave_up)

    def _truncate(self, limit: str) -> Step:
        self._known().leave_out(self._guided.breaking())
        choice = self._known().choice
        best = next((each for each in self._done() if each.id == choice.chosen), None)
        return self._end(best, why=choice.why, stopped_by=limit)

    def _end(
        self, proposed: Experiment | None, *, why: str, stopped_by: str | None, gave_up: str = ""
    ) -> Step:
        self._steps.close()
        # A controller that is killed from here on goes on with the final evaluation, whatever budget it is resumed with.
        ending = Finish(experiment=proposed.id if proposed else BASE, gave_up=gave_up)
        self._run.folder.set_ending(ending, stopped_by=stopped_by)
        choice = self._known().choice
        self._result = finalize(
            self._run, proposed, choice=choice, why=why, stopped_by=stopped_by, gave_up=gave_up
        )
        return Step(
            observation=self._observation(),
            reward=self._result.reward,
            terminated=stopped_by is None,
            truncated=stopped_by is not None,
            stopped_by=stopped_by,
        )

    def _next(self, action: Train | Merge) -> str:
        """Return the id of the next experiment; one that was begun with the same submission goes on."""
        experiments = self._run.folder.experiments()
        last = experiments[-1] if experiments else None
        if last and last.status is Status.RUNNING and last.submission == action.submission:
            return last.id
        return f"e{len(experiments) + 1}"

    def _taken_up(self) -> Observation:
        """Return the first observation, with the last step of an earlier controller in it; one that it did not write is."""
        missing = self._steps.restore()
        self._closing = self._steps.closing()
        return self._write(missing) if missing else self._observation()

    def _restore(self, leaderboard: Leaderboard) -> None:
        done = self._done()
        for each in done:
            leaderboard.add(each.id, self._run.folder.predictions(each.id, "validation"))
        for each in self._run.folder.ended():  # only now, so that who is best is worked out once
            self._measure(each, restored=True)

    def _measure(self, done: Experiment, *, restored: bool = False) -> None:
        """Learn from an experiment what the next one will cost; a raced-out pass is no whole one."""
        learn_speed(self._run, done, restored=restored)
        if done.evaluation and not done.evaluation.raced_out and done.evaluation.seconds:
            self._measured(done.id, done.evaluation)

    def _plan_end(self, base: Scorer, known: EvaluationReport) -> None:
        """Tell the forecast what there is to score, where the base is not scored yet, and how it does on validation."""
        counts = {split: self._run.vault.count(split) for split in get_args(Split)}
        due = [split for split in counts if not base.is_kept(split)]
        self._run.forecast.plan(
            counts,
            base_due=due,
            base_is_slowest=known.unfinished_share > MOSTLY,
            base_readable=1 - known.unreadable_share,
        )

    def _measured(self, name: str, report: EvaluationReport) -> None:
        """Take note of what a validation pass of ``name`` took, and reckon with it from now on."""
        best = self._standing.best if self._standing else BASE
        item_s = report.seconds / report.score.n
        self._run.forecast.measured(name, item_s, best=best)

    def _known(self) -> Leaderboard:
        if self._standing is None:
            raise UsageError("Call reset() before step().")
        return self._standing

    def _done(self) -> list[Experiment]:
        return [each for each in self._run.folder.experiments() if each.status is Status.DONE]

    def _observation(self) -> Observation:
        run, guidance = self._run, self._guided.heard()
        self._known().leave_out(self._guided.breaking())
        return Observation(
            task=self._card,
            sources=self._sources,
            model=model_card(run),
            machine=run.machine,
            budget=run.meter.budget,
            spent=run.meter.spend(),
            outlook=run.meter.outlook(),
            base=run.folder.scored_base(),
            experiments=run.folder.ended(),
            best=self._known().best,
            seed=run.folder.config.spec.seed,
            last=self._steps.last,
            guidance=guidance,
        )
