"""The budget as it stands: what is left, what is reserved for the end, and which limit has been reached."""

import sys
from dataclasses import dataclass

from ftdojo.checks import Forecast
from ftdojo.errors import BudgetError
from ftdojo.records import Budget, Outlook, Spend
from ftdojo.store import Ledger, RunFolder

MARGIN = 1.25
"""The final evaluation is reserved at a quarter more than expected: so much slower a shared machine gets within minutes."""
TEST_MARGIN = 1.1
"""The same for the test, once the final evaluation has begun and confirmation can still give way to it."""
LEAST_CONFIRM = 30
"""Confirmation takes at least so many items, or all there are: on fewer, luck would turn down true gains."""
EXPORT_S = 8.0
LEAST_TRAIN_S = 2.0
"""An experiment that leaves less time than this for training is none."""


@dataclass(frozen=True)
class Meter:
    """Reads the ledger against the budget, with what things were measured to cost in this run."""

    budget: Budget
    ledger: Ledger
    forecast: Forecast

    def spend(self) -> Spend:
        """Return what was spent so far."""
        return self.ledger.spend()

    def reserve_s(self) -> float:
        """Return the wall time kept back for confirmation, test and export."""
        return MARGIN * (self.forecast.confirm_s() + self.forecast.test_s()) + EXPORT_S

    def confirm_items(self, *, own: bool) -> int:
        """Return how many confirmation items the time left allows beside test and export, ``LEAST_CONFIRM`` at least.

        ``own`` counts the selected model's outputs as well as the base's; without it, they are there already.
        """
        left_s = self.budget.wall_s - self.ledger.wall_s() - EXPORT_S
        item_s = self.forecast.confirm_item_s(own=own)
        room_s = max(0.0, left_s - TEST_MARGIN * self.forecast.test_s())
        return max(LEAST_CONFIRM, int(room_s / item_s)) if item_s else sys.maxsize

    def left_s(self) -> float:
        """Return the wall time an agent may still use; negative once the final evaluation is in danger."""
        return self.budget.wall_s - self.ledger.wall_s() - self.reserve_s()

    def train_left_s(self) -> float:
        """Return how long the next training may take, its validation already taken off."""
        left = self.left_s() - (self.forecast.validation_s() or 0.0)
        if self.budget.max_train_s is not None:
            left = min(left, self.budget.max_train_s - self.spend().train_s)
        return left

    def least_s(self) -> float:
        """Return the wall time of the smallest experiment worth the name."""
        validation_s = self.forecast.validation_s() or 0.0
        return LEAST_TRAIN_S + validation_s + min(self.forecast.check_s or 0.0, 10.0)

    def outlook(self) -> Outlook:
        """Return what is left and what things cost, as an agent sees it."""
        most = self.budget.max_experiments
        return Outlook(
            left_s=max(0.0, self.left_s()),
            reserve_s=self.reserve_s(),
            train_tokens_per_s=self.forecast.train_tokens_per_s,
            validation_s=self.forecast.validation_s(),
            check_s=self.forecast.check_s,
            experiments_left=None if most is None else max(0, most - self.spend().experiments),
        )

    def llm_left(self) -> dict[str, float | None]:
        """Return what is left of each cap on language models that was set; None of money whose sum is unknown."""
        spent, budget, left = self.spend(), self.budget, dict[str, float | None]()
        if budget.max_llm_calls is not None:
            left["llm_calls_left"] = max(0, budget.max_llm_calls - spent.llm_calls)
        if budget.max_llm_tokens is not None:
            used = spent.llm_input_tokens + spent.llm_output_tokens
            left["llm_tokens_left"] = max(0, budget.max_llm_tokens - used)
        if budget.max_llm_usd is not None:
            known = spent.llm_usd is not None
            left["llm_usd_left"] = (
                max(0.0, budget.max_llm_usd - (spent.llm_usd or 0)) if known else None
            )
        return left

    def reached(self) -> str | None:
        """Return the limit that ends the run now, or None.

        A cap on language models ends no run: the run goes on without them (see ``account``).
        """
        spent, budget = self.spend(), self.budget
        if self.left_s() < self.least_s():
            return "wall time"
        if budget.max_experiments is not None and spent.experiments >= budget.max_experiments:
            return "experiments"
        if budget.max_train_s is not None and spent.train_s >= budget.max_train_s - LEAST_TRAIN_S:
            return "training time"
        if budget.max_disk_bytes is not None and spent.disk_bytes >= budget.max_disk_bytes:
            return "disk"
        return None


def require_one_experiment(meter: Meter, folder: RunFolder) -> None:
    """Refuse a budget that allows nothing; a run in which something was tried is let through, to be finished.

    Raises:
        BudgetError: not a single experiment fits in.
    """
    limit = meter.reached()
    if folder.experiments() or folder.pending() or limit is None:
        return
    if limit != "wall time":
        raise BudgetError(
            f"The limit on {limit} does not allow one experiment; make another run with a higher one."
        )
    need = meter.budget.wall_s - meter.left_s() + meter.least_s()
    raise BudgetError(
        f"A budget of {meter.budget.wall_s:.0f} s does not allow one experiment here: validation and the final test "
        f"alone take {meter.reserve_s() + meter.ledger.wall_s():.0f} s. Give at least {need:.0f} s: "
        f"`ftdojo resume {folder.config.id} --budget {need * 1.5:.0f}s` goes on with this run."
    )
