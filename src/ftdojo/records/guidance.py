"""What a person says while a run goes on: words for the agent to take up, and conditions that the dojo holds experiments to."""

import re
from dataclasses import dataclass, fields
from functools import reduce

from ftdojo.errors import UnknownName, UsageError
from ftdojo.records.feedback import EvaluationReport, Quantiles

MOST_TEXT = 2000
FIGURES = (
    *(f"output_tokens.{each.name}" for each in fields(Quantiles)),
    "unreadable_share",
    "unfinished_share",
)
"""What a condition can be about: figures of a validation (``EvaluationReport``), in tokens or as a share (0 to 1)."""
_FORM = re.compile(r"\s*([\w.]+)\s*(<=|>=)\s*(\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """One thing that was said, at ``at`` (UTC, ISO 8601): ``text``, or a condition, ``require``, that a model has to meet."""

    text: str = ""
    require: str = ""
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """A condition on a validation report: ``figure`` is at most (``<=``) or at least (``>=``) ``bound``."""

    figure: str
    sign: str
    bound: float

    def value(self, report: EvaluationReport) -> float:
        """Return the figure of ``report``."""
        found: object = reduce(getattr, self.figure.split("."), report)
        assert isinstance(found, int | float)
        return float(found)

    def holds(self, report: EvaluationReport) -> bool:
        """Return whether ``report`` meets the condition."""
        value = self.value(report)
        return value <= self.bound if self.sign == "<=" else value >= self.bound


def parse_requirement(text: str) -> Requirement:
    """Read a condition.

    Raises:
        UsageError: it is not of the form FIGURE <= NUMBER or FIGURE >= NUMBER.
        UnknownName: there is no such figure.

    Example:
        >>> parse_requirement("output_tokens.p95 <= 8")
        Requirement(figure='output_tokens.p95', sign='<=', bound=8.0)
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise UsageError(
            f"{text[:80]!r} is not a condition; write FIGURE <= NUMBER or FIGURE >= NUMBER, such as 'output_tokens.p95 <= 8'."
        )
    figure, sign, bound = found.groups()
    if figure not in FIGURES:
        raise UnknownName("figure", figure[:80], FIGURES)
    return Requirement(figure=figure, sign=sign, bound=float(bound))


def broken(guidance: tuple[Guidance, ...], report: EvaluationReport) -> str:
    """Return the first condition of ``guidance`` that a validated experiment breaks, with what it has; "" if it meets all."""
    for each in guidance:
        if each.require:
            wanted = parse_requirement(each.require)
            if not wanted.holds(report):
                return f"{each.require} is required, and it has {wanted.value(report):.4g}"
    return ""
