"""Requests as a hostile or mistaken script may send them: a clear answer to each, and nothing is asked."""

import json
import socket
from contextlib import ExitStack, suppress

import pytest

from ftdojo.gateway import server
from ftdojo.testing.llm import behaviours

OFFERED = {
    "temperature": 0.5,
    "max_tokens": 7,
    "top_p": 0.9,
    "seed": 3,
    "stop": ["\n"],
    "user": "me",
    "response_format": {"type": "json_object"},
}


@pytest.fixture
def gateway(serve, opened):
    server = serve()
    made = opened(server)
    made.server = server
    return made


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"model": "stronk"}, 404, "No model is called 'stronk'. Did you mean 'strong'?"),
        ({"model": "gpt-5"}, 404, "No model is called 'gpt-5'. Known: strong, weak. Which models"),
        ({"model": 3}, 400, "model: Input should be a valid string"),
        ({"stream": True}, 400, "stream is not offered here; leave it out: the whole reply comes"),
        ({"n": 4}, 400, "n is not offered here; repeat the request with another seed instead."),
        ({"tools": []}, 400, "tools is not offered here; leave it out; request JSON by"),
        ({"logit_bias": {}}, 400, "logit_bias is not offered here; leave it out. Offered: model,"),
        ({"messages": []}, 400, "messages: List should have at least 1 item"),
        ({"messages": [{"role": "tool", "content": "x"}]}, 400, "messages.0.role: Input should be"),
        ({"messages": [{"role": "user"}]}, 400, "messages.0.content: Field required"),
        ({"max_tokens": 10**9}, 400, "max_tokens: Input should be less than or equal to 32768"),
        ({"temperature": "hot"}, 400, "temperature: Input should be a valid number"),
        ({"seed": True}, 400, "seed: Input should be a valid integer"),
    ],
)
def test_what_is_not_on_offer_is_said_in_one_sentence(
    gateway, post, question, change, status, message
):
    found, answer, headers = post(gateway, question(**change))
    assert (found, headers["x-should-retry"]) == (status, "false")
    assert message in answer["error"]["message"]
    assert gateway.server.tally.requests == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"weak"',
        b'{"model": "weak", "messages": "\xff\xfe"}',
        b"[" * 100_000,
        b'{"model":"weak","messages":[{"role":"user","content":"\\ud800"}]}',
        b'{"model":"weak","temperature":NaN,"messages":[{"role":"user","content":"x"}]}',
        b'{"model":"weak","model":' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_request_is_refused(gateway, post, body):
    status, answer, _ = post(gateway, body)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert len(answer["error"]["message"]) < 500
    assert gateway.server.tally.requests == 0


def test_options_on_offer_reach_the_model_and_others_do_not(gateway, post, question):
    assert post(gateway, question("x", **OFFERED))[0] == 200
    (request,) = gateway.server.requests
    passed = {name: value for name, value in OFFERED.items() if name != "user"}
    sent = {name: request.body.get(name) for name in passed} | {
        "max_tokens": request.body.get("max_tokens") or request.body.get("max_completion_tokens")
    }
    assert sent == passed
    assert "user" not in request.body


def test_an_option_that_the_model_does_not_know_is_refused_with_the_servers_words(
    serve, opened, post, question
):
    gateway = opened(serve(behaviours.no_temperature))
    status, answer, _ = post(gateway, question(temperature=0.7))
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert "'temperature' does not support 0.7 with this model" in answer["error"]["message"]
    assert post(gateway, question())[0] == 200
    assert gateway.unanswered == 0


def test_text_in_parts_is_one_text_and_a_developer_is_the_system(gateway, post):
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    turns = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": parts}]
    status, answer, _ = post(gateway, {"model": "strong", "messages": turns})
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "one\ntwo")
    assert gateway.server.requests[0].messages[0] == {"role": "system", "content": "be brief"}


def test_the_same_question_has_the_same_reply_to_the_letter(gateway, post, question):
    assert post(gateway, question())[1] == post(gateway, question())[1]
    assert gateway.server.tally.requests == 1


