"""A scripted server, and an ``Llm`` that asks it over HTTP with the real client."""

import contextlib

import pytest
from pydantic import BaseModel, Field

from ftdojo.llm import Ask, Exchanges, Llm, open_models
from ftdojo.llm.patience import Patience
from ftdojo.records import LlmChoice
from ftdojo.testing.llm import ScriptedLlm

QUICK = Patience(request_s=1, deadline_s=3, tries=5, first_pause_s=0.02)


class Plan(BaseModel):
    title: str = Field(max_length=50)
    steps: list[int]
    note: str | None = None


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("OPENAI", "ANTHROPIC", "GEMINI", "GOOGLE", "OPENROUTER", "VLLM"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
        monkeypatch.delenv(f"{name}_BASE_URL", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def plan():
    return Plan


@pytest.fixture
def ask():
    def made(text="plan please", purpose="plan/1", **more):
        turns = ({"role": "user", "content": text},)
        return Ask(purpose=purpose, messages=turns, **more)

    return made


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:

        def started(behaviour, **more):
            return stack.enter_context(ScriptedLlm(behaviour, **more))

        yield started


@pytest.fixture
def model():
    def opened(url, patience=QUICK, **more):
        choice = LlmChoice(models={"planner": "openai/scripted"}, base_url=url, **more)
        return open_models(choice, patience=patience)["planner"]

    return opened


@pytest.fixture
def llm(tmp_path, model):
    """An ``Llm`` bound to one folder; ``charged`` lists what it charged."""

    def made(url, *, allow=lambda: None, **more):
        charged = []
        found = Llm(
            {"planner": model(url, **more)},
            exchanges=Exchanges(tmp_path / "llm"),
            charge=charged.append,
            allow=allow,
        )
        found.charged = charged
        return found

    return made
