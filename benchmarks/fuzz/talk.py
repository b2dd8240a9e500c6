"""Targets: what language models, their servers, data scripts and agents outside send."""

import json
import re
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.fuzz.contract import Target
from benchmarks.fuzz.files import YAML, text_of
from benchmarks.fuzz.seeds import in_tests
from ftdojo.errors import FtdojoError, LlmError
from ftdojo.llm import Ask, Reply
from ftdojo.llm.types import Usage

TOKEN = "key"
QUIET_S = 30.0
_ERROR = re.compile(rb"\r\n\r\n(\{[^\r\n]*\})")


def targets() -> Iterator[Target]:
    """Yield a target for each reader of messages."""
    yield Target(
        name="reply-forms",
        run=_reply_forms,
        seeds=_form_seeds(),
        words=[b"<think>", b"</think>", b"```json\n", b"\\ud83d", b'{"', b"[/THINK]", b"'", b",}"],
        is_json=True,
    )
    yield Target(
        name="reply-http",
        run=_reply_http,
        seeds=_answer_seeds(),
        words=[b"data: ", b"[DONE]", b'"choices"', b'"error"', b'"usage"', b'"finish_reason"'],
        is_json=True,
    )
    yield Target(
        name="gateway",
        run=_Gateway(),
        seeds=_request_seeds(),
        words=[b"Content-Length: ", b"Transfer-Encoding: chunked", b"\r\n", b"HTTP/1.1", b"POST "],
    )
    yield Target(
        name="session",
        run=_Held(),
        seeds=_session_seeds(),
        words=[b'"verb"', b'"look"', b'"rows"', b'"predictions"', b'"status"', b'"wait_s"'],
        is_json=True,
    )


def _forms() -> tuple[type[Any], ...]:
    from ftdojo.agents.ft_agent.prompting import FilesReply, PlanReply, ReadingReply
    from ftdojo.agents.react.agent import Call

    return PlanReply, FilesReply, ReadingReply, Call


def _reply_forms(data: bytes) -> None:
    from ftdojo.llm import forms

    kinds = _forms()
    cls = kinds[(data or b"\0")[0] % len(kinds)]
    made = forms.read(_reply(data[1:]), cls)
    json.dumps(made.model_dump(), allow_nan=False, ensure_ascii=False).encode()


def _reply(data: bytes) -> Reply:
    try:
        text = text_of(data)
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    return Reply(text=text, finish="stop", model="m", usage=Usage())


@cache
def _chat() -> Any:
    from ftdojo.llm.compatible import OpenAiChat
    from ftdojo.llm.faults import ModelServer
    from ftdojo.llm.patience import Patience
    from ftdojo.llm.prices import Prices

    server = ModelServer(
        name="openai/m",
        url="http://localhost/v1",
        key="sk-none",
        key_names=("OPENAI_API_KEY",),
        url_names=("OPENAI_BASE_URL",),
    )
    return OpenAiChat(server, prices=Prices(), patience=Patience())


def _reply_http(data: bytes) -> list[str]:
    from ftdojo.llm.dialect import Refused
    from ftdojo.llm.patience import Passing
    from ftdojo.llm.record import Exchange, Exchanges, digest_of

    ask = Ask(purpose="plan/1", messages=({"role": "user", "content": "What?"},))
    try:
        reply = _chat()._read(data, ask)  # what comes before it is the client's part
    except Refused as refused:
        return [str(refused.fault)]
    except Passing as passing:
        return [str(LlmError(str(passing)))]  # as it is once patience ends
    kept = Exchange(
        purpose=ask.purpose,
        role=ask.role,
        model="openai/m",
        digest=digest_of(ask),
        messages=ask.messages,
        reply=reply,
        t="2026-01-01",
    )
    with tempfile.TemporaryDirectory() as folder:
        Exchanges(Path(folder)).add(kept)
        assert Exchanges(Path(folder)).find(ask.purpose) == reply, "an answer on record is lost"
    return []


class _Listening:
    """A server on a unix socket, made when it is first needed, whose faults are remembered."""

    def __init__(self) -> None:
        self._path: str = ""
        self.faults: list[BaseException] = []

    def open(self, path: str) -> Any:
        """Start the server at ``path``."""
        raise NotImplementedError

    def __call__(self, data: bytes) -> list[str]:
        """Send ``data``; return the errors that came back."""
        if not self._path:
            path = tempfile.mkdtemp(dir="/tmp") + "/s"
            try:
                self._server = self.open(path)
            except FtdojoError as error:
                raise RuntimeError("there is nothing to send to") from error
            self._path = path
        with socket.socket(socket.AF_UNIX) as to:
            to.settimeout(QUIET_S)
            to.connect(self._path)
            answered = _sent(to, data)
        if self.faults:
            raise self.faults.pop()
        return [text for text in map(_error_in, self.answers(answered)) if text is not None]

    def answers(self, answered: bytes) -> list[bytes]:
        """Return the JSON objects in what came back."""
        raise NotImplementedError


def _sent(to: socket.socket, data: bytes) -> bytes:
    """Send, hang up, and return all that comes back."""
    parts = []
    try:
        to.sendall(data)
        to.shutdown(socket.SHUT_WR)
        while part := to.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass  # whoever is refused early may be hung up on
    return b"".join(parts)


