"""A model over real HTTP, with the real client: what passes is waited out, what does not ends at once in one line."""

import json
import re
import socket
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from ftdojo.errors import LlmBadRequest, LlmError
from ftdojo.llm.forms import schema_of
from ftdojo.llm.patience import Patience
from ftdojo.testing.llm import Said, Trouble, behaviours

ONCE = Patience(request_s=0.3, deadline_s=0.5, tries=2, first_pause_s=0.01)


def fails(chat, ask):
    with pytest.raises(LlmError) as caught:
        chat.chat(ask)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_reply_holds_text_tokens_and_time(model, serve, ask):
    server = serve(lambda request: Said(text="two words", cached_tokens=1))
    reply = model(server.url).chat(ask())
    assert (reply.text, reply.finish, reply.model) == ("two words", "stop", "scripted")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (2, 2)
    assert (reply.usage.cached_tokens, reply.usage.estimated) == (1, False)
    assert 0 < reply.seconds < 5


def test_a_pause_that_the_server_asks_for_is_kept(model, serve, ask):
    def busy(request):
        wait = Trouble(status=429, headers={"Retry-After": "0.4"})
        return wait if request.count == 1 else behaviours.echo(request)

    began = time.monotonic()
    assert model(serve(busy).url).chat(ask()).tries == 2
    assert time.monotonic() - began >= 0.4


def test_a_pause_may_be_a_date(model, serve, ask):
    def busy(request):
        wait = Trouble(status=503, headers={"Retry-After": "Wed, 25 Nov 2099 12:00:00 GMT"})
        return wait if request.count == 1 else behaviours.echo(request)

    assert "requests a pause of" in fails(model(serve(busy).url), ask())


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_passes_is_tried_again(model, serve, ask, status):
    def ill(request):
        return Trouble(status=status) if request.count <= 2 else behaviours.echo(request)

    assert model(serve(ill).url).chat(ask()).tries == 3


def test_a_storm_without_end_ends_after_some_tries(model, serve, ask):
    server = serve(lambda request: Trouble(status=429, message="slow\ndown"))
    said = fails(model(server.url), ask())
    assert said.startswith("No answer of openai/scripted in 5 tries and ")
    assert "the server answered 429: slow down. Go on later with `ftdojo resume RUN`" in said
    assert server.tally.requests == 5


def test_pauses_grow(model, serve, ask):
    times = []

    def busy(request):
        times.append(time.monotonic())
        return Trouble(status=500)

    patience = Patience(tries=4, first_pause_s=0.1)
    fails(model(serve(busy).url, patience), ask())
    first, second, third = (after - before for before, after in pairwise(times))
    assert 0.05 <= first < third
    assert second >= 0.1
    assert third >= 0.2


@pytest.mark.parametrize("name", ["hang", "drip"])
def test_a_hang_has_a_deadline(model, serve, ask, name):
    began = time.monotonic()
    said = fails(model(serve(getattr(behaviours, name)).url, ONCE), ask())
    assert time.monotonic() - began < 3
    assert "the server gave no" in said


def test_a_closed_connection_is_made_again(model, serve, ask):
    assert model(serve(behaviours.hang_up).url).chat(ask()).tries == 2


def test_a_server_that_answered_once_is_waited_for(serve, model, ask):
    server = serve(behaviours.echo)
    chat = model(server.url)
    chat.chat(ask())
    server.__exit__(None, None, None)
    assert "in 5 tries" in fails(chat, ask())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "unauthorised",
            r"does not accept the key for openai/scripted \(401: .*Set OPENAI_API_KEY to",
        ),
        (
            "unknown_model",
            r"knows no model 'scripted' \(404: .*--llm.*OPENAI_BASE_URL or --base-url",
        ),
        ("no_credit", r"The account behind OPENAI_API_KEY has no credit left"),
        ("web_page", r"not as a server of language models does \('<!doctype.*ends in /v1\.$"),
    ],
)
def test_what_does_not_pass_ends_at_once_in_one_line(model, serve, ask, name, said):
    server = serve(getattr(behaviours, name))
    assert re.search(said, fails(model(server.url), ask()))
    assert server.tally.requests == 1


