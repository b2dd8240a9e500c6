"""The budget as it stands: what is left, what is set aside for the end, and which limit has been reached."""

from dataclasses import dataclass, field
from math import inf

from ftdojo.records import Budget, Outlook, Spend
from ftdojo.store import Ledger

MARGIN = 1.25
"""The end game is set aside at a quarter more than it is expected to take: so much slower a shared machine gets in a run."""
EXPORT_S = 8.0
LEAST_TRAIN_S = 2.0
"""An experiment that leaves less time than this for training is none."""


@dataclass
class Meter:
    """Reads the ledger against the budget, with what things were measured to cost in this run.

    ``base_item_s`` and ``own_item_s`` are the wall times of one held-out item, of the base and of the choice at the end
    (see ``measured``); ``base_items`` and ``own_items`` are how many of each the end game scores.
    ``longest_item_s`` is that of an item whose output is cut by the token cap, where that is known: no item of the end
    game, which runs in larger batches than a race, takes longer.
    """

    budget: Budget
    ledger: Ledger
    base_items: int = 0
    own_items: int = 0
    base_item_s: float = 0.0
    own_item_s: float = 0.0
    longest_item_s: float = inf
    validation_s: float | None = None
    check_s: float | None = None
    train_tokens_per_s: float | None = None
    item_s: dict[str, float] = field(default_factory=dict)

    def measured(self, name: str, item_s: float, *, best: str | None) -> None:
        """Take note of what an item cost in a validation pass of ``name``.

        The end game scores the best so far, so it will cost what that cost; while nothing is better than the base
        (``best`` is None), as much as the slowest did.
        """
        self.item_s[name] = item_s
        self.own_item_s = self.item_s.get(best or "", max(self.item_s.values()))

    def spend(self) -> Spend:
        """Return what was spent so far."""
        return self.ledger.spend()

    def reserve_s(self) -> float:
        """Return the wall time kept back for confirmation, test and export."""
        base_s = self.base_item_s * self.base_items
        own_s = min(self.own_item_s, self.longest_item_s) * self.own_items
        return MARGIN * (base_s + own_s) + EXPORT_S

    def left_s(self) -> float:
        """Return the wall time an agent may still use; negative once the end game is in danger."""
        return self.budget.wall_s - self.ledger.wall_s() - self.reserve_s()

    def train_left_s(self) -> float:
        """Return how long the next training may take, its validation already taken off."""
        left = self.left_s() - (self.validation_s or 0.0)
        if self.budget.max_train_s is not None:
            left = min(left, self.budget.max_train_s - self.spend().train_s)
        return left

    def least_s(self) -> float:
        """Return the wall time of the smallest experiment worth the name."""
        return LEAST_TRAIN_S + (self.validation_s or 0.0) + min(self.check_s or 0.0, 10.0)

    def outlook(self) -> Outlook:
        """Return what is left and what things cost, as an agent sees it."""
        most = self.budget.max_experiments
        return Outlook(
            left_s=max(0.0, self.left_s()),
            reserve_s=self.reserve_s(),
            train_tokens_per_s=self.train_tokens_per_s,
            validation_s=self.validation_s,
            check_s=self.check_s,
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
