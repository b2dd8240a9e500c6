"""Which checked candidate is trained, and which draft is an old experiment again."""

from collections.abc import Sequence

from ftdojo.agents.ft_agent.notes import Candidate
from ftdojo.records import Failure, FailureKind, Observation, Stage, Submission

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
