"""``Llm``: a question is asked, recorded and charged once, whatever happens between."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftdojo.errors import LlmBudget, LlmError, LlmUnusable
from ftdojo.llm import Exchanges
from ftdojo.testing.llm import Said, behaviours


def test_a_question_is_answered_by_the_model_and_charged_once(llm, serve, ask):
    server = serve(behaviours.echo)
    asked = llm(server.url)
    assert asked.ask(ask("hello")).text == "hello"
    assert asked.ask(ask("hello")).text == "hello"
    assert server.tally.requests == 1
    assert [each.purpose for each in asked.charged] == ["plan/1"]


def test_a_resumed_run_finds_its_answers_on_record_free_of_charge(llm, serve, ask):
    server = serve(lambda request: Said(text=f"answer {request.count}"))
    first = llm(server.url).ask(ask())
    resumed = llm(server.url)
    assert resumed.ask(ask()) == first
    assert resumed.charged == []
    assert server.tally.requests == 1


def test_an_answer_on_record_needs_no_budget(llm, serve, ask):
    server = serve(behaviours.echo)
    llm(server.url).ask(ask())

    def broke():
        raise LlmBudget("no calls left")

    assert llm(server.url, allow=broke).ask(ask()).text == "plan please"
    with pytest.raises(LlmBudget, match="no calls left"):
        llm(server.url, allow=broke).ask(ask(purpose="plan/2"))
    assert server.tally.requests == 1


def test_an_exchange_is_on_the_disk_before_it_is_charged(llm, serve, ask, tmp_path):
    asked = llm(serve(behaviours.echo).url)
    seen = []
    asked._charge = lambda exchange: seen.append(Exchanges(tmp_path / "llm").find(exchange.purpose))
    assert asked.ask(ask()) == seen[0]


def test_different_questions_are_asked_at_once(llm, serve, ask):
    together = threading.Barrier(4, timeout=5)

    def waits_for_others(request):
        together.wait()
        return behaviours.echo(request)

    server = serve(waits_for_others)
    asked = llm(server.url)
    with ThreadPoolExecutor(4) as pool:
        texts = pool.map(lambda n: asked.ask(ask(f"q{n}", purpose=f"plan/{n}")).text, range(4))
    assert list(texts) == ["q0", "q1", "q2", "q3"]
    assert len(asked.charged) == server.tally.requests == 4


def test_one_question_of_many_threads_is_asked_once(llm, serve, ask):
    server = serve(lambda request: Said(text=f"answer {request.count}"))
    asked = llm(server.url)
    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(lambda _: asked.ask(ask()).text, range(8)))
    assert texts == {"answer 1"}
    assert server.tally.requests == len(asked.charged) == 1


def test_a_question_that_failed_may_be_asked_again(llm, serve, ask):
    def down_at_first(request):
        return behaviours.unauthorised(request) if request.count == 1 else behaviours.echo(request)

    asked = llm(serve(down_at_first).url)
    with pytest.raises(LlmError):
        asked.ask(ask())
    assert asked.ask(ask()).text == "plan please"
    assert len(asked.charged) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from ftdojo.llm import *
from ftdojo.records import LlmChoice
models = open_models(LlmChoice(models={"planner": "openai/scripted"}, base_url=sys.argv[1]))
die = lambda exchange: os.kill(os.getpid(), signal.SIGKILL)
llm = Llm(models, exchanges=Exchanges(Path(sys.argv[2])), charge=die, allow=lambda: None)
llm.ask(Ask(purpose="plan/1", messages=({"role": "user", "content": "plan please"},)))
"""


def test_a_run_that_is_killed_after_the_answer_does_not_ask_again(llm, serve, ask, tmp_path):
    server = serve(lambda request: Said(text=f"answer {request.count}"))
    words = [sys.executable, "-c", KILLED, server.url, str(tmp_path / "llm")]
    assert subprocess.run(words, env=dict(os.environ), check=False).returncode == -9
    assert llm(server.url).ask(ask()).text == "answer 1"
    assert server.tally.requests == 1


@pytest.mark.parametrize("name", ["broken_json", "wrong_form"])
def test_a_bad_answer_is_asked_again_with_its_fault(llm, serve, ask, plan, name):
    server = serve(getattr(behaviours, name))
    asked = llm(server.url)
    assert asked.ask_for(ask(), plan) == plan(title="words", steps=[1], note="words")
    assert [each.purpose for each in asked.charged] == ["plan/1", "plan/1#2"]
    first, second = server.requests
    assert len(second.messages) == len(first.messages) + 2
    assert "title: Field required" in second.last


