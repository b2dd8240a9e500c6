"""Waiting costs the run's time: it knows how much there is, and says that it waits."""

import time
from itertools import count

import pytest

from ftdojo.errors import LlmBudget, LlmError, LlmTooLate
from ftdojo.llm import Waiting
from ftdojo.llm.patience import Passing, Patience, persist
from ftdojo.testing.llm import Trouble, behaviours


@pytest.fixture
def said():
    return []


def waits(left_s, said):
    return Waiting(left_s=lambda: left_s, say=said.append)


def test_a_pause_longer_than_the_run_has_left_is_not_begun(model, serve, ask, said):
    server = serve(behaviours.busy_for_long)
    began = time.monotonic()
    with pytest.raises(LlmTooLate, match=r"requests a pause of 864 s. The run has (40|39) s left"):
        model(server.url, Patience()).chat(ask(), waits(40, said))
    assert time.monotonic() - began < 5
    assert server.tally.requests == 1


def test_an_outage_takes_a_share_of_the_run_and_then_stops_its_clock(model, serve, ask, said):
    server = serve(behaviours.busy_for_long)
    with pytest.raises(
        LlmError, match=r"a pause of 864 s. Go on later with `ftdojo resume"
    ) as told:
        model(server.url, Patience()).chat(ask(), waits(3000, said))
    assert not isinstance(told.value, LlmBudget)
    assert server.tally.requests == 1


def test_a_run_without_time_asks_nothing(model, serve, ask, said):
    server = serve(behaviours.echo)
    with pytest.raises(
        LlmBudget, match="The run's time is used up, so openai/scripted was not asked"
    ):
        model(server.url).chat(ask(), waits(-1, said))
    assert server.tally.requests == 0


def test_a_hang_ends_with_the_run(model, serve, ask, said):
    began = time.monotonic()
    with pytest.raises(LlmBudget, match="gave no") as told:
        model(serve(behaviours.hang).url, Patience()).chat(ask(), waits(0.3, said))
    assert not isinstance(told.value, LlmTooLate)
    assert time.monotonic() - began < 5


def test_every_pause_is_said_with_its_reason_and_length(model, serve, ask, said):
    def busy(request):
        wait = Trouble(status=429, message="slow down", headers={"Retry-After": "0.01"})
        return wait if request.count <= 2 else behaviours.no_system_role(request)

    model(serve(busy).url).chat(ask(), waits(100, said))
    line = "openai/scripted: the server answered 429: slow down; trying again in 0 s"
    assert said == [line, line]


def test_a_silence_is_said_before_it_ends(monkeypatch, said):
    monkeypatch.setattr("ftdojo.llm.patience.QUIET_S", 0.02)
    persist(lambda limit: time.sleep(0.3), Patience(), name="m", waiting=waits(100, said))
    assert said == ["m has not answered for 0 s; it is waited for up to 100 s"]


def test_what_was_learned_from_counts_as_no_try():
    tries = count(1)

    def learning(limit):
        if next(tries) < 20:
            raise Passing("an option", after_s=0.0)
        return "done"

    assert persist(learning, Patience(tries=2), name="m") == ("done", 20)
