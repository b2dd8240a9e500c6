"""The gateway of a run, and the access to it that is opened for one script."""

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ftdojo.errors import LlmBadRequest, LlmError, StoreError
from ftdojo.gateway import bridge
from ftdojo.gateway.server import GatewayServer
from ftdojo.gateway.wire import MODELS
from ftdojo.llm import Ask, Llm, Reply
from ftdojo.sandbox import Sandbox

AT_ONCE = 8
"""How many requests of data scripts are with a model at the same time."""
LAST_ANSWERS_S = 15.0
"""How long to wait for the replies under way once a script has ended: they are paid for, so they are kept."""
_INSIDE = "/llm"
_LONGEST = 80
"""Bytes of the path of a folder in which the socket's own path is not too long for the kernel, which takes 107."""


@dataclass(frozen=True, kw_only=True)
class SandboxAccess:
    """What a script needs to reach the gateway: what to run in its place, what to mount, what to put into its environment.

    The plain one gives no access: the script runs as it is.
    """

    script: str
    mounts: Mapping[str, Path] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


class Gateway:
    """Answers the data scripts of one run by its ``Llm``, which records, charges and caps.

    Args:
        llm: the run's language models.
        folder: where the socket goes; only the owner has access.
    """

    def __init__(self, llm: Llm, *, folder: Path) -> None:
        self._llm, self._folder = llm, folder
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._lock, self._under_way = threading.Lock(), 0
        self.unanswered = 0
        """How many requests got no reply: because of a cap, or because no model could be reached."""

    def pins(self) -> list[str]:
        """Return which models reply, for the cache keys of what is built with their replies."""
        return [f"{name}={self._llm.name(name)}" for name in MODELS]

    @contextlib.contextmanager
    def open(self, sandbox: Sandbox, script: str) -> Iterator[SandboxAccess]:
        """Serve while a script runs in ``sandbox``.

        Raises:
            StoreError: the socket cannot be made.
        """
        token = secrets.token_urlsafe(16)
        with self._place() as place, self._served(place, token):
            inside = sandbox.path_of(_INSIDE, place)
            yield SandboxAccess(
                script=f"{inside}/bridge.py",
                mounts={_INSIDE: place},
                env={"FTDOJO_SCRIPT": script, "OPENAI_API_KEY": token},
            )

    @contextlib.contextmanager
    def _served(self, place: Path, token: str) -> Iterator[None]:
        closed = threading.Event()

        def reply(ask: Ask) -> Reply:
            return self._answer(ask, closed)

        try:
            server = GatewayServer(place / "socket", token=token, ask=reply)
        except OSError as error:
            raise StoreError(
                f"{place} cannot hold a socket ({error.strerror}); choose another disk with FTDOJO_HOME."
            ) from error
        thread = threading.Thread(target=server.serve_forever, name="gateway", daemon=True)
        thread.start()
        try:
            yield
        finally:
            closed.set()
            server.shutdown()
            server.server_close()
            self._wait()

    @contextlib.contextmanager
    def _place(self) -> Iterator[Path]:
        """Make a folder with the bridge, open to all, inside one that is closed to all but us; it is gone afterwards."""
        fits = len(os.fsencode(self._folder.resolve())) < _LONGEST
        with tempfile.TemporaryDirectory(
            dir=self._folder.resolve() if fits else None,
            prefix="access-",
            ignore_cleanup_errors=True,
        ) as closed:
            place = Path(closed) / "open"
            place.mkdir()
            place.chmod(0o755)
            shutil.copyfile(bridge.__file__, place / "bridge.py")
            (place / "bridge.py").chmod(0o644)
            yield place

    def _answer(self, ask: Ask, closed: threading.Event) -> Reply:
        with self._turns:
            if closed.is_set():
                raise LlmError("The script that sent this request has ended; no model was called.")
            self._count(1)
            try:
                return self._llm.ask(ask)
            except LlmError as error:
                # A request that no server would take is the script's to put right, not an outage.
                self.unanswered += not isinstance(error, LlmBadRequest)
                raise
            finally:
                self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self._under_way += change

    def _wait(self) -> None:
        until = time.monotonic() + LAST_ANSWERS_S
        while self._under_way and time.monotonic() < until:
            time.sleep(0.02)