def test_an_untidy_reply_is_repaired_without_another_request(llm, serve, ask, plan):
    server = serve(behaviours.untidy_json)
    assert llm(server.url).ask_for(ask(), plan).steps == [1]
    assert server.tally.requests == 1


@pytest.mark.parametrize(
    ("name", "requests"),
    [
        ("thinking_aloud", 1),
        ("tool_call", 1),
        ("half_characters", 1),
        ("half_a_character", 1),
        ("not_a_number", 2),
        ("odd_counts", 1),
        ("error_in_a_good_answer", 3),
        ("small_window", 2),
        ("small_replies", 2),
        ("no_system_role", 1),
        ("no_grammar", 2),
        ("no_such_parameters", 2),
        ("only_streams", 2),
    ],
)
def test_a_form_is_had_from_servers_of_every_habit_and_found_again(
    llm, serve, ask, plan, name, requests
):
    server = serve(getattr(behaviours, name))
    first = llm(server.url).ask_for(ask(), plan)
    assert first.steps == [1]
    assert (first.title + str(first.note)).encode()
    assert server.tally.requests == requests
    resumed = llm(server.url)
    assert resumed.ask_for(ask(), plan) == first
    assert (server.tally.requests, resumed.charged) == (requests, [])


UNUSABLE = {
    "never_json": ("form", "It holds no JSON object"),
    "refusal": ("refusal", "It was refused: \"I can't help"),
    "truncated": ("length", "It was cut off at the limit of tokens"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_answers_that_stay_bad_are_unusable_and_all_charged(llm, serve, ask, plan, name):
    server = serve(getattr(behaviours, name))
    asked, (why, said) = llm(server.url), UNUSABLE[name]
    with pytest.raises(LlmUnusable, match=rf"'plan/1' in 3 tries; the last one: {said}") as caught:
        asked.ask_for(ask(), plan)
    assert caught.value.why == why
    assert len(asked.charged) == server.tally.replies == 3


def test_a_resumed_run_goes_on_at_the_attempt_it_was_in(llm, serve, ask, plan):
    server = serve(behaviours.never_json)
    left = iter([None])

    def once():
        if next(left, "none") == "none":
            raise LlmBudget("no calls left")

    with pytest.raises(LlmBudget):
        llm(server.url, allow=once).ask_for(ask(), plan)
    resumed = llm(server.url)
    with pytest.raises(LlmUnusable):
        resumed.ask_for(ask(), plan)
    assert [each.purpose for each in resumed.charged] == ["plan/1#2", "plan/1#3"]


def test_tokens_and_money_of_a_run_are_what_the_server_counted(llm, serve, ask, plan, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("openai/scripted: {input: 0.153, output: 2.719}")
    server = serve(behaviours.broken_json, price=("0.153", "2.719"))
    asked = llm(server.url, prices=str(prices))
    asked.ask_for(ask(), plan)
    for number in range(5):
        asked.ask(ask("many words " * number, purpose=f"say/{number}"))
    used = [each.reply.usage for each in asked.charged]
    assert len(used) == server.tally.replies == 7
    assert sum(each.input_tokens for each in used) == server.tally.input_tokens
    assert sum(each.output_tokens for each in used) == server.tally.output_tokens
    assert sum(round(each.usd * 1e9) for each in used) == server.tally.nano_usd > 0


def test_every_request_behind_an_answer_is_counted(llm, serve, ask):
    server = serve(behaviours.storm)
    asked = llm(server.url)
    asked.ask(ask())
    assert asked.charged[0].reply.tries == server.tally.requests == 3


def test_keys_are_neither_recorded_nor_handed_on(llm, serve, ask, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-very-secret-key")
    server = serve(lambda request: Said(text=f"the key is {request.key}"))
    reply = llm(server.url).ask(ask("my key is a-very-secret-key"))
    assert server.requests[0].key == "a-very-secret-key"
    assert reply.text == "the key is [redacted]"
    text = (tmp_path / "llm" / "exchanges.jsonl").read_text()
    assert "a-very-secret-key" not in text
    assert text.count("[redacted]") == 2


def test_a_role_without_a_model_is_the_planners(llm, serve, ask):
    asked = llm(serve(behaviours.echo).url)
    assert asked.name("judge") == "openai/scripted"
    assert asked.ask(ask(role="judge")).text == "plan please"
    assert asked.charged[0].role == "judge"
