"""A tiny model made once, and a small HTTP server that speaks as much of the hub's protocol as its client needs."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from ftdojo.models import pull

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ASK = """
import json, sys
from pathlib import Path
from ftdojo.errors import FtdojoError
from ftdojo.models import pull
for name in sys.argv[2:]:
    said = []
    try:
        model = pull(name, cache=Path(sys.argv[1]), on_progress=said.append)
        found = {"name": model.name, "digest": model.digest, "revision": model.revision,
                 "licence": model.licence, "path": str(model.path)}
    except FtdojoError as error:
        found = {"error": type(error).__name__, "text": str(error)}
    print(json.dumps(found | {"said": said}))
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache that holds the tiny model; tests that damage things make their own."""
    folder = tmp_path_factory.mktemp("cache")
    pull("tiny", cache=folder)
    return folder


@pytest.fixture(scope="session")
def tiny(cache):
    return pull("tiny", cache=cache)


class Hub(BaseHTTPRequestHandler):
    """Serves ``repos``: name -> {file: bytes}; a name that ends in ``gated`` hands out no file."""

    repos: ClassVar[dict[str, dict[str, bytes]]] = {}

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urlsplit(self.path).path
        parts = path.strip("/").removeprefix("api/models/").split("/")
        files = self.repos.get("/".join(parts[:2]))
        if files is None:
            return self._answer(404, headers={"X-Error-Code": "RepoNotFound"})
        if parts[3:4] not in (["main"], [COMMIT]):
            return self._answer(404, headers={"X-Error-Code": "RevisionNotFound"})
        return {"revision": self._info, "tree": self._tree, "resolve": self._file}[parts[2]](
            "/".join(parts[:2]), files, parts[-1]
        )

    def _info(self, repo, files, _):
        body = {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
        self._answer(200, json.dumps(body).encode())

    def _tree(self, repo, files, _):
        rows = [
            {"type": "file", "path": name, "size": len(body), "oid": _oid(body)}
            for name, body in files.items()
        ]
        self._answer(200, json.dumps(rows).encode())

    def _file(self, repo, files, name):
        if repo.endswith("gated"):
            return self._answer(403, headers={"X-Error-Code": "GatedRepo"})
        etag = {"ETag": f'"{_oid(files[name])}"', "X-Repo-Commit": COMMIT}
        return self._answer(200, files[name], headers=etag)

    def _answer(self, status, body=b"", headers=None):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def _oid(body):
    return hashlib.sha1(body).hexdigest()


@pytest.fixture(scope="session")
def hub(tiny):
    files = {
        path.name: path.read_bytes() for path in tiny.path.iterdir() if path.name != "ftdojo.json"
    }
    files["README.md"] = b"---\nlicense: mit\n---\n# A model\n"
    code = json.loads(files["config.json"]) | {"auto_map": {}, "model_type": "homemade"}
    Hub.repos = {
        "org/good": files | {"evil.py": b"boom", "pytorch_model.bin": b"pickle"},
        "org/gated": files,
        "org/pickled": {"config.json": b"{}", "pytorch_model.bin": b"pickle"},
        "org/code": files | {"config.json": json.dumps(code).encode()},
        "org/cut": files | {"model.safetensors": files["model.safetensors"][:-9]},
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def hub_client(hub):
    """Return what makes a function that pulls names in a fresh process (the client reads its variables at import).

    It answers once a name. Models, and what the client keeps, lie in the given folder.
    """

    def client(place: Path):
        def ask(*names: str, **variables: str) -> list[dict[str, object]]:
            own = {
                "HF_ENDPOINT": hub,
                "HF_HOME": str(place / "hf"),
                "HF_HUB_DISABLE_TELEMETRY": "1",
            }
            done = subprocess.run(
                [sys.executable, "-c", ASK, str(place / "cache"), *names],
                env=os.environ | own | variables,
                capture_output=True,
                text=True,
                cwd=place,
            )
            assert done.returncode == 0, done.stderr
            return [json.loads(line) for line in done.stdout.splitlines()]

        return ask

    return client


@pytest.fixture
def ask_hub(hub_client, tmp_path):
    """Pull names with a client that has pulled nothing before."""
    return hub_client(tmp_path)


@pytest.fixture
def base(tiny, tmp_path):
    """Return a function that makes a folder with a model that has no chat template."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "toys"))
    from toy_base import bare

    yield lambda **how: bare(tiny.path, tmp_path / "base", **how)
    sys.path.pop(0)
