"""A small server that speaks as much of a model hub's protocol as the real client needs to list and download files.

Point ``HF_ENDPOINT`` of a *process of its own* at ``HubServer.url`` (the client reads its variables at import)::

    with HubServer({"datasets/org/name": Repository(files={"train.jsonl": b"{}"})}) as hub:
        subprocess.run([...], env=os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path)})

Large files are served as the hub serves them: by a redirect to another host, which is not told the token.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

LARGE = (".parquet", ".safetensors", ".gz", ".bin")
"""Suffixes of files that a hub keeps in large-file storage: their entity tag is their SHA-256."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """One repository at one commit.

    ``token`` has to be sent with every request for a file, and is one that has accepted the licence if ``gated``.
    ``served`` replaces what is sent for a file, while its entity tag and size stay what ``files`` says.
    """

    files: Mapping[str, bytes]
    gated: bool = False
    token: str = ""
    served: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        """Return the commit, which is a digest of names and contents."""
        names = "".join(f"{name}:{_oid(body)}\n" for name, body in sorted(self.files.items()))
        return hashlib.sha1(names.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, kw_only=True)
class HubRequest:
    """One request as it came; ``path`` without the query, ``span`` the ``Range`` header."""

    method: str
    host: str
    path: str
    span: str = ""
    token: str = ""


class HubServer:
    """Serves ``repositories``, called ``datasets/org/name`` or ``org/name`` for a model, while the block is open.

    ``requests`` lists what was asked for. ``cut`` maps a file's name to a number of bytes after which the connection
    breaks, once a file.
    """

    def __init__(self, repositories: Mapping[str, Repository]) -> None:
        self.repositories = dict(repositories)
        self.requests: list[HubRequest] = []
        self.cut: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Return the address, for ``HF_ENDPOINT``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def store(self) -> str:
        """Return the address that large files are sent to: another host, as far as the client can see."""
        return f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> "HubServer":
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, kw_only=True)
class _Reply:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            asked = HubRequest(
                method=self.command,
                host=self.headers.get("Host", ""),
                path=unquote(urlsplit(self.path).path),
                span=self.headers.get("Range", ""),
                token=self.headers.get("Authorization", "").removeprefix("Bearer "),
            )
            hub.requests.append(asked)
            self._send(_reply(hub, asked))

        def _send(self, reply: _Reply) -> None:
            self.send_response(reply.status)
            length = {"Content-Length": str(len(reply.body))}
            for key, value in {**length, **reply.headers}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(reply.body[: reply.cut])
            if reply.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _reply(hub: HubServer, asked: HubRequest) -> _Reply:
    parts = asked.path.strip("/").split("/")
    if parts[0] == "stored":
        return _stored(hub, asked, parts[1])
    is_api = parts[0] == "api"
    kind = parts[1] if is_api else parts[0] if parts[0] == "datasets" else "models"
    rest = parts[2:] if is_api else parts[1:] if parts[0] == "datasets" else parts
    name = "/".join(rest[:2])
    found = hub.repositories.get(f"datasets/{name}" if kind == "datasets" else name)
    if found is None:
        return _no(401, "RepoNotFound", "Repository not found")
    if refusal := _refused(found, asked, is_file=not is_api):
        return refusal
    revision = rest[3] if len(rest) > 3 else "main"
    if revision not in ("main", found.commit):
        return _no(404, "RevisionNotFound", f"Invalid rev id: {revision}")
    if is_api:
        return _tree(found, rest[4:]) if rest[2:3] == ["tree"] else _info(found, name)
    return _file(hub, found, asked, "/".join(rest[4:]))


def _refused(found: Repository, asked: HubRequest, *, is_file: bool) -> _Reply | None:
    """Say no as the hub does: a gated repository shows its names to all, and its files to accepted tokens only."""
    if asked.token == found.token and not (found.gated and not found.token):
        return None
    if found.gated:
        status = 403 if asked.token else 401
        return _no(status, "GatedRepo", "Access to it is restricted") if is_file else None
    return _no(401, "RepoNotFound", "Repository not found") if found.token else None


def _no(status: int, code: str, message: str) -> _Reply:
    headers = {"X-Error-Code": code, "X-Error-Message": message}
    return _Reply(status=status, headers=headers, body=json.dumps({"error": message}).encode())


def _info(found: Repository, name: str) -> _Reply:
    files = [{"rfilename": each} for each in sorted(found.files)]
    return _json({"id": name, "sha": found.commit, "siblings": files, "gated": found.gated})


def _tree(found: Repository, folder: list[str]) -> _Reply:
    below = "/".join(folder)
    rows = []
    for name, body in sorted(found.files.items()):
        if name.startswith(below):
            row: dict[str, Any] = {"type": "file", "path": name, "size": len(body)}
            large = {"oid": _tag(name, body), "size": len(body), "pointerSize": 134}
            rows.append(
                row | {"oid": _oid(body)} | ({"lfs": large} if name.endswith(LARGE) else {})
            )
    return _json(rows)


def _file(hub: HubServer, found: Repository, asked: HubRequest, name: str) -> _Reply:
    headers = {"X-Repo-Commit": found.commit}
    if name not in found.files:
        refusal = _no(404, "EntryNotFound", "Entry not found")
        return _Reply(status=404, headers={**refusal.headers, **headers})
    body = found.files[name]
    tag = f'"{_tag(name, body)}"'
    if not name.endswith(LARGE):
        return _bytes(hub, found, asked, name, headers | {"ETag": tag})
    headers |= {"X-Linked-Etag": tag, "X-Linked-Size": str(len(body))}
    return _Reply(
        status=302, headers=headers | {"Location": f"{hub.store}/stored/{tag.strip(chr(34))}"}
    )


def _stored(hub: HubServer, asked: HubRequest, tag: str) -> _Reply:
    for found in hub.repositories.values():
        for name, body in found.files.items():
            if _tag(name, body) == tag:
                return _bytes(hub, found, asked, name, {"ETag": f'"{tag}"'})
    return _no(404, "EntryNotFound", "Entry not found")


def _bytes(
    hub: HubServer, found: Repository, asked: HubRequest, name: str, headers: dict[str, str]
) -> _Reply:
    """Send a file, or the rest of it that was asked for."""
    body = found.served.get(name, found.files[name])
    headers |= {"Accept-Ranges": "bytes"}
    cut = hub.cut.pop(name, None) if asked.method == "GET" else None
    if not asked.span:
        return _Reply(status=200, headers=headers, body=body, cut=cut)
    start = int(asked.span.removeprefix("bytes=").partition("-")[0])
    headers |= {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
    return _Reply(status=206, headers=headers, body=body[start:], cut=cut)


def _json(value: object) -> _Reply:
    headers = {"Content-Type": "application/json"}
    return _Reply(status=200, headers=headers, body=json.dumps(value).encode())


def _tag(name: str, body: bytes) -> str:
    return hashlib.sha256(body).hexdigest() if name.endswith(LARGE) else _oid(body)


def _oid(body: bytes) -> str:
    """Return the identity of a file in git."""
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