def test_strong_and_weak_are_not_taken_for_each_other(gateway, post, question):
    for model in ("strong", "weak"):
        post(gateway, question(model=model))
    assert [each.body["model"] for each in gateway.server.requests] == ["big", "small"]


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ({"headers": {"Authorization": "Bearer guess"}}, 401, "Wrong key; take OPENAI_API_KEY"),
        ({"headers": {"Authorization": "\xe9"}}, 401, "Wrong key"),
        ({"path": "/v1/responses"}, 404, "POST /v1/responses is not offered here; POST /v1/chat"),
        ({"path": "/../etc/passwd"}, 404, "is not offered here"),
        ({"path": "/v1/embeddings", "method": "GET"}, 404, "GET /v1/embeddings is not offered"),
        ({"headers": {"Content-Length": "-5"}}, 411, "Give the body's Content-Length"),
        ({"headers": {"Content-Length": "\xb2"}}, 411, "Give the body's Content-Length"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, 411, "it is not taken in chunks"),
    ],
)
def test_a_wrong_call_is_answered_and_nothing_is_asked(
    gateway, post, question, more, status, message
):
    found, answer, _ = post(gateway, question(), **more)
    assert found == status
    assert message in answer["error"]["message"]
    assert gateway.server.tally.requests == 0


def test_a_body_too_large_is_answered_before_it_is_held(gateway, post, question):
    status, answer, _ = post(gateway, question("x" * 5_000_000))
    assert (status, answer["error"]["message"][:12]) == (413, "The body has")
    assert gateway.server.tally.requests == 0


def test_a_client_that_goes_away_in_the_middle_harms_nobody(gateway, sandbox, capfd):
    with gateway.open(sandbox, "data.py") as door:
        (place,) = door.mounts.values()
        for said in (
            b"",
            b"POST /v1/chat",
            b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",
        ):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(place / "socket"))
                client.sendall(said)
    assert capfd.readouterr().err == ""


def test_a_crowd_of_idle_connections_does_not_keep_a_question_out_for_good(
    gateway, post, question, sandbox
):
    with gateway.open(sandbox, "data.py") as door:
        (place,) = door.mounts.values()
        idle = [socket.socket(socket.AF_UNIX) for _ in range(300)]
        for each in idle:
            each.connect(str(place / "socket"))
        for each in idle:
            each.close()
    assert post(gateway, question())[0] == 200


def test_the_answer_to_a_refusal_or_a_cut_reply_says_so(serve, opened, post, question):
    for behaviour, reason in (("refusal", "content_filter"), ("truncated", "length")):
        gateway = opened(serve(getattr(behaviours, behaviour)))
        status, answer, _ = post(gateway, question(behaviour))
        assert (status, answer["choices"][0]["finish_reason"]) == (200, reason)
        assert json.dumps(answer)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: " + b"9" * 5000, b"413"),
        (b"Content-Length: " + b"0" * 4290 + b"12", b"413"),
        (b"".join(b"X-%d: %s\r\n" % (each, b"x" * 60_000) for each in range(9)), b"431"),
    ],
    ids=["longer than a number", "padded", "a long head"],
)
def test_numbers_and_heads_beyond_all_measure_are_refused_in_words(
    gateway, sandbox, capfd, head, status
):
    with gateway.open(sandbox, "data.py") as door, socket.socket(socket.AF_UNIX) as ours:
        ours.connect(str(door.mounts["/llm"] / "socket"))
        ours.settimeout(20)
        with suppress(BrokenPipeError):  # it may have heard enough
            ours.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n" + head + b"\r\n\r\n")
            ours.shutdown(socket.SHUT_WR)
        assert ours.recv(100).startswith(b"HTTP/1.1 " + status)
    assert capfd.readouterr().err == ""


def test_only_so_many_bytes_of_all_bodies_are_held_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "IDLE_S", 0.05)
    made = server.GatewayServer(tmp_path / "s", token="", ask=lambda ask: pytest.fail("asked"))
    with made, ExitStack() as held:
        most = server.MAX_BYTES_AT_ONCE // server.MAX_BODY_BYTES
        rooms = [held.enter_context(made.room(server.MAX_BODY_BYTES)) for _ in range(most)]
        with made.room(1) as late:
            assert (rooms, late) == ([True] * most, False)
        held.close()
        with made.room(server.MAX_BYTES_AT_ONCE) as whole:
            assert whole


def test_a_body_for_which_there_is_no_room_is_told_to_come_later(
    gateway, post, question, monkeypatch
):
    monkeypatch.setattr(server, "IDLE_S", 0.05)
    monkeypatch.setattr(server, "MAX_BYTES_AT_ONCE", 10)
    found, answer, _ = post(gateway, question())
    assert (found, answer["error"]["message"][:15]) == (503, "Too much is bei")
