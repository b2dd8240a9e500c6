"""The account of a run's language models: caps are held here, and what was said is booked here, once.

An exchange is put on record first and charged next. A controller that was killed between the two left an exchange that
nobody paid; ``settle`` pays it when the run is opened again.
"""

import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

from ftdojo.errors import LlmBudget, UsageError
from ftdojo.llm import Ask, ChatModel, Exchange, Reply, Usage
from ftdojo.llm.patience import ALONE, Waiting
from ftdojo.llm.prices import Prices
from ftdojo.llm.providers import server_of
from ftdojo.records import Budget, LlmChoice, Role
from ftdojo.store import NANO, Ledger

DATA = "data/"
"""How the purposes of a data script's questions begin; their seconds are in the stage that the script ran in."""


class Account:
    """What a run may still ask, and what it has paid. Used by many threads at once.

    The cap on calls is kept exactly, also with many under way. Tokens and money are known only when a call is over, so
    those under way when a cap is reached are still finished and paid.
    """

    def __init__(self, *, budget: Budget, ledger: Ledger, run: str) -> None:
        self._budget, self._ledger, self._run = budget, ledger, run
        self._lock = threading.Lock()
        self._paid = set(ledger.paid())
        self._under_way = 0
        spent = ledger.spend()
        self._calls = spent.llm_calls
        self._tokens = spent.llm_input_tokens + spent.llm_output_tokens
        self._nano_usd = 0 if spent.llm_usd is None else round(spent.llm_usd * NANO)
        self._unpriced = spent.llm_usd is None

    def metered(self, models: Mapping[Role, ChatModel]) -> dict[Role, ChatModel]:
        """Return ``models`` such that no call begins beyond a cap."""
        return {role: _Metered(model, self) for role, model in models.items()}

    def allow(self) -> None:
        """Let one more call begin, or say why not.

        Raises:
            LlmBudget: a cap is reached.
        """
        with self._lock:
            self._require()

    def charge(self, exchange: Exchange) -> None:
        """Book an exchange that is on record; a second time changes nothing.

        Raises:
            StoreError: it cannot be written.
        """
        with self._lock:
            self._under_way = max(0, self._under_way - 1)
            if exchange.purpose not in self._paid:
                self._book(exchange)

    def settle(self, exchanges: Iterable[Exchange]) -> None:
        """Charge what is on record and was not paid yet.

        Raises:
            StoreError: it cannot be written.
        """
        for exchange in exchanges:
            self.charge(exchange)

    def begin(self) -> None:
        """Count a call as under way.

        Raises:
            LlmBudget: a cap is reached.
        """
        with self._lock:
            self._require()
            self._under_way += 1

    def give_up(self) -> None:
        """Note that a call under way came to nothing."""
        with self._lock:
            self._under_way -= 1

    def _book(self, exchange: Exchange) -> None:
        usage, purpose = exchange.reply.usage, exchange.purpose
        nano_usd = 0 if usage.usd is None else round(usage.usd * NANO)
        self._ledger.pay(
            purpose,
            seconds=0.0 if purpose.startswith(DATA) else exchange.reply.seconds,
            calls=1,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            nano_usd=nano_usd,
            unpriced=int(usage.usd is None),
        )
        self._paid.add(purpose)
        self._calls += 1
        self._tokens += usage.input_tokens + usage.output_tokens
        self._nano_usd += nano_usd
        self._unpriced |= usage.usd is None

    def _require(self) -> None:
        budget = self._budget
        calls, tokens, usd = budget.max_llm_calls, budget.max_llm_tokens, budget.max_llm_usd
        if calls is not None and self._calls + self._under_way >= calls:
            raise self._reached(f"{calls} calls", "--max-llm-calls")
        if tokens is not None and self._tokens >= tokens:
            raise self._reached(f"{tokens} tokens", "--max-llm-tokens")
        if usd is not None and self._unpriced:
            raise LlmBudget(
                f"The cap of ${usd:g} on language models cannot be kept, because a call had no known price: give its "
                "price with --prices, or cap calls or tokens instead."
            )
        if usd is not None and self._nano_usd >= usd * NANO:
            raise self._reached(f"${usd:g}", "--max-llm-usd")

    def _reached(self, cap: str, option: str) -> LlmBudget:
        return LlmBudget(
            f"The cap of {cap} on language models is reached, so nothing was asked; go on without them, "
            f"or raise it: `ftdojo resume {self._run} {option} N`."
        )


def require_prices(choice: LlmChoice, budget: Budget) -> None:
    """Refuse a cap on money for a model without a known price, before the first call shows that it cannot be kept.

    Raises:
        UsageError: there is one; or the price file cannot be read.
    """
    if budget.max_llm_usd is None or choice.replay:
        return
    prices, one = Prices(choice.prices), Usage(input_tokens=1, output_tokens=1)
    for name in sorted(set(choice.models.values())):
        listed = server_of(name, base_url=choice.base_url).listed
        if prices.priced(one, model=name, listed=listed).usd is None:
            raise UsageError(
                f"A cap of ${budget.max_llm_usd:g} cannot be kept: the price of {name} is not known. Give it with "
                "--prices, or cap calls or tokens instead."
            )


class _Metered:
    """A model that asks the account first. Its call stays under way until it is charged, or fails."""

    def __init__(self, model: ChatModel, account: Account) -> None:
        self.name, self._model, self._account = model.name, model, account

    def chat(self, ask: Ask, waiting: Waiting = ALONE) -> Reply:
        self._account.begin()
        with ExitStack() as failing:
            failing.callback(self._account.give_up)
            reply = self._model.chat(ask, waiting)
            failing.pop_all()
        return reply
