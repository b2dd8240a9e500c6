"""The first part of an iteration: one hypothesis over data and training, and its files, from all that is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ftdojo.agents.ft_agent.changes import is_compound
from ftdojo.agents.ft_agent.designing import choices
from ftdojo.agents.ft_agent.history import history
from ftdojo.agents.ft_agent.means import fits
from ftdojo.agents.ft_agent.notes import Candidate, Note, Planned, Turn, dossier_of
from ftdojo.agents.ft_agent.options import Options
from ftdojo.agents.ft_agent.prompting import (
    ChosenPlanReply,
    FilesReply,
    LaterPlanReply,
    PlanReply,
    SingleFactorReply,
    prompt,
)
from ftdojo.agents.showing import cut, setting
from ftdojo.llm import Ask, Llm
from ftdojo.records import (
    BASE,
    Experiment,
    Failure,
    FailureKind,
    Observation,
    Stage,
    Submission,
    Verdict,
)
from ftdojo.search import Proposal

TEXT, DESIGN_CHARS = 1200, 4000
"""Characters kept of each sentence of a plan, and shown of the script of a design."""


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Asks for plans with their files: two calls would take twice as long, and the second knew nothing new."""

    llm: Llm
    options: Options

    def plan(
        self,
        seen: Observation,
        notes: Sequence[Note],
        turn: Turn,
        proposal: Proposal,
        *,
        number: int,
        cases: Sequence[str],
    ) -> tuple[Planned, FilesReply]:
        """Return candidate ``number`` of ``turn`` and the reply with its files.

        Raises:
            LlmError: no usable plan is to be had.
        """
        designs = choices(seen, notes, turn) if self.options.has("planning") else []
        messages = prompt(
            "plan",
            **setting(seen),
            **self._task(seen, turn, proposal, number, designs),
            fits=fits(seen),
            past=history(notes, seen, parent=proposal.parent, remembers=self.options.has("memory")),
            cases=cases,
            dossier=dossier_of(notes),
        )
        if not self.options.has("planning"):
            ask = Ask(purpose=f"write/{turn.number}/{number}", messages=messages)
            return _unplanned(turn, proposal, number), self.llm.ask_for(ask, FilesReply)
        ask = Ask(purpose=f"plan/{turn.number}/{number}", messages=messages)
        reply = self.llm.ask_for(ask, _form(seen, chooses=bool(designs)))
        chosen = _chosen(reply, proposal, [each.id for each in designs])
        return _planned(reply, turn, chosen, number), reply

    def _task(
        self,
        seen: Observation,
        turn: Turn,
        proposal: Proposal,
        number: int,
        designs: Sequence[Experiment],
    ) -> dict[str, Any]:
        """Return what the prompt sets as the task: where to go on from, and what the plan has to keep to."""
        plans = self.options.has("planning")
        return {
            "parent": proposal.parent,
            "why_parent": proposal.why,
            "exploring": proposal.exploring,
            "single_factor": plans and is_single_factor_due(seen),
            "plans": plans,
            "may_finish": plans and _scored(seen),
            "designs": [
                {"id": each.id, "data_py": cut(each.submission.data, DESIGN_CHARS)}
                for each in designs
                if each.id not in {proposal.parent, seen.best}
            ],
            "chooses": bool(designs),
            "candidate": number,
            "candidates": proposal.candidates,
            "earlier": [cut(each.plan.hypothesis, 300) for each in turn.candidates[: number - 1]],
        }


def _chosen(reply: PlanReply, proposal: Proposal, designs: Sequence[str]) -> Proposal:
    """Return ``proposal`` with the design that the reply builds on for its parent."""
    if not isinstance(reply, ChosenPlanReply) or reply.build_on == proposal.parent:
        return proposal
    if reply.build_on not in designs:
        no_design = f"{cut(reply.build_on, 40)!r} is not one of the designs; {proposal.why}"
        return replace(proposal, why=no_design)
    return replace(
        proposal, parent=reply.build_on, why=f"chosen over {proposal.parent}, which ranked first."
    )


def _form(seen: Observation, *, chooses: bool) -> type[PlanReply]:
    """Return the form of a plan: whether it may end the run depends on whether there is something to end it with."""
    if chooses:
        return ChosenPlanReply
    if is_single_factor_due(seen):
        return SingleFactorReply
    return LaterPlanReply if _scored(seen) else PlanReply


