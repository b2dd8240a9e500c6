"""The server behind the socket: one thread a connection, a few requests at once, everything bounded."""

import contextlib
import hmac
import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from ftdojo.errors import FtdojoError, LlmBadRequest, LlmBudget, LlmError, UnknownName, UsageError
from ftdojo.gateway import wire
from ftdojo.llm import Ask, Reply

MAX_BODY_BYTES = 4 * 2**20
MAX_CONNECTIONS = 256
IDLE_S = 60.0
"""How long a connection may be silent. One that is waiting for a reply is not idle."""
_SWALLOWED_BYTES = 64 * 2**20
"""Of a body that is too large, this much is read and dropped, so that its sender gets to read the reply."""
_STATUS: tuple[tuple[type[FtdojoError], int, str], ...] = (  # the first that fits
    (UnknownName, 404, "model_not_found"),
    (UsageError, 400, "invalid_request_error"),
    (LlmBadRequest, 400, "invalid_request_error"),
    (LlmBudget, 402, "budget_reached"),  # not 429, which clients would try again
    (LlmError, 502, "model_unavailable"),
    (FtdojoError, 500, "server_error"),
)


class GatewayServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves one script: ``ask`` replies, requests without ``token`` are refused.

    Raises:
        OSError: the socket cannot be made there.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, path: Path, *, token: str, ask: Callable[[Ask], Reply]) -> None:
        super().__init__(str(path), _Handler)
        path.chmod(
            0o666
        )  # the sandbox's user is another one; the folder above is closed to all others
        self.token, self.ask = token, ask
        self._seats = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, while there are seats; else hang up."""
        if self._seats.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and give the seat back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._seats.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that went away; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server: GatewayServer
    connection: socket.socket

    def do_GET(self) -> None:
        """Answer the list of models."""
        if self._is_let_in():
            known = self.path.rstrip("/") == "/v1/models"
            self._send(200, wire.models()) if known else self._send_no_such_place()

    def do_POST(self) -> None:
        """Answer a question."""
        body = self._body()
        if body is None or not self._is_let_in():
            return
        if self.path != "/v1/chat/completions":
            self._send_no_such_place()
            return
        try:
            ask = wire.read(body)
            answer = wire.completion(ask, self.server.ask(ask))
        except FtdojoError as error:
            status, kind = next(
                (status, kind) for cls, status, kind in _STATUS if isinstance(error, cls)
            )
            self._send(status, wire.failure(kind, str(error)))
        else:
            self._send(200, answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def _body(self) -> bytes | None:
        """Return the body, or None once it was refused."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            self._hang_up(411, "Give the body's Content-Length; it is not taken in chunks.")
            return None
        if int(length) > MAX_BODY_BYTES:
            self._swallow(min(int(length), _SWALLOWED_BYTES))
            self._hang_up(
                413,
                f"The body has {length} bytes and may have {MAX_BODY_BYTES}; send less at once.",
            )
            return None
        return self.rfile.read(int(length))

    def _swallow(self, count: int) -> None:
        while count > 0 and (part := self.rfile.read(min(count, 2**16))):
            count -= len(part)

    def _is_let_in(self) -> bool:
        given = self.headers.get("Authorization", "").encode("utf8", "replace")
        if hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            return True
        message = "Wrong key; take OPENAI_API_KEY from the environment, as the openai client does by itself."
        self._send(401, wire.failure("invalid_api_key", message))
        return False

    def _send_no_such_place(self) -> None:
        message = f"{self.command} {self.path[:200]} is not offered here; POST /v1/chat/completions and GET /v1/models are."
        self._send(404, wire.failure("not_found", message))

    def _hang_up(self, status: int, message: str) -> None:
        self.close_connection = True
        self._send(status, wire.failure("invalid_request_error", message))

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("x-should-retry", "false")  # what could be tried again was
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(text)
