"""Which of several sources, each trained on alone, teaches best.

First by what the validation says (``promise``). A few dozen items leave near sources tied, and then the loss speaks: of
answers alike in length, those that are easier to predict contradict each other less. That noisy labels keep the loss up is
what methods for learning with them rest on (the small-loss criterion; Arpit et al. 2017, Han et al. 2018).
"""

from collections.abc import Mapping
from statistics import fmean

from ftdojo.records import EvaluationReport, Experiment, Observation, TrainingReport

ALIKE = 0.15
"""Trainings whose steps, and whose mean answers in tokens, differ by at most this share can be compared by their loss."""
SETTLED = 0.5
"""The share of the steps, from the end, over which a loss is read: the first ones only learn the form."""


def ranked(probes: Mapping[str, Experiment], seen: Observation) -> list[str]:
    """Return the names of ``probes`` that were scored, the best source first."""
    worth = {
        name: promise(made.evaluation, seen) for name, made in probes.items() if made.evaluation
    }
    order = sorted(worth, key=lambda name: worth[name], reverse=True)
    if not order:
        return []
    rivals = [name for name in order if _tied(probes[order[0]], probes[name], seen)]
    by_loss = sorted(rivals, key=lambda name: _loss(probes[name]))
    return by_loss + [name for name in order if name not in rivals]


def promise(evaluation: EvaluationReport, observation: Observation) -> float:
    """Return how much an evaluation surely promises: the score, half the secondary metrics, a hundredth of readability.

    Of every estimate the worse end of its interval counts: one item of thirty says next to nothing. A form is learnt
    within a few dozen rows more, so readability only parts what is equal otherwise.
    """
    score = evaluation.score
    surely = score.low if observation.task.direction == "higher" else -score.high
    dense = [each.low for each in evaluation.secondary.values()]
    readable = 1.0 - evaluation.unreadable_share
    return surely + 0.5 * (fmean(dense) if dense else 0.0) + 0.01 * readable


def _tied(first: Experiment, other: Experiment, seen: Observation) -> bool:
    """Return whether the scores' intervals meet, and the trainings are alike enough for their losses to be compared."""
    best, rival = first.evaluation, other.evaluation
    if best is None or rival is None or first is other:
        return first is other
    higher = seen.task.direction == "higher"
    meet = rival.score.high >= best.score.low if higher else rival.score.low <= best.score.high
    alike = _alike(_answer_tokens(first), _answer_tokens(other))
    return meet and alike and _alike(_steps(first), _steps(other))


def _alike(one: float, two: float) -> bool:
    return abs(one - two) <= ALIKE * max(one, two)


def _answer_tokens(made: Experiment) -> float:
    data = made.feedback.check.data if made.feedback else None
    return data.label_tokens.mean if data else 0.0


def _training(made: Experiment) -> TrainingReport | None:
    return made.feedback.training if made.feedback else None


def _steps(made: Experiment) -> int:
    training = _training(made)
    return len(training.curve) if training else 0


def _loss(made: Experiment) -> float:
    """Return the mean loss over the settled part of training."""
    training = _training(made)
    if training is None or not training.curve:
        return float("inf")
    settled = training.curve[int(len(training.curve) * (1 - SETTLED)) :]
    return fmean(point.loss for point in settled)
