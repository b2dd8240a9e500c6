"""What the tools look at: an experiment, the one it was built on, and what both wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdojo.records import BASE, Estimate, EvaluationReport, Experiment, Feedback


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One validation output as the task lets it be seen; ``prompt`` and ``gold`` are empty where it does not."""

    item: str
    output: str
    score: float
    readable: bool
    prompt: str = ""
    gold: str = ""


def predictions(found: Sequence[Mapping[str, Any]]) -> dict[str, Prediction]:
    """Return what a ``Look`` at predictions found, by item."""
    return {entry["item"]: Prediction(**entry) for entry in found}


def row_texts(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a ``Look`` at training rows found, each row as one text without its system turn."""
    return [
        "\n".join(turn["content"] for turn in row["messages"] if turn["role"] != "system")
        for row in found
    ]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An experiment and its ``rival``, the one it was built on (``base``'s report where that is the base).

    ``sign`` is 1 where a higher score is better, else -1; ``best_score`` the score of a right answer. ``outputs`` and
    ``rival_outputs`` are by item; ``rows`` some of the training rows, as text. Any of them may be empty.
    """

    experiment: Experiment
    rival: EvaluationReport
    rival_name: str = BASE
    sign: float = 1.0
    unit: str = ""
    outputs: Mapping[str, Prediction]
    rival_outputs: Mapping[str, Prediction]
    rows: Sequence[str] = ()

    @property
    def feedback(self) -> Feedback | None:
        """Return what came back, if anything did."""
        return self.experiment.feedback

    @property
    def scored(self) -> EvaluationReport | None:
        """Return the validation report, if there is one."""
        return self.experiment.evaluation


def points(share: float, unit: str) -> str:
    """Write a difference: in points for shares, in the metric's own unit else.

    Example:
        >>> points(0.125, "share"), points(-0.4, "MAE")
        ('+12.5 points', '-0.4 MAE')
    """
    return f"{100 * share:+.1f} points" if unit == "share" else f"{share:+.3g} {unit}".strip()


def with_interval(difference: Estimate, unit: str) -> str:
    """Write a difference with its interval, in the unit of ``points``."""
    low, high = (points(each, unit).split(" ")[0] for each in (difference.low, difference.high))
    return f"{points(difference.score, unit)} [{low}, {high}]"
