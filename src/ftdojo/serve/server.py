"""The socket: this user's alone, one request a connection, bounded in length, time and number."""

import os
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ftdojo.serve.words import MAX_LINE

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
        assert isinstance(self.server, Server)
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


class Server(socketserver.ThreadingUnixStreamServer):
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