def test_no_server_at_the_address_ends_at_once(model, ask):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    began = time.monotonic()
    said = fails(model(f"http://127.0.0.1:{port}/v1", Patience()), ask())
    assert time.monotonic() - began < 5
    assert f"No server for openai/scripted can be reached at http://127.0.0.1:{port}/v1 (" in said
    assert "Start it, or set another address (OPENAI_BASE_URL or --base-url)." in said


def test_a_dead_proxy_is_named_and_not_the_server(model, serve, ask, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    url = serve(behaviours.echo).url
    assert "the proxy of http_proxy: set another one, or except the address with NO_PROXY" in fails(
        model(url), ask()
    )
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert model(url).chat(ask()).text == "plan please"


def test_a_proxy_that_wants_a_login_is_named(model, serve, ask, monkeypatch):
    proxy = serve(lambda request: Trouble(status=407, message="Proxy Authentication Required"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
    said = fails(model("http://127.0.0.2:9/v1"), ask())
    assert said.startswith("The proxy of HTTP_PROXY wants a login (407")


def test_a_server_without_tls_is_named_as_one(model, serve, ask):
    url = serve(behaviours.echo).url.replace("http://", "https://")
    assert "It speaks no TLS: write http:// (OPENAI_BASE_URL" in fails(model(url), ask())


def test_a_mistyped_path_names_the_address(model, serve, ask):
    url = serve(behaviours.echo).url.removesuffix("/v1") + "/v2"
    assert f"{url} knows no model 'scripted' (404: Not found.)" in fails(model(url), ask())


def test_an_error_shows_no_key(model, serve, ask, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-very-secret-key")
    said = fails(model(serve(behaviours.unauthorised).url), ask())
    assert "a-very-secret-key" not in said
    assert "Incorrect API key provided: [redacted]." in said


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        (Said(text="No.", finish="refusal"), "refusal"),
        (Said(text="", finish="content_filter"), "refusal"),
        (Said(text="half a", finish="length"), "length"),
    ],
)
def test_a_refused_or_cut_reply_is_a_reply(model, serve, ask, said, finish):
    reply = model(serve(lambda request: said).url).chat(ask())
    assert (reply.text, reply.finish) == (said.text, finish)


def test_a_question_that_a_filter_stops_is_a_refusal(model, serve, ask):
    stop = Trouble(status=400, code="content_filter", message="The prompt was filtered.")
    reply = model(serve(lambda request: stop).url).chat(ask())
    assert (reply.text, reply.finish) == ("The prompt was filtered.", "refusal")


def test_tokens_that_a_server_does_not_count_are_estimated_and_have_no_price(
    model, serve, ask, tmp_path
):
    prices = tmp_path / "prices.yaml"
    prices.write_text("openai/*: {input: 1, output: 1}")
    server = serve(lambda request: Said(text="12345678", usage=None))
    usage = model(server.url, prices=str(prices)).chat(ask("123456789")).usage
    assert (usage.input_tokens, usage.output_tokens) == (3, 2)
    assert usage.estimated
    assert usage.usd is None


def test_a_schema_is_sent_as_one_and_strict(model, serve, ask, plan):
    server = serve(behaviours.obliging)
    model(server.url).chat(ask(schema=schema_of(plan), schema_name="Plan"))
    form = server.requests[0].body["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"] == {"name": "Plan", "schema": schema_of(plan), "strict": True}


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("no_json_schema", ["json_schema", "json_object"]),
        ("no_json_mode", ["json_schema", "json_object", "text"]),
    ],
)
def test_a_server_is_asked_in_the_best_form_it_knows_and_that_is_remembered(
    model, serve, ask, plan, name, forms
):
    server = serve(getattr(behaviours, name))
    chat, question = model(server.url), ask(schema=schema_of(plan))
    assert chat.chat(question).tries == len(forms)
    assert chat.chat(question).tries == 1
    assert [each.form for each in server.requests] == [*forms, forms[-1]]
    assert "JSON schema" in server.requests[-1].messages[0]["content"]


