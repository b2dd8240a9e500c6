"""The server behind the socket: one thread a connection, a few requests at once, everything bounded."""

import contextlib
import hmac
import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, BinaryIO

from ftdojo.errors import FtdojoError, LlmBadRequest, LlmBudget, LlmError, UnknownName, UsageError
from ftdojo.gateway import wire
from ftdojo.llm import Ask, Reply

MAX_HEAD_BYTES = 64 * 2**10
MAX_BODY_BYTES = 4 * 2**20
MAX_BYTES_AT_ONCE = 4 * MAX_BODY_BYTES
"""Of all bodies together, from reading one to its reply; whoever comes later waits, as long as a connection may be silent."""
MAX_CONNECTIONS = 256
IDLE_S = 60.0
"""How long a connection may be silent. One that is waiting for a reply is not idle."""
_SWALLOWED_BYTES = 64 * 2**20
"""Of a body that is too large, this much is read and dropped, so that its sender gets to read the reply."""
_MOST_DIGITS = 19
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
        self._room, self._freed = MAX_BYTES_AT_ONCE, threading.Condition()

    @contextlib.contextmanager
    def room(self, count: int) -> Iterator[bool]:
        """Yield whether there is memory for a body of ``count`` bytes, having waited for it; it is kept until the end."""
        with self._freed:
            is_there = self._freed.wait_for(lambda: self._room >= count, timeout=IDLE_S)
            self._room -= count if is_there else 0
        try:
            yield is_there
        finally:
            with self._freed:
                self._room += count if is_there else 0
                self._freed.notify_all()

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


class _Head:
    """The bytes of one connection; the lines of a request's head may have ``left`` of them."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self.left = source, 0
        self.read, self.close = source.read, source.close

    def readline(self, most: int) -> bytes:
        """Return the next line, or as much of it as is allowed.

        Raises:
            HTTPException: nothing is allowed any more.
        """
        if not self.left:
            raise HTTPException(f"the head may have {MAX_HEAD_BYTES} bytes")
        line = self._source.readline(min(most, self.left))
        self.left -= len(line)
        return line


class _Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server: GatewayServer
    connection: socket.socket

    def setup(self) -> None:
        """Bound what a request's head may take."""
        super().setup()
        self.rfile: Any = _Head(self.rfile)

    def handle_one_request(self) -> None:
        """Read and answer the next request."""
        self.rfile.left = MAX_HEAD_BYTES
        super().handle_one_request()

    def do_GET(self) -> None:
        """Answer the list of models."""
        if self._is_let_in():
            known = self.path.rstrip("/") == "/v1/models"
            self._send(200, wire.models()) if known else self._send_no_such_place()

    def do_POST(self) -> None:
        """Answer a question."""
        length = self._length()
        if length is None:
            return
        with self.server.room(length) as is_there:
            if is_there:
                self._answer(self.rfile.read(length))
            else:
                self._hang_up(503, "Too much is being asked at once; send fewer requests together.")

    def _answer(self, body: bytes) -> None:
        if not self._is_let_in():
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

    def _length(self) -> int | None:
        """Return how long the body is, or None once it was refused."""
        given = self.headers.get("Content-Length", "")
        if not (given.isascii() and given.isdigit()) or "Transfer-Encoding" in self.headers:
            self._hang_up(411, "Give the body's Content-Length; it is not taken in chunks.")
            return None
        # Longer numbers than this Python does not read: nor is there a body to such a length.
        length = int(given) if len(given) <= _MOST_DIGITS else _SWALLOWED_BYTES
        if length <= MAX_BODY_BYTES:
            return length
        self._swallow(min(length, _SWALLOWED_BYTES))
        size = given if len(given) <= _MOST_DIGITS else "far too many"
        self._hang_up(
            413, f"The body has {size} bytes and may have {MAX_BODY_BYTES}; send less at once."
        )
        return None

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
