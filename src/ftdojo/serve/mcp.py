"""The verbs as tools of the Model Context Protocol, for coding agents that speak it: over stdio, or HTTP on this machine.

An answer is one JSON object, a refusal one line, as on the command line. The protocol has stdout to itself, and a
connection holds no state.
"""

import inspect
import json
import secrets
import socket
from collections.abc import Callable
from functools import wraps
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ftdojo import __version__
from ftdojo.errors import FtdojoError, UnknownName, UsageError
from ftdojo.serve.verbs import Answer, Verbs
from ftdojo.store.codec import dump_object

TOOLS = (
    "guide",
    "start",
    "look",
    "check",
    "train",
    "merge",
    "status",
    "say",
    "stop",
    "finish",
    "report",
)
INSTRUCTIONS = (
    "Fine-tune a language model on a task within a budget. Call guide first. A call answers within seconds; what takes "
    "longer goes on as a job: ask status with wait_s until the run's state is waiting (for you) or ended."
)
LOOPBACK = "127.0.0.1"


def serve_stdio(verbs: Verbs) -> None:
    """Answer on the standard streams until the client goes away."""
    DojoServer(verbs).run("stdio")


def serve_http(verbs: Verbs, port: int) -> None:
    """Answer at ``port`` of this machine (0: any that is free), to whoever has the token; both are printed as JSON.

    Raises:
        UsageError: the port cannot be had.
    """
    token = secrets.token_urlsafe(32)
    app = DojoServer(verbs).streamable_http_app(stateless_http=True, json_response=True)
    server = uvicorn.Server(uvicorn.Config(_Guarded(app, token), log_level="warning"))
    try:
        listening = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise UsageError(
            f"Port {port} of {LOOPBACK} cannot be had ({error.strerror}); choose another, or 0 for any."
        ) from error
    with listening:
        url = f"http://{LOOPBACK}:{listening.getsockname()[1]}/mcp"
        print(json.dumps({"url": url, "authorization": f"Bearer {token}"}), flush=True)
        server.run(sockets=[listening])


class DojoServer(MCPServer[Any]):
    """A server whose tools are ``verbs``, and whose refusals are one line."""

    def __init__(self, verbs: Verbs) -> None:
        super().__init__(
            "ftdojo", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING"
        )
        self._verbs = {name: getattr(verbs, name) for name in TOOLS}
        for verb in self._verbs.values():
            self.add_tool(_as_json(verb), structured_output=False)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> Any:
        """Call a tool.

        Raises:
            ToolError: it is refused, or is not there.
        """
        try:
            self._require_known(name, arguments)
            return await super().call_tool(name, arguments, context)
        except (FtdojoError, ToolError) as error:
            cause = error if isinstance(error, FtdojoError) else error.__cause__
            if isinstance(cause, ValidationError):
                raise ToolError(_line(name, cause)) from cause
            if isinstance(cause, FtdojoError):
                raise ToolError(str(cause)) from cause
            raise

    def _require_known(self, name: str, arguments: dict[str, Any]) -> None:
        """Refuse what would be passed over: an argument under a wrong name."""
        if name not in self._verbs:
            raise UnknownName("tool", name, TOOLS)
        known = inspect.signature(self._verbs[name]).parameters
        for each in arguments:
            if each not in known:
                raise UnknownName(f"argument of {name}", each, known)


def _as_json(verb: Callable[..., Answer]) -> Callable[..., str]:
    """Return ``verb`` with the answer in JSON, once and without spaces: a model reads every character of it."""

    @wraps(verb)
    def called(**given: Any) -> str:
        return dump_object(verb(**given))

    return called


def _line(name: str, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the arguments"
    given = "" if first["type"] == "missing" else f" {first['input']!r:.80}"
    return str(UsageError(f"{name}, {place}{given}: {first['msg']}."))


class _Guarded:
    """Lets only those in who have the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._wanted = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or turn it away."""
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "lifespan" or secrets.compare_digest(given, self._wanted):
            await self._app(scope, receive, send)
            return
        refused = "Send the header that was printed when this server started: Authorization: Bearer TOKEN.\n"
        await PlainTextResponse(refused, 401)(scope, receive, send)