def test_one_schema_that_a_server_finds_invalid_does_not_spoil_the_next(model, serve, ask, plan):
    def picky(request):
        invalid = Trouble(status=400, message="Invalid schema for response_format 'reply'")
        return invalid if request.count == 1 else behaviours.obliging(request)

    server = serve(picky)
    chat, question = model(server.url), ask(schema=schema_of(plan))
    assert [chat.chat(question).tries, chat.chat(question).tries] == [2, 1]
    assert [each.form for each in server.requests] == ["json_schema", "json_object", "json_schema"]


def test_an_instruction_joins_the_system_turn(model, serve, ask, plan):
    server = serve(behaviours.no_json_schema)
    question = ask(schema=schema_of(plan))
    turns = ({"role": "system", "content": "You plan."}, *question.messages)
    model(server.url).chat(replace(question, messages=turns))
    assert [each["role"] for each in server.requests[-1].messages] == ["system", "user"]
    assert server.requests[-1].messages[0]["content"].startswith("You plan.\n\nReply with one JSON")


def test_a_server_that_wants_another_name_for_the_limit_gets_it(model, serve, ask):
    def modern(request):
        if "max_tokens" in request.body:
            said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return Trouble(status=400, message=said)
        return behaviours.echo(request)

    server = serve(modern)
    chat = model(server.url)
    assert [chat.chat(ask()).tries, chat.chat(ask()).tries] == [2, 1]
    assert server.requests[-1].body["max_completion_tokens"] == 8192


def test_further_options_are_passed_on(model, serve, ask):
    server = serve(behaviours.echo)
    model(server.url).chat(ask(temperature=0.5, max_tokens=7, extra={"seed": 3, "top_k": 5}))
    body = server.requests[0].body
    assert {key: body[key] for key in ("temperature", "max_tokens", "seed", "top_k")} == {
        "temperature": 0.5,
        "max_tokens": 7,
        "seed": 3,
        "top_k": 5,
    }


def test_a_question_that_the_server_does_not_take_ends_at_once(model, serve, ask):
    server = serve(lambda request: Trouble(status=400, message="Please speak French."))
    with pytest.raises(
        LlmBadRequest, match=r"does not take a request to openai/scripted \(400: Pl"
    ):
        model(server.url).chat(ask())
    assert server.tally.requests == 1


@pytest.mark.parametrize(("code", "requests"), [(502, 5), (401, 1)])
def test_an_error_in_a_routers_good_answer_is_an_error(model, serve, ask, code, requests):
    body = f'{{"error": {{"code": {code}, "message": "provider trouble"}}}}'
    server = serve(lambda request: Trouble(status=200, body=body))
    assert f"{code}: provider trouble" in fails(model(server.url), ask())
    assert server.tally.requests == requests


@pytest.mark.parametrize(
    "body", ["[]", "{}", '"choices"', '{"object": "list", "data": []}', "null", "1e999"]
)
def test_an_answer_of_another_protocol_is_one_line(model, serve, ask, body):
    server = serve(lambda request: Trouble(status=200, body=body))
    assert "not as a server of language models does" in fails(model(server.url), ask())


IN_GOOD_ANSWERS = [
    "\0",
    " \n",
    '{"choices": null}',
    '{"choices": []}',
    '{"choices": [{"message": 3}]}',
    '{"choices": [{"finish_reason": "error", "error": {"message": "lost", "code": "upstream"}}]}',
    '{"error": "the provider is gone"}',
    '{"error": {"message": "busy", "code": "rate_limit_exceeded"}}',
    '{"error": {"message": "busy"}, "choices": null}',
    '{"error": {"message": "busy", "code": "503"}}',
    '{"object": "error", "message": "engine died", "type": "InternalServerError"}',
    '{"detail": "worker restarts"}',
    'data: {"choices": [{"delta": {"content": "half a st"}}]}\n\n',
    'data: {"error": {"message": "gone", "code": 502}}\n\n',
]


