"""The account of language models: caps hold, also with many calls under way, and everything is paid once."""

import threading

import pytest

from ftdojo.dojo.account import Account
from ftdojo.errors import LlmBudget, LlmError
from ftdojo.llm import Ask, Exchanges, Llm, Reply, Usage
from ftdojo.records import Budget
from ftdojo.store import Ledger

USAGE = Usage(input_tokens=7, output_tokens=3, usd=0.001)


class Model:
    """Says what it was asked, at a price; waits for ``hold``, fails with ``error``."""

    name = "toy/echo"

    def __init__(self, usage=USAGE, *, hold=None, error=None):
        self.usage, self.hold, self.error, self.asked = usage, hold, error, []

    def chat(self, ask, waiting):
        self.asked.append(ask.purpose)
        if self.hold:
            assert self.hold.wait(20)
        if self.error:
            raise self.error
        text = ask.messages[-1]["content"]
        return Reply(text=text, finish="stop", model="echo", usage=self.usage, seconds=0.5)


def ask(purpose):
    return Ask(purpose=purpose, messages=({"role": "user", "content": purpose},))


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


@pytest.fixture
def opened(tmp_path, ledger):
    """Return a function that opens the language models of one run, as the dojo does."""

    def open_llm(model, **caps):
        exchanges = Exchanges(tmp_path / "llm")
        account = Account(budget=Budget(wall_s=9.0, **caps), ledger=ledger, run="mine")
        account.settle(exchanges.all())
        models = account.metered({"planner": model})
        return Llm(models, exchanges=exchanges, charge=account.charge, allow=account.allow)

    return open_llm


def test_what_is_asked_is_in_the_ledger_to_the_last_token(opened, ledger):
    llm = opened(Model())
    for purpose in ("plan/1", "plan/2", "plan/1", "data/x"):
        llm.ask(ask(purpose))
    spent = ledger.spend()
    assert (spent.llm_calls, spent.llm_input_tokens, spent.llm_output_tokens) == (3, 21, 9)
    assert (spent.llm_usd, spent.llm_s) == (0.003, 1.0)  # the script's own seconds are its stage's


def test_one_call_without_a_price_makes_the_sum_unknown(opened, ledger):
    opened(Model()).ask(ask("plan/1"))
    opened(Model(Usage(input_tokens=1, output_tokens=1))).ask(ask("plan/2"))
    assert ledger.spend().llm_usd is None


def test_an_exchange_that_was_recorded_and_not_charged_is_paid_once(opened, ledger, tmp_path):
    opened(Model()).ask(ask("plan/1"))
    (tmp_path / "ledger.jsonl").unlink()  # as if killed before the charge
    for _ in range(2):
        opened(Model()).ask(ask("plan/1"))
    assert (ledger.spend().llm_calls, ledger.spend().llm_input_tokens) == (1, 7)


@pytest.mark.parametrize(
    ("caps", "message"),
    [
        ({"max_llm_calls": 1}, "cap of 1 calls .* reached, .* `ftdojo resume mine --max-llm-calls"),
        ({"max_llm_tokens": 10}, "cap of 10 tokens .* reached"),
        ({"max_llm_usd": 0.001}, r"cap of \$0.001 .* reached"),
    ],
)
def test_a_cap_ends_the_asking_and_what_is_on_record_still_answers(opened, caps, message):
    model = Model()
    llm = opened(model, **caps)
    llm.ask(ask("plan/1"))
    with pytest.raises(LlmBudget, match=message):
        llm.ask(ask("plan/2"))
    assert opened(model, **caps).ask(ask("plan/1")).text == "plan/1"
    assert model.asked == ["plan/1"]


def test_a_cap_on_money_does_not_go_on_without_a_price(opened):
    llm = opened(Model(Usage(input_tokens=1, output_tokens=1)), max_llm_usd=5.0)
    llm.ask(ask("plan/1"))
    with pytest.raises(LlmBudget, match="cannot be kept, because a call had no known price"):
        llm.ask(ask("plan/2"))


def test_calls_under_way_count_against_the_cap(opened):
    model = Model(hold=threading.Event())
    llm, refused = opened(model, max_llm_calls=2), []

    def asking(n):
        try:
            llm.ask(ask(f"plan/{n}"))
        except LlmBudget:
            refused.append(n)
            model.hold.set()

    threads = [threading.Thread(target=asking, args=(n,)) for n in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert (len(model.asked), len(refused)) == (2, 4)


def test_a_call_that_failed_uses_up_nothing(opened, ledger):
    with pytest.raises(LlmError, match="gone"):
        opened(Model(error=LlmError("gone")), max_llm_calls=1).ask(ask("plan/1"))
    llm = opened(Model(error=LlmError("gone")), max_llm_calls=1)
    for _ in range(2):
        with pytest.raises(LlmError, match="gone"):
            llm.ask(ask("plan/1"))
    assert ledger.spend().llm_calls == 0
