"""A scripted model behind real HTTP, a run's gateway to it, and scripts that come through the door of a real sandbox."""

import contextlib
import itertools
import json
import socket
from http.client import HTTPConnection

import pytest

from ftdojo import tasks
from ftdojo.checks.build import asked_as
from ftdojo.checks.context import KIT
from ftdojo.dojo.account import Account
from ftdojo.gateway import Gateway
from ftdojo.llm import Exchanges, Llm, open_models
from ftdojo.llm.patience import Patience
from ftdojo.records import Budget, LlmChoice
from ftdojo.sandbox import Limits, open_sandbox
from ftdojo.store import Ledger
from ftdojo.testing.llm import ScriptedLlm, behaviours

KEY = "sk-the-real-key-0123456789abcdefghij"
QUICK = Patience(request_s=20, deadline_s=20, tries=2, first_pause_s=0.02)


class Unix(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@pytest.fixture(scope="session", params=["bubblewrap", "unsafe"])
def each_sandbox(request):
    return open_sandbox(request.param)


@pytest.fixture(scope="session")
def sandbox():
    return open_sandbox("bubblewrap")


@pytest.fixture
def key():
    return KEY


@pytest.fixture
def serve(monkeypatch):
    """Return a function that starts a scripted model; the real key is needed there, and lies in our environment."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with contextlib.ExitStack() as stack:
        yield lambda behaviour=behaviours.echo, **more: stack.enter_context(
            ScriptedLlm(behaviour, key=KEY, **more)
        )


@pytest.fixture
def opened(tmp_path):
    """Return a function that makes the gateway of one run, with its ledger, over a scripted model."""

    def make(server, **caps):
        names = {"planner": "openai/planner", "strong": "openai/big", "weak": "openai/small"}
        choice = LlmChoice(models=names, base_url=server.url)
        ledger = Ledger(tmp_path)
        account = Account(budget=Budget(wall_s=9.0, **caps), ledger=ledger, run="mine")
        exchanges = Exchanges(tmp_path / "llm")
        account.settle(exchanges.all())
        models = account.metered(open_models(choice, patience=QUICK))
        llm = Llm(models, exchanges=exchanges, charge=account.charge, allow=account.allow)
        gateway = Gateway(llm, folder=tmp_path)
        gateway.ledger = ledger
        return gateway

    return make


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a script with the door open."""

    number = itertools.count(1)

    def run_script(gateway, code, *, sandbox, data=None, **limits):
        job = tmp_path / f"job{next(number)}"
        job.mkdir()
        (job / "data.py").write_text(code, encoding="utf8")
        with gateway.open(sandbox, "data.py") as door:
            return sandbox.run_python(
                door.script,
                workdir=job,
                readonly={"/kit": KIT, **door.mounts, **({"/data": data} if data else {})},
                env={
                    "PYTHONPATH": sandbox.path_of("/kit", KIT),
                    "FTDOJO_DATA": "/data",
                    "FTDOJO_LOSSES": "/data/losses",
                    "FTDOJO_TASK": asked_as(tasks.get("math/mini")),
                    **door.env,
                },
                limits=Limits(**{"wall_s": 60.0} | limits),
            )

    return run_script


@pytest.fixture
def post(sandbox):
    """Return a function that sends one request straight to the socket and returns (status, body, headers)."""

    def send(gateway, body, *, headers=None, path="/v1/chat/completions", method="POST"):
        with gateway.open(sandbox, "data.py") as door:
            (place,) = door.mounts.values()
            connection = Unix(place / "socket")
            known = {"Authorization": f"Bearer {door.env['OPENAI_API_KEY']}"}
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            # A door that refuses by the head alone may have closed before the body was sent; its answer is there.
            with contextlib.suppress(BrokenPipeError):
                connection.request(method, path, body=text, headers=known | (headers or {}))
            answer = connection.getresponse()
            found = answer.status, json.loads(answer.read()), answer.headers
            connection.close()
            return found

    return send


def question(text="hello", **more):
    return {"model": "weak", "messages": [{"role": "user", "content": text}], **more}


@pytest.fixture(name="question")
def question_fixture():
    return question
