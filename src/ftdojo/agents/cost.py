"""What an experiment would cost here, from what the run has measured so far."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import fmean

from ftdojo.agents.recipes import recipe_of
from ftdojo.records import Observation

UNKNOWN_SPEED = 200.0
UNKNOWN_TOKENS = 120.0
CHECK_S = 8.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds of an experiment: ``check_s``, ``item_s`` a validation item, and ``row_s`` a row and pass."""

    check_s: float
    item_s: float
    items: int
    row_s: float

    @property
    def fixed_s(self) -> float:
        """Return what an experiment costs whatever its size."""
        return self.check_s + self.item_s * self.items

    def seconds(self, passes: float) -> float:
        """Return the expected wall time of an experiment whose training sees ``passes`` rows."""
        return self.fixed_s + self.row_s * passes

    def rows(self, seconds: float) -> int:
        """Return how many rows an experiment of ``seconds`` can see; negative if not even the fixed part fits."""
        return int((seconds - self.fixed_s) / self.row_s)

    def on(self, items: int | None) -> "Cost":
        """Return the cost of experiments that are validated on ``items`` items (None: as many as now)."""
        return self if items is None else replace(self, items=min(items, self.items))


def cost(observation: Observation, sources: Iterable[str] = ()) -> Cost:
    """Measure: training and checks from the last experiments, validation from the last pass.

    Rows are as long as those of ``sources``, as far as these were trained on; else as those seen so far.
    """
    outlook = observation.outlook
    speed = outlook.train_tokens_per_s or UNKNOWN_SPEED
    trained = [
        each.feedback.training
        for each in observation.experiments
        if each.feedback and each.feedback.training and each.feedback.training.steps > 2
    ]
    if trained:
        speed = sum(each.tokens for each in trained) / sum(each.seconds for each in trained)
    checks = [each.feedback.check.seconds for each in observation.experiments if each.feedback]
    check_s = max(checks[-3:], default=outlook.check_s or CHECK_S)
    items = observation.base.score.n
    return Cost(
        check_s=check_s,
        item_s=(outlook.validation_s or observation.base.seconds) / items,
        items=items,
        row_s=row_tokens(observation, sources) / speed,
    )


def row_tokens(observation: Observation, sources: Iterable[str] = ()) -> float:
    """Return the mean tokens of a training row, as measured in this run: of ``sources`` where they are known."""
    alone, every = dict[str, float](), list[float]()
    for each in observation.experiments:
        data, recipe = each.feedback.check.data if each.feedback else None, recipe_of(each)
        if not data:
            continue
        every.append(data.tokens.mean)
        if recipe and len(recipe.sources) == 1:
            alone |= dict.fromkeys(recipe.sources, data.tokens.mean)
    if not every and observation.checked and observation.checked.data:
        every.append(observation.checked.data.tokens.mean)
    known = [alone[name] for name in sources if name in alone] or every
    return fmean(known) if known else UNKNOWN_TOKENS


def spent_s(observation: Observation) -> float:
    """Return the wall time of the experiments that were planned by recipe so far."""
    return sum(each.seconds for each in observation.experiments if recipe_of(each))
