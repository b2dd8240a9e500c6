"""The agent itself: reads its notes, sees what is to be done next, and does that one thing."""

import random
from collections.abc import Mapping
from dataclasses import replace

from ftdojo.agents.enlisting import Backing
from ftdojo.agents.ft_agent.analysing import Analyst, rival_of
from ftdojo.agents.ft_agent.cases import CaseBank, case_of
from ftdojo.agents.ft_agent.designing import Designer, designs_in, probing, winner
from ftdojo.agents.ft_agent.diagnosis import Prediction, predictions, row_texts
from ftdojo.agents.ft_agent.exploring import Scout
from ftdojo.agents.ft_agent.means import useful_s
from ftdojo.agents.ft_agent.notes import (
    KINDS,
    Candidate,
    Checked,
    Drafted,
    Dropped,
    Note,
    Planned,
    Turn,
    analyses,
    dossier_of,
    turns,
)
from ftdojo.agents.ft_agent.options import Options, read_options
from ftdojo.agents.ft_agent.planning import Planner, most_promising, no_plan, repeats, twin
from ftdojo.agents.ft_agent.prompting import FilesReply
from ftdojo.agents.ft_agent.writing import Writer
from ftdojo.agents.notebook import Notebook
from ftdojo.agents.ranking import promise
from ftdojo.errors import LlmBudget, LlmTooLate, LlmUnusable
from ftdojo.records import (
    BASE,
    Action,
    Agent,
    Check,
    Experiment,
    Failure,
    Finish,
    Look,
    Observation,
    Outcome,
    Train,
)
from ftdojo.search import Policy, Proposal, policies, tree_of

MOST_DROPS = 3
"""Turns given up in a row after which the agent finishes: it has run out of ideas that work."""
MOST_IN_VAIN = 3
"""Experiments without a gain after which the next one does not go on from them."""
LOOKED = 100
"""Entries of a look at outputs or rows of an experiment."""
MOST_LOST = 3
"""Checks of a candidate after which one that the infrastructure lost is taken for the draft's own failure."""


