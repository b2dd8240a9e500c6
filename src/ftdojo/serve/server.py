"""The socket of a run: one line of JSON a request, read strictly, and one a reply."""

import os
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, assert_never

from ftdojo.errors import FtdojoError, UsageError
from ftdojo.records import LOOKS, Action, Look, parse_action
from ftdojo.serve.protocol import (
    MAX_LINE,
    CheckRequest,
    FinishRequest,
    LookRequest,
    MergeRequest,
    Request,
    StatusRequest,
    StopRequest,
    TrainRequest,
    read_request,
)
from ftdojo.serve.session import Session
from ftdojo.serve.views import entries, page, running, status
from ftdojo.store import codec

PROMPT_S = 1.0
"""An action that ends within this time is answered with what came of it: a refusal, or a fault of the first stage."""


def answer(session: Session, line: bytes) -> bytes:
    """Answer one request."""
    try:
        found = {"ok": True, "answer": _answered(session, line)}
    except FtdojoError as error:
        found = {"ok": False, "error": str(error), "code": error.exit_code}
    return codec.dump_object(found).encode() + b"\n"


def _answered(session: Session, line: bytes) -> dict[str, Any]:
    request = read_request(line)
    match request:
        case StatusRequest():
            if request.wait_s:
                session.wait(None, request.wait_s)
            return status(session.folder, session.standing())
        case LookRequest():
            return _looked(session, request)
        case CheckRequest() | TrainRequest() | MergeRequest():
            return _begun(session, _action(request))
        case StopRequest():
            session.stop(keep=request.keep)
            return status(session.folder, session.standing())
        case FinishRequest():
            chosen = request.experiment or session.seen().best
            return _begun(session, _action(request, experiment=chosen))
        case _:
            assert_never(request)


def _action(request: Request, **chosen: str) -> Action:
    """Return the action that a request spells, with the fields in ``chosen`` in place of its own."""
    return parse_action(
        request.verb, request.model_dump(exclude={"verb", "text", "wait_s"}) | chosen
    )


def _begun(session: Session, action: Action) -> dict[str, Any]:
    """Begin ``action`` and return how the run stands, with the id of the job under ``asked``."""
    doing = session.begin(action)
    assert doing.job
    asked = doing.job.id
    session.wait(doing, PROMPT_S)
    if doing.step and doing.step.notice and not doing.step.truncated:
        raise UsageError(doing.step.notice)
    return status(session.folder, session.standing()) | {"asked": asked}


def _looked(session: Session, request: LookRequest) -> dict[str, Any]:
    if request.what not in LOOKS or request.what == "rows":  # the last observation has the answer
        now = session.standing()
        if request.what == "tokens":
            found = [*session.tokens(request.text)]
        elif request.what == "feedback" and now.job and now.job.experiment == request.name:
            found = running(session.folder, now.job)
        else:
            found = entries(request, session.seen(), now.last)
        return page(request, found, total=len(found))
    action = _action(request)
    assert isinstance(action, Look)
    outcome = session.look(action, seconds=request.wait_s)
    if outcome.notice:
        raise UsageError(outcome.notice)
    return page(request, outcome.found, total=None)


MOST = 32
"""Threads at which further connections are turned away."""
LINE_S = 10.0
"""A request must have come whole within about this time."""
GRACE_S = 3.0
DRAIN_BYTES = 16 * MAX_LINE
Answer = Callable[[bytes], bytes]


class _Handler(socketserver.StreamRequestHandler):
    """One connection."""

    timeout = LINE_S

    def handle(self) -> None:
        """Read one line, answer, hang up."""
        assert isinstance(self.server, SessionServer)
        with suppress(OSError):  # it went away, or took too long to say what it wants
            line = self.rfile.readline(MAX_LINE + 1)
            if not line:
                return
            if len(line) > MAX_LINE:
                self._drain()
            self.wfile.write(self.server.answer(line))

    def _drain(self) -> None:
        """Read on for a while, so that whoever sends too much can still read that it is refused."""
        left = DRAIN_BYTES
        while left > 0:
            found = self.rfile.readline(2**16)
            left -= len(found)
            if not found or found.endswith(b"\n"):
                return


class SessionServer(socketserver.ThreadingUnixStreamServer):
    """Listens at ``path``, which nobody else may connect to, until closed."""

    daemon_threads = True
    request_queue_size = MOST

    def __init__(self, path: str, answer: Answer) -> None:
        self.answer = answer
        super().__init__(path, _Handler)
        Path(path).chmod(0o600)  # its folder was closed to others before it was made

    def start(self) -> None:
        """Listen in a thread of its own."""
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more, and give the answers under way a moment to be sent."""
        self.shutdown()
        until = time.monotonic() + GRACE_S
        while time.monotonic() < until and any(map(_is_handler, threading.enumerate())):
            time.sleep(0.02)
        self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Turn away other users, and too many at once."""
        return _user(request) == os.geteuid() and threading.active_count() <= MOST


def _is_handler(thread: threading.Thread) -> bool:
    return "process_request_thread" in thread.name


def _user(connection: socket.socket) -> int:
    """Return the user at the other end, as the kernel knows it."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", found)[1])
