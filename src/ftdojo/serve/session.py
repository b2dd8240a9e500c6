"""One run and the actions that are asked of it, one at a time.

The dojo is touched by the thread that calls ``run`` only. Requests come in on other threads: they ask for an action
(``begin``), wait for it (``wait``) and read how things stand (``standing``, ``seen``).
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ftdojo.dojo import Dojo
from ftdojo.errors import RunBusy, UsageError
from ftdojo.records import Action, Look, Observation, Outcome, Outlook, Step
from ftdojo.serve.jobs import JobWatch, Live, done, lost, number, under_way, verb_of, words
from ftdojo.serve.protocol import Job, Verb
from ftdojo.store import RunFolder
from ftdojo.store.said import said

TICK_S = 1.0
RESTORE_S = 60.0
SHARE = 20.0
"""The clock is looked at once a second, or once in this many times as long as a look takes where that is more."""


@dataclass(kw_only=True)
class Doing:
    """What is under way, and what it led to once ``over``. A look has no job; getting ready and ``end`` have no action."""

    action: Action | None = None
    job: Job | None = None
    step: Step | None = None
    over: bool = False


class Session:
    """Carries out the actions of an agent outside, one at a time.

    Args:
        dojo: to be played; nobody else may touch it.
        watch: is told by the dojo how far it is.
        kept: the last job of an earlier process that held this run.
        keep: is given every job when it begins and when it ended.
    """

    def __init__(
        self, dojo: Dojo, *, watch: JobWatch, kept: Job | None, keep: Callable[[Job], None]
    ) -> None:
        self._dojo, self._watch, self._keep = dojo, watch, keep
        self._changed = threading.Condition()
        self._number = number(kept)
        begun = kept if kept and kept.state == "running" else None
        self._last = None if begun else kept
        self._doing: Doing | None = Doing(job=begun if kept else self._new("start"))
        self._asked: Doing | None = None
        self._seen: Observation | None = None
        self._began = self._seen_at = time.monotonic()
        self._pause = TICK_S

    @property
    def folder(self) -> RunFolder:
        """Return the run folder, to be read."""
        return self._dojo.folder

    def run(self) -> None:
        """Validate the base, go on with what was begun, then do as asked until the run has its result."""
        self._get_ready()
        while self._dojo.result is None:
            asked = self._next()
            if asked:
                self._carry_out(asked)
            else:
                self._look_at_the_clock()

    def begin(self, action: Action) -> Doing:
        """Have ``action`` carried out next.

        Raises:
            RunBusy: another one is under way.
            UsageError: the run has ended.
        """
        verb = verb_of(action)
        with self._changed:
            self._wait_until_restored()
            if self._doing:
                raise self._busy(self._doing)
            if self._dojo.result:
                raise UsageError(f"The run {self._dojo.run} has ended; start another.")
            made = self._under_way(action, verb)
            self._asked = made
            self._changed.notify_all()
        return made

    def look(self, action: Look, *, seconds: float) -> Outcome:
        """Return what a look came to: beside the action that is under way, if one is, as far as that can be.

        Raises:
            RunBusy: the base is still being validated.
            UsageError: the run has ended, or it took longer than ``seconds``.
        """
        with self._changed:
            self._wait_until_restored()
            seen = self._seen if self._doing else None
        if seen:
            return self._dojo.look_beside(action, seen)
        doing = self.begin(action)
        self.wait(doing, seconds)
        if doing.step is None:
            raise UsageError(f"The look took longer than {seconds:.0f} s; ask again.")
        if doing.step.truncated:
            raise UsageError(
                f"The limit on {doing.step.stopped_by} was reached, so the run was ended; `ftdojo play status` shows how."
            )
        last = doing.step.observation.last
        assert last
        return last

    def tokens(self, text: str) -> Sequence[Mapping[str, Any]]:
        """Return what ``text`` has in tokens of the run's model; at any time.

        Raises:
            UsageError: a row of it cannot be read.
        """
        return self._dojo.tokens(text)

    def stop(self, *, keep: bool) -> None:
        """End the training under way, after the step that it is at; keep or drop what was trained.

        Raises:
            UsageError: no training is under way, or it has been trained.
        """
        with self._changed:
            job, now = self._doing.job if self._doing else None, self._watch.now
            if job is None or job.verb != "train" or not now.experiment:
                under_way = (
                    f"{words(self._standing_of(job, time.monotonic()))} is" if job else "Nothing is"
                )
                raise UsageError(f"Only a training can be stopped. {under_way} under way.")
            if now.phase in {"validation", "end"}:
                raise UsageError(
                    f"{now.experiment} was trained already, so there is nothing to stop; its score comes in about "
                    f"{self._standing_of(job, time.monotonic()).left_s or 0:.0f} s."
                )
        step = max(1, now.step) if now.phase == "training" else 0
        self._dojo.stop(now.experiment, step=step, keep=keep)

    def wait(self, doing: Doing | None, seconds: float) -> None:
        """Wait until ``doing`` is over, or whatever is under way if None; at most ``seconds``."""
        with self._changed:
            found = doing or self._doing
            if found:
                self._changed.wait_for(lambda: found.over, timeout=seconds)

    def seen(self) -> Observation:
        """Return the last observation.

        Raises:
            RunBusy: the base is still being validated.
        """
        with self._changed:
            self._wait_until_restored()
            if self._seen is None:
                raise self._busy(self._doing)
            return self._seen

    def standing(self) -> Live:
        """Return how things stand now."""
        with self._changed:
            now, doing, seen = time.monotonic(), self._doing, self._seen
            job = doing.job if doing else None
            since = now - self._seen_at
            return Live(
                job=self._standing_of(job, now) if job else None,
                last=self._last,
                outlook=_later(seen.outlook, since) if seen else None,
                best=seen.best if seen else "",
                ready=seen is not None,
            )

    def _get_ready(self) -> None:
        doing = self._doing
        assert doing
        if doing.job:
            self._keep(doing.job)
        seen, job = self._dojo.reset(), doing.job
        action = self._dojo.begun()
        self._see(seen)
        if action:  # its job goes on under the name it had
            named = job if job and job.verb != "start" else None
            doing.action, doing.job = action, named or self._new(verb_of(action) or "end")
            self._carry_out(doing)
            return
        if job:
            started = replace(job, state="done", seconds=time.monotonic() - self._began)
            job = started if job.verb == "start" else lost(job)
        self._end(doing, Step(observation=seen), job)

    def _wait_until_restored(self) -> None:
        """Give a process that was started again the moment it needs; one that has a job to do is not waited for."""
        doing = self._doing
        if doing and doing.job is None and self._seen is None:
            self._changed.wait_for(lambda: doing.over, timeout=RESTORE_S)

    def _next(self) -> Doing | None:
        """Return what is asked for next, or None when it is time to look at the clock."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked, timeout=self._pause)
            asked, self._asked = self._asked, None
            return asked

    def _look_at_the_clock(self) -> None:
        """End the run if a limit is reached while its agent thinks."""
        began = time.monotonic()
        limit = self._dojo.reached()
        if self._seen and self._seen.guidance != said(
            self.folder
        ):  # who is best may be another now
            self._see(self._dojo.observe())
        self._pause = max(TICK_S, SHARE * (time.monotonic() - began))
        if limit is None:
            return
        with self._changed:
            if self._doing:  # somebody was quicker, and will meet the limit
                return
            ending = self._under_way(None, "end")
        self._carry_out(ending)

    def _carry_out(self, doing: Doing) -> None:
        if doing.job:
            self._keep(doing.job)
        step = self._dojo.step(doing.action) if doing.action else self._dojo.expire()
        seconds = time.monotonic() - self._began
        self._see(step.observation)
        self._end(doing, step, doing.job and done(doing.job, step, seconds))

    def _see(self, seen: Observation) -> None:
        with self._changed:
            self._seen, self._seen_at = seen, time.monotonic()

    def _end(self, doing: Doing, step: Step, job: Job | None) -> None:
        if job:
            self._keep(job)
        with self._changed:
            doing.step, doing.job, doing.over = step, job, True
            self._last, self._doing = job or self._last, None
            self._changed.notify_all()

    def _under_way(self, action: Action | None, verb: Verb | None) -> Doing:
        """Note that ``action`` is next; the lock is held."""
        self._watch.clear()
        self._began = time.monotonic()
        self._doing = Doing(action=action, job=self._new(verb) if verb else None)
        return self._doing

    def _standing_of(self, job: Job, now: float) -> Job:
        """Return the job that is under way as it stands."""
        outlook = self._seen.outlook if self._seen else None
        return under_way(job, self._watch.now, now - self._began, outlook)

    def _new(self, verb: Verb) -> Job:
        self._number += 1
        return Job(id=f"j{self._number}", verb=verb)

    def _busy(self, doing: Doing | None) -> RunBusy:
        job = doing.job if doing else None
        other = "a look" if self._seen else "getting ready"
        what = words(self._standing_of(job, time.monotonic())) if job else other
        return RunBusy(
            f"The run {self._dojo.run} is busy with {what}; one action at a time. `ftdojo play status --wait 60` waits "
            "for it."
        )


def _later(outlook: Outlook, seconds: float) -> Outlook:
    """Return ``outlook`` after ``seconds`` in which the clock ran."""
    return replace(outlook, left_s=max(0.0, outlook.left_s - seconds))
