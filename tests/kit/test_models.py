"""Asking from a script without any client: answers in order, caps, trouble on the way."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Server(ThreadingHTTPServer):
    """Answers each request by ``plan(body)``: a text, a status, or None to hang up."""

    daemon_threads = True

    def __init__(self, plan):
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan, self.bodies = plan, []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        said = self.server.plan(body)
        if said is None:
            return
        good = {"choices": [{"message": {"content": said}}]}
        wrong = {"error": {"message": f"said {said}"}}
        text = json.dumps(wrong if isinstance(said, int) else good).encode()
        self.send_response(said if isinstance(said, int) else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@pytest.fixture
def serve(monkeypatch):
    with contextlib.ExitStack() as stack:

        def start(plan):
            server = stack.enter_context(Server(plan))
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(server.shutdown)
            url = f"http://127.0.0.1:{server.server_port}/v1"
            monkeypatch.setenv("OPENAI_BASE_URL", url)
            return server

        yield start


def echo(body):
    return body["messages"][-1]["content"]


def test_a_question_is_sent_with_its_options(ftkit, serve):
    server = serve(echo)
    assert ftkit.ask("hi", model="strong", system="s", seed=3, schema={"type": "object"}) == "hi"
    (body,) = server.bodies
    form = body.pop("response_format")
    assert form["json_schema"]["schema"] == {"type": "object"}
    turns = [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]
    assert body == {"model": "strong", "messages": turns, "seed": 3}


def test_answers_come_in_the_order_of_the_prompts(ftkit, serve, capsys):
    serve(echo)
    prompts = [str(n) for n in range(40)]
    assert ftkit.ask_many(prompts, workers=5) == prompts
    assert capsys.readouterr().out == "ftkit.ask_many: 40 of 40 answered\n"


def test_without_a_model_the_script_is_told_so(ftkit, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ftkit.AskError, match=r"no language model .*; make the rows without one"):
        ftkit.ask("hi")


def test_after_a_cap_nothing_is_asked_and_what_there_is_comes_back(ftkit, serve, capsys):
    server = serve(lambda body: 402 if int(echo(body)) >= 3 else "yes")
    assert ftkit.ask_many([str(n) for n in range(50)], workers=1) == ["yes"] * 3 + [None] * 47
    assert len(server.bodies) == 4
    assert capsys.readouterr().out == "ftkit.ask_many: 3 of 50 answered; said 402\n"
    with pytest.raises(ftkit.CapReached, match="said 402"):
        ftkit.ask("9")


def test_a_prompt_that_fails_is_none_and_the_others_are_answered(ftkit, serve):
    serve(lambda body: 502 if echo(body) == "1" else "yes")
    assert ftkit.ask_many(["0", "1", "2"]) == ["yes", None, "yes"]


def test_a_model_that_is_down_for_all_is_an_error(ftkit, serve):
    serve(lambda body: 502)
    with pytest.raises(ftkit.AskError, match="said 502"):
        ftkit.ask_many(["0", "1"])


def test_a_wrong_option_is_an_error_at_once(ftkit, serve):
    serve(lambda body: 400)
    with pytest.raises(ftkit.AskError, match="said 400"):
        ftkit.ask_many(["0", "1"], colour="red")


def test_a_connection_that_breaks_is_tried_again(ftkit, serve):
    server = serve(lambda body: None if len(server.bodies) < 3 else "at last")
    assert ftkit.ask("hi") == "at last"


def test_a_gateway_that_is_gone_is_an_error(ftkit, serve, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(ftkit.AskError, match="The gateway does not answer"):
        ftkit.ask("hi")