def _scored(seen: Observation) -> bool:
    return any(each.evaluation for each in seen.experiments)


def is_single_factor_due(seen: Observation) -> bool:
    """Return whether the last experiment changed data and training together and was measured to be worse for it.

    One that failed, or whose verdict is undecided, says nothing of either change.
    """
    last = seen.experiments[-1] if seen.experiments else None
    parent = seen.experiment(last.parent) if last else None
    if last is None or parent is None or last.feedback is None:
        return False
    against = last.feedback.comparisons.get("parent")
    worse = against is not None and against.verdict is Verdict.WORSE
    return worse and is_compound(last, parent)


def _planned(reply: PlanReply, turn: Turn, proposal: Proposal, number: int) -> Planned:
    reuses = reply.reuse_data and proposal.parent != BASE
    return Planned(
        turn=turn.number,
        candidate=number,
        candidates=proposal.candidates,
        parent=proposal.parent,
        why_parent=proposal.why,
        hypothesis=cut(reply.hypothesis, TEXT),
        data_change=cut(reply.data_change, TEXT),
        training_change=cut(reply.training_change, TEXT),
        kept=cut(reply.kept, TEXT),
        changes=reply.changes,
        reuse_data=reuses,
        exploring=reply.exploring or proposal.exploring,
        predicted_score=reply.predicted_score,
        predicted_seconds=reply.predicted_seconds,
        finish=isinstance(reply, LaterPlanReply) and reply.finish,
    )


def no_plan(turn: Turn, why: str) -> Planned:
    """Return what stands for the plan of a turn for which none could be had."""
    made = _unplanned(turn, Proposal(parent=BASE, why=""), len(turn.candidates) + 1)
    return replace(made, hypothesis=f"No plan: {cut(why, TEXT)}")


def _unplanned(turn: Turn, proposal: Proposal, number: int) -> Planned:
    return Planned(
        turn=turn.number,
        candidate=number,
        candidates=proposal.candidates,
        parent=proposal.parent,
        why_parent=proposal.why,
        hypothesis="None: planning is switched off.",
        data_change="",
        training_change="",
        kept="",
        changes="both",
        reuse_data=False,
        exploring=proposal.exploring,
        predicted_score=None,
        predicted_seconds=None,
    )


REPAIR, MINUTE = 0.1, 0.05
"""What a repair and a minute of forecast training take off a predicted gain."""


def most_promising(candidates: Sequence[Candidate], seen: Observation) -> Candidate:
    """Return the candidate with the largest predicted gain over the base, discounted by repairs and by its forecast.

    A plan that needed repairs was thought through less well, and of two equal predictions the cheaper one leaves more
    time for the next. Of equal candidates, the first.
    """
    sign = 1.0 if seen.task.direction == "higher" else -1.0

    def promise(candidate: Candidate) -> float:
        predicted = candidate.plan.predicted_score
        gain = 0.0 if predicted is None else sign * (predicted - seen.base.score.score)
        forecast_s = (candidate.passed.forecast_s if candidate.passed else None) or 0.0
        worse = 1 + REPAIR * (len(candidate.drafts) - 1) + MINUTE * forecast_s / 60
        return gain / worse if gain > 0 else gain * worse

    return max(candidates, key=promise)


def repeats(submission: Submission, seen: Observation) -> Failure | None:
    """Return a failure if ``submission`` would do over again what an experiment did: the same rows by the same options."""
    mine = _files(submission)
    for each in seen.experiments:
        if each.failure and each.failure.refunded:
            continue
        if mine == _files(each.submission):
            return Failure(
                stage=Stage.STATIC,
                kind=FailureKind.SCHEMA,
                message=f"This is {each.id} again: the same data.py and train.yaml. Change what the plan says is to change.",
            )
    return None


def twin(submission: Submission, earlier: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate among ``earlier`` whose latest draft is ``submission`` in all but its plan."""
    mine = _files(submission)
    drafted = (each for each in earlier if each.drafts)
    return next((each for each in drafted if _files(each.drafts[-1].submission) == mine), None)


def _files(submission: Submission) -> tuple[list[str], list[str]]:
    """Return what decides the weights, whatever its white space."""
    return submission.data.split(), submission.train.split()