class FtAgent:
    """Plans, writes, checks and fixes, trains, analyses, remembers; one experiment an iteration.

    What it does next follows from its notes and the observation alone, so a run that was killed goes on where it was,
    and nothing is asked twice.
    """

    name = "ft-agent"

    def __init__(self, backing: Backing, options: Options) -> None:
        llm = backing.require_llm(self.name)
        self._backing, self._options = backing, options
        self._book: Notebook[Note] = Notebook(backing.folder / "notes.jsonl", KINDS)
        self._policy: Policy = policies.get(options.policy)
        self._scout = Scout(llm=llm, options=options)
        self._designer = Designer(llm=llm, options=options)
        self._planner = Planner(llm=llm, options=options)
        self._writer = Writer(llm=llm)
        self._analyst = Analyst(llm=llm, options=options)
        self._bank = CaseBank(options.cases) if options.cases and options.has("memory") else None
        self._outputs: dict[str, dict[str, Prediction]] = {}
        self._rows: dict[str, list[str]] = {}

    @classmethod
    def needs_llm(cls) -> bool:
        """Return True: nothing is planned without a model."""
        return True

    @classmethod
    def check(cls, options: Mapping[str, str]) -> None:
        """Refuse options that are wrong; see ``read_options``."""
        read_options(options)

    @classmethod
    def backed(cls, backing: Backing) -> Agent:
        """Return FT-Agent for one run."""
        return cls(backing, read_options(backing.options))

    def act(self, observation: Observation) -> Action:
        """Return the next action; asks the language model as often as that takes.

        Raises:
            LlmError: the language model cannot be asked; the run can be resumed.
        """
        if observation.last:
            self._scout.take_in(observation, observation.last, self._book)
            self._take_in(observation.last)
        try:
            return self._next(observation)
        except LlmTooLate as outage:
            return Finish(experiment=observation.best, gave_up=str(outage))
        except LlmBudget:
            return Finish(experiment=observation.best)

    def ended(self, observation: Observation) -> None:
        """Put what the run taught into the case bank."""
        if self._bank:
            self._bank.add(case_of(observation, self._book.notes(), self._backing.run))

    def _next(self, seen: Observation) -> Action:
        if look := self._scout.next(seen, self._book):
            return look
        while True:
            if look := self._understand(seen):
                return look
            turn = self._turn(seen)
            if turn is None:
                return Finish(experiment=seen.best, gave_up=self._gave_up())
            try:
                action = self._advance(seen, turn)
            except LlmUnusable as fault:
                self._give_up(turn, str(fault))
                continue
            if action:
                return action

    def _take_in(self, last: Outcome) -> None:
        """Note what the last action brought, whoever began it and whenever."""
        match last.action:
            case Look(what="predictions", offset=0, limit=limit) if limit == LOOKED:
                self._outputs[last.action.name] = predictions(last.found)
            case Look(what="rows", offset=0, limit=limit) if limit == LOOKED:
                self._rows[last.action.name] = row_texts(last.found)
            case Check():
                self._take_in_check(last.action, last)

    def _take_in_check(self, action: Check, last: Outcome) -> None:
        """Note a check of a candidate's latest draft, unless it is noted already."""
        notes = self._book.notes()
        known = {note.outcome for note in notes if isinstance(note, Checked)}
        made = turns(notes)
        latest = [each.drafts[-1] for each in made[-1].candidates if each.drafts] if made else []
        draft = next((each for each in latest if each.submission == action.submission), None)
        if draft and last.number not in known:
            self._book.add(_checked(draft, last.failure, last))

    def _understand(self, seen: Observation) -> Action | None:
        """Analyse every experiment that was not yet; return what has to be looked up for that first."""
        known = analyses(self._book.notes())
        for made in seen.experiments:
            if made.id in known:
                continue
            reads = self._options.has("analysis") and not self._is_brief(made)
            if reads and (look := self._missing(seen, made)):
                return look
            notes = self._book.notes()
            rows = self._rows.get(made.id, [])
            brief = self._is_brief(made)
            found = self._analyst.analyse(seen, notes, made, self._outputs, rows, brief=brief)
            self._book.add(found)
        return None

    def _is_brief(self, made: Experiment) -> bool:
        """Return whether an experiment was a short training: it is measured and ranked, and no model reads it."""
        probed = [each for each in turns(self._book.notes()) if each.probing]
        return any(made.submission in each.probing.submissions for each in probed if each.probing)

    def _missing(self, seen: Observation, made: Experiment) -> Look | None:
        """Return the look at outputs or training rows that an analysis of ``made`` needs and that was not taken yet."""
        if made.evaluation is None:
            return None
        for name in (made.id, rival_of(seen, made)[0]):
            if name not in self._outputs:
                return Look(what="predictions", name=name, limit=LOOKED)
        if made.id not in self._rows:
            return Look(what="rows", name=made.id, limit=LOOKED)
        return None

    def _turn(self, seen: Observation) -> Turn | None:
        """Return the turn that is under way, or a new one; None when there is no sense in another."""
        made = turns(self._book.notes())
        if made and not made[-1].over(seen):
            return made[-1]
        given_up = 0
        for turn in reversed(made):
            if turn.trained(seen):
                break
            given_up += 1
        if given_up >= MOST_DROPS or seen.outlook.left_s < useful_s(seen):
            return None
        return Turn(len(made) + 1)

    def _gave_up(self) -> str:
        """Return why the agent ends early if its language model is to blame, by the last turn it dropped; else ""."""
        made = turns(self._book.notes())
        last = made[-1].candidates[-1] if made and made[-1].candidates else None
        return last.dropped if last and last.unusable else ""

    def _advance(self, seen: Observation, turn: Turn) -> Action | None:
        """Do the next thing of a turn; None when it was done without the dojo."""
        last = turn.candidates[-1] if turn.candidates else None
        if last and last.plan.finish and not last.dropped:
            return Finish(experiment=seen.best)
        unsettled = next((each for each in turn.candidates if not each.settled), None)
        if unsettled and unsettled.drafts:
            return self._tested(seen, turn, unsettled)
        wanted = turn.candidates[0].plan.candidates if turn.candidates else 1
        if unsettled is None and len(turn.candidates) >= wanted:
            return self._train(seen, turn)
        for plan, reply in self._replied(seen, turn):
            self._note(seen, turn, plan, reply)
        return None

    def _replied(self, seen: Observation, turn: Turn) -> list[tuple[Planned, FilesReply]]:
        """Return the plans of a turn that the language model makes next, with the replies that hold their files."""
        notes = self._book.notes()
        designs = designs_in(turn) or (0 if turn.candidates else self._designer.count(seen))
        if turn.number == 1 and designs:
            return self._designer.designs(seen, dossier_of(notes), turn, designs)
        last = turn.candidates[-1] if turn.candidates else None
        number = len(turn.candidates) + (last is None or last.settled)
        cases = self._bank.like(seen, run=self._backing.run) if self._bank else []
        proposal = self._proposal(seen, turn)
        return [self._planner.plan(seen, notes, turn, proposal, number=number, cases=cases)]

    def _note(self, seen: Observation, turn: Turn, plan: Planned, reply: FilesReply) -> None:
        """Note a plan and its files, or what of them a kill left out: the reply is on record and is not sent for again."""
        known = turn.candidates[plan.candidate - 1 : plan.candidate]
        if not known:
            self._book.add(plan)
        if plan.finish and plan.candidate > 1:
            self._drop(turn, Candidate(plan), "it is not expected to beat the earlier candidates")
        if not (plan.finish or any(each.drafts or each.dropped for each in known)):
            self._book.add(self._writer.draft(seen, plan, reply))

    def _tested(self, seen: Observation, turn: Turn, candidate: Candidate) -> Action | None:
        """Have the latest draft checked, or fix it after a check that failed."""
        last = candidate.drafts[-1]
        checked = candidate.checks[-1] if candidate.checks else None
        if checked is None or checked.attempt < last.attempt:
            if repeated := repeats(last.submission, seen):
                self._book.add(_checked(last, repeated))
                return None
            if other := twin(last.submission, turn.candidates[: candidate.plan.candidate - 1]):
                why = f"the same files as candidate {other.plan.candidate} of this turn"
                self._drop(turn, candidate, why)
                return None
            if not self._options.has("checks"):
                return Train(submission=last.submission)
            return Check(submission=last.submission)
        assert checked.failure, "a draft that passed is settled"
        if checked.failure.refunded and len(candidate.checks) < MOST_LOST:
            return Check(submission=last.submission)
        if last.attempt >= self._options.repairs:
            why = f"after {last.attempt} repairs: {checked.failure.message}"
            self._drop(turn, candidate, why)
        else:
            self._book.add(self._writer.repair(seen, candidate, checked.failure))
        return None

    def _train(self, seen: Observation, turn: Turn) -> Action | None:
        """Train the most promising candidate, or the next of those that short trainings compare."""
        compares = designs_in(turn) and turn.probing is None
        if compares and (made := probing(seen, turn, self._options)):
            self._book.add(made)
            return None
        if turn.probing:
            candidate = turn.unprobed(seen)[0]
            assert candidate.probe
            return Train(submission=candidate.probe, validate_items=turn.probing.items)
        passed = [each for each in turn.candidates if each.passed]
        return Train(submission=most_promising(passed, seen).drafts[-1].submission)

    def _proposal(self, seen: Observation, turn: Turn) -> Proposal:
        """Return where the turn goes on from; its later candidates share the place of the first."""
        if turn.candidates:
            first = turn.candidates[0].plan
            return Proposal(
                parent=first.parent,
                why=first.why_parent,
                candidates=first.candidates,
                exploring=first.exploring,
            )
        earlier = turns(self._book.notes())
        before = next((each for each in earlier if each.number == turn.number - 1), None)
        if before and before.probing and (best := winner(seen, before)) != BASE:
            why = f"of {len(before.probing.candidates)} designs it taught most in the same seconds of training."
            return Proposal(parent=best, why=why)
        rng = random.Random(f"ft-agent/{self._backing.seed}/{turn.number}")
        proposal = self._policy.propose(tree_of(seen), rng)
        return proposal if self._options.policy == "tree" else self._going_on(seen, proposal)

    def _going_on(self, seen: Observation, proposal: Proposal) -> Proposal:
        """Return ``proposal``, or one that goes on from what was tried where nothing is surely better than the base yet.

        To begin anew each time would throw away files and insight; after a few in vain that is what is wanted.
        """
        tried = [each for each in seen.experiments if each.evaluation and not self._is_brief(each)]
        if proposal.parent != BASE or not 0 < len(tried) < MOST_IN_VAIN:
            return proposal
        best = max(tried, key=lambda each: promise(each.evaluation, seen) if each.evaluation else 0)
        why = "nothing is surely better than the base yet, and of what was tried it is the most promising."
        return replace(proposal, parent=best.id, why=why, exploring=False)

    def _give_up(self, turn: Turn, why: str) -> None:
        """Drop the candidate for which the language model had nothing usable to say."""
        told = turns(self._book.notes())
        turn = next((each for each in told if each.number == turn.number), turn)
        candidate = next((each for each in turn.candidates if not each.settled), None)
        if candidate is None:
            candidate = Candidate(no_plan(turn, why))
            self._book.add(candidate.plan)
        self._drop(turn, candidate, why, unusable=True)

    def _drop(self, turn: Turn, candidate: Candidate, why: str, *, unusable: bool = False) -> None:
        at = candidate.plan.candidate
        self._book.add(Dropped(turn=turn.number, candidate=at, why=why, unusable=unusable))


def _checked(draft: Drafted, failure: Failure | None, outcome: Outcome | None = None) -> Checked:
    """Return the note of a check of ``draft``, by the dojo if there is an ``outcome``."""
    fit = outcome.checked.fit if outcome and outcome.checked else None
    return Checked(
        turn=draft.turn,
        candidate=draft.candidate,
        attempt=draft.attempt,
        failure=failure,
        forecast_s=fit.train_forecast_s if fit else None,
        steps=fit.steps if fit else None,
        outcome=outcome.number if outcome else 0,
    )
