"""The HTTP server: requests in, a behaviour asked, replies or trouble out; it counts what it did."""

import contextlib
import json
import socket
import sys
import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from ftdojo.testing.llm.types import Behaviour, ChatRequest, Said, Tally, Trouble
from ftdojo.testing.llm.wire import completion, failure, streamed

_DRIP_S = 0.05


class ScriptedLlm:
    """Serves ``/v1/chat/completions`` (streamed too) and ``/v1/models`` on a free port of 127.0.0.1 while the block is open.

    Args:
        behaviour: what the model does.
        models: names of the models there are; any name is one if it is empty.
        key: the key that clients must send; any does if it is "".
        price: US dollars a million tokens of input and of output, for the server's own count.
        port: 0 for a free one.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        *,
        models: Collection[str] = (),
        key: str = "",
        price: tuple[str, str] = ("0", "0"),
        port: int = 0,
    ) -> None:
        self.requests: list[ChatRequest] = []
        self.models, self.key = models, key
        self._behaviour, self._price = behaviour, (Decimal(price[0]), Decimal(price[1]))
        self._tally, self._seen, self._lock = Tally(), Counter[str](), threading.Lock()
        self._closed = threading.Event()
        self._server = _Server(port, self)

    @property
    def url(self) -> str:
        """Return the base URL, for ``OPENAI_BASE_URL`` or ``--base-url``."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def tally(self) -> Tally:
        """Return what was counted so far."""
        with self._lock:
            return self._tally

    def __enter__(self) -> "ScriptedLlm":
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; requests that hang are let go."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()

    def answer(self, body: dict[str, Any], key: str) -> Said | Trouble:
        """Count one request and return what the model does about it."""
        text = json.dumps(body, sort_keys=True)
        with self._lock:
            self._seen[text] += 1
            count = len(self.requests) + 1
            request = ChatRequest(body=body, count=count, seen=self._seen[text], key=key)
            self.requests.append(request)
            self._tally = replace(self._tally, requests=count)
        return self._refused(request) or self._behaviour(request)

    def wait(self, seconds: float) -> bool:
        """Wait, or until the server stops; tell whether it did."""
        return self._closed.wait(seconds)

    def usage(self, request: dict[str, Any], said: Said) -> dict[str, Any]:
        """Return the tokens of a reply, one a word, and count them with their price."""
        asked = sum(len(str(turn.get("content")).split()) for turn in request["messages"])
        words = len(said.text.split()) if said.output_tokens is None else said.output_tokens
        usd = (asked * self._price[0] + words * self._price[1]) / 1_000_000
        with self._lock:
            had = self._tally
            self._tally = replace(
                had,
                replies=had.replies + 1,
                input_tokens=had.input_tokens + asked,
                output_tokens=had.output_tokens + words,
                nano_usd=had.nano_usd + round(usd * 10**9),
            )
        details = {"cached_tokens": said.cached_tokens}
        total = {"total_tokens": asked + words, "prompt_tokens_details": details}
        return {"prompt_tokens": asked, "completion_tokens": words, **total}

    def _refused(self, request: ChatRequest) -> Trouble | None:
        if self.key and request.key != self.key:
            message = f"Incorrect API key provided: {request.key}."
            return Trouble(status=401, code="invalid_api_key", message=message)
        name = request.body.get("model")
        if self.models and name not in self.models:
            message = f"The model `{name}` does not exist."
            return Trouble(status=404, code="model_not_found", message=message)
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, llm: ScriptedLlm) -> None:
        self.llm = llm
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Keep the connection in mind: clients hold theirs open for the next request."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close what clients hold open, as the end of a process would."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away, which is what trouble makes them do."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            return self._json(404, failure("Not found.", "not_found"))
        names = self.server.llm.models or ("scripted",)
        rows = [{"id": name, "object": "model", "owned_by": "ftdojo"} for name in names]
        return self._json(200, {"object": "list", "data": rows})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if urlsplit(self.path).path != "/v1/chat/completions":  # a proxy is sent the whole address
            return self._json(404, failure("Not found.", "not_found"))
        try:
            body = dict(json.loads(raw))
        except (ValueError, TypeError) as error:
            return self._json(400, failure(f"No JSON object: {error}.", "invalid_request_error"))
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        done = self.server.llm.answer(body, key)
        if not isinstance(done, Said):
            return self._trouble(done)
        reply = completion(body.get("model"), done, self.server.llm.usage(body, done))
        if body.get("stream"):
            counts = bool((body.get("stream_options") or {}).get("include_usage"))
            return self._send(200, streamed(reply, counts=counts).encode(), "text/event-stream", {})
        return self._json(200, reply)

    def _trouble(self, trouble: Trouble) -> None:
        if trouble.drip_s:
            return self._drip(trouble.drip_s)
        if self.server.llm.wait(trouble.hang_s) or not trouble.status:
            self.close_connection = True
            return None
        if trouble.body:
            body = trouble.body.strip("\0")
            return self._send(trouble.status, body.encode(), "text/html", dict(trouble.headers))
        error = failure(trouble.message, trouble.code, trouble.param)
        return self._json(trouble.status, error, dict(trouble.headers))

    def _drip(self, seconds: float) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        for _ in range(int(seconds / _DRIP_S)):
            if self.server.llm.wait(_DRIP_S):
                return
            self.wfile.write(b" ")

    def _json(self, status: int, value: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", headers or {})

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        length = {"Content-Type": kind, "Content-Length": str(len(body))}
        for name, value in {**length, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