def _error_in(answer: bytes) -> str | None:
    found = json.loads(answer)
    error = found.get("error") if isinstance(found, dict) else None
    return error.get("message", "") if isinstance(error, dict) else error


class _Gateway(_Listening):
    """The gateway's server; a model that says the same to everybody stands behind it."""

    def open(self, path: str) -> Any:
        from ftdojo.gateway.server import GatewayServer

        faults = self.faults

        class Server(GatewayServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                error = sys.exception()
                if error and not isinstance(error, ConnectionError | TimeoutError):
                    faults.append(error)

        server = Server(Path(path), token=TOKEN, ask=lambda ask: _reply(b"yes"))
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def answers(self, answered: bytes) -> list[bytes]:
        return _ERROR.findall(answered)


class _Held(_Listening):
    """A run of the toy task that is held for an agent outside. It is never asked to finish: that would be the end."""

    def open(self, path: str) -> Any:
        from ftdojo.dojo import make
        from ftdojo.serve.jobs import JobWatch
        from ftdojo.serve.server import SessionServer, answer
        from ftdojo.serve.session import Session

        faults = self.faults

        class Server(SessionServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                faults.append(sys.exception() or AssertionError("no error"))

        watch, root = JobWatch(lambda event: None), Path(tempfile.mkdtemp())
        dojo = make("ftdojo_toy:task", model="tiny", budget="5h", root=root, listeners=(watch,))
        session = Session(dojo, watch=watch, kept=None, keep=lambda job: None)
        threading.Thread(target=session.run, daemon=True).start()
        session.wait(None, 300.0)
        server = Server(path, lambda line: answer(session, line))
        server.start()
        return server

    def __call__(self, data: bytes) -> list[str]:
        line = data.split(b"\n")[0] + b"\n"
        return [] if b"finish" in line or b"\\u" in line[:40] else super().__call__(line)

    def answers(self, answered: bytes) -> list[bytes]:
        assert answered.endswith(b"\n"), "no answer"
        assert answered.count(b"\n") == 1, "several lines"
        return [answered]


def _form_seeds() -> list[bytes]:
    made = []
    for at, cls in enumerate(_forms()):
        fields = {name: _example(each.annotation) for name, each in cls.model_fields.items()}
        text = json.dumps(fields, indent=1)
        for whole in (text, f"<think>so {{</think>\n```json\n{text},\n```", json.dumps(text)):
            made.append(bytes([at]) + whole.encode())
    texts = in_tests("llm/test_forms.py", "agents/**/test_*reply*.py")
    return made + [bytes([at % 4]) + text for at, text in enumerate(texts)]


def _example(kind: object) -> Any:
    known: dict[Any, Any] = {str: "e1", bool: True, float: 0.5, int: 1}
    return known.get(kind, [] if "list" in str(kind) or "tuple" in str(kind) else "data")


def _answer_seeds() -> list[bytes]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "hi"},
        "finish_reason": "stop",
    }
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 1},
    }
    whole = {"id": "x", "model": "m", "choices": [choice], "usage": usage}
    delta = {"choices": [{"delta": {"content": "h"}}], "model": "m"}
    stream = f"data: {json.dumps(delta)}\n\ndata: {json.dumps(whole)}\n\ndata: [DONE]\n"
    errors: list[object] = [
        {"error": {"message": "no", "code": 429}},
        {"error": "busy"},
        {"detail": "x"},
    ]
    made = [json.dumps(each).encode() for each in (whole, *errors)]
    return [*made, stream.encode(), *in_tests("llm/test_compatible.py", least=8)]


def _request_seeds() -> list[bytes]:
    bodies: list[dict[str, Any]] = [
        {"model": "strong", "messages": [{"role": "user", "content": "a"}]},
        {"model": "weak", "messages": [], "stream": True},
        {
            "model": "weak",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "b"}]}],
        },
        {
            "model": "strong",
            "messages": [{"role": "developer", "content": "a"}],
            "response_format": {"type": "json_schema", "json_schema": {"schema": {}}},
            "stop": ["x"],
            "max_tokens": 3,
        },
    ]
    made = [_post(json.dumps(body).encode()) for body in bodies]
    made.append(b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n\r\n")
    made.append(b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    made.append(made[0] + made[4])
    made.append(b"GET /\r\n\r\n")
    return made


def _post(body: bytes) -> bytes:
    head = f"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _session_seeds() -> list[bytes]:
    whats = (
        "task",
        "sources",
        "setting",
        "base",
        "feedback",
        "rows",
        "predictions",
        "ledger",
        "source",
    )
    texts = {"plan": "Why.", "data": "print(1)", "train": YAML}
    made: list[dict[str, Any]] = [{"verb": "look", "what": what, "name": "right"} for what in whats]
    made += [{"verb": "look", "what": "task", "offset": 3, "limit": 2}, {"verb": "status"}]
    made += [{"verb": "check", **texts}, {"verb": "train", **texts, "validate_items": 20}]
    tests = in_tests("serve/test_socket.py", "serve/test_looking.py")
    return [json.dumps(each).encode() for each in made] + tests