@pytest.mark.parametrize("body", IN_GOOD_ANSWERS)
def test_a_good_answer_without_a_reply_is_tried_again(model, serve, ask, body):
    def passing(request):
        return Trouble(status=200, body=body) if request.count == 1 else behaviours.echo(request)

    reply = model(serve(passing).url).chat(ask())
    assert (reply.text, reply.tries) == ("plan please", 2)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"code": "invalid_api_key", "message": "no"}, "does not accept the key"),
        ({"type": "authentication_error", "message": "no"}, "does not accept the key"),
        ({"code": "model_not_found", "message": "no"}, "knows no model 'scripted'"),
        ({"code": "insufficient_quota", "message": "no"}, "no credit left"),
        ({"code": "400", "message": "no"}, "does not take a request"),
    ],
)
def test_an_error_in_a_good_answer_that_does_not_pass_ends_at_once(model, serve, ask, error, said):
    server = serve(lambda request: Trouble(status=200, body=json.dumps({"error": error})))
    assert said in fails(model(server.url), ask())
    assert server.tally.requests == 1


USAGES = [
    (None, 3, 2, True),
    ({}, 3, 2, True),
    ([], 3, 2, True),
    ("many", 3, 2, True),
    ({"prompt_tokens": None, "completion_tokens": None}, 3, 2, True),
    ({"prompt_tokens": 7}, 7, 2, True),
    ({"completion_tokens": 7, "total_tokens": 9}, 3, 7, True),
    ({"prompt_tokens": 7.5, "completion_tokens": 6.5}, 3, 2, True),
    ({"prompt_tokens": 7.0, "completion_tokens": 6}, 7, 6, False),
    ({"prompt_tokens": -7, "completion_tokens": 6}, 3, 6, True),
    ({"prompt_tokens": True, "completion_tokens": "6"}, 3, 2, True),
    ({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}, 3, 2, True),
    ({"prompt_tokens": 10**400, "completion_tokens": 6}, 3, 6, True),
    ({"prompt_tokens": 7, "completion_tokens": 6, "prompt_tokens_details": 9}, 7, 6, False),
]


@pytest.mark.parametrize(("usage", "counted"), [(usage, tuple(rest)) for usage, *rest in USAGES])
def test_a_paid_answer_is_kept_however_its_tokens_are_counted(model, serve, ask, usage, counted):
    server = serve(lambda request: Said(text="12345678", usage=usage))
    reply = model(server.url).chat(ask("123456789"))
    assert (reply.text, reply.tries) == ("12345678", 1)
    used = reply.usage
    assert (used.input_tokens, used.output_tokens, used.estimated) == counted
    assert used.usd is None


def test_more_tokens_from_the_cache_than_there_are_cost_nothing_negative(
    model, serve, ask, tmp_path
):
    prices = tmp_path / "prices.yaml"
    prices.write_text("openai/*: {input: 2, output: 0, cached: 1}")
    odd = {
        "prompt_tokens": 5,
        "completion_tokens": 0,
        "prompt_tokens_details": {"cached_tokens": 9},
    }
    server = serve(lambda request: Said(text="", usage=odd))
    assert model(server.url, prices=str(prices)).chat(ask()).usage.usd == pytest.approx(5e-6)


def test_half_a_character_in_the_body_of_an_answer_costs_no_answer(model, serve, ask):
    reply = model(serve(behaviours.half_a_character).url).chat(ask("héllo"))
    assert (reply.text, reply.tries) == ("héllo \ufffd\ufffd", 1)


def test_text_in_parts_is_put_together(model, serve, ask):
    body = '{"choices": [{"message": {"content": [{"type": "x"}, {"text": "a"}, {"text": "b"}]}}]}'
    server = serve(lambda request: Trouble(status=200, body=body))
    assert model(server.url).chat(ask()).text == "ab"


def test_half_a_character_in_a_question_is_one_line(model, serve, ask):
    assert "cannot be sent" in fails(model(serve(behaviours.echo).url), ask("\ud800"))
