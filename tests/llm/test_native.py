"""Anthropic's and Google's models, through stand-ins for their packages: what is sent, and how the answer is read."""

import enum
import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest

from ftdojo.errors import LlmError
from ftdojo.llm import open_models
from ftdojo.llm.forms import schema_of
from ftdojo.llm.patience import Patience
from ftdojo.records import LlmChoice

QUICK = Patience(request_s=1, deadline_s=3, tries=3, first_pause_s=0.01)


class StatusError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status_code = self.code = status
        self.body = self.details = {"error": {"message": message}}
        self.response = SimpleNamespace(headers={})


class Script:
    """Plays a list of answers and errors, and keeps what was sent."""

    def __init__(self, *turns):
        self.turns, self.sent, self.made_with = list(turns), [], None

    def client(self, **options):
        self.made_with = options
        at = SimpleNamespace(create=self.create, generate_content=self.create)
        return SimpleNamespace(messages=at, models=at)

    def create(self, **request):
        self.sent.append(request)
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return turn


@pytest.fixture
def anthropic(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any-key")

    def opened(*turns):
        script, package = Script(*turns), ModuleType("anthropic")
        package.Anthropic, package.APIStatusError = script.client, StatusError
        package.APIConnectionError = type("APIConnectionError", (Exception,), {})
        monkeypatch.setitem(sys.modules, "anthropic", package)
        choice = LlmChoice(models={"planner": "anthropic/claude-sonnet-4-5"})
        return script, open_models(choice, patience=QUICK)["planner"]

    return opened


def message(text="{}", stop="end_turn"):
    parts = [SimpleNamespace(type="thinking"), SimpleNamespace(type="text", text=text)]
    usage = SimpleNamespace(
        input_tokens=10,
        output_tokens=5,
        cache_read_input_tokens=3,
        cache_creation_input_tokens=None,
    )
    return SimpleNamespace(content=parts, stop_reason=stop, usage=usage, model="claude-x")


def test_anthropic_is_asked_with_a_system_text_and_a_schema(anthropic, ask, plan):
    script, model = anthropic(message("said"))
    question = ask(schema=schema_of(plan), temperature=0.5, max_tokens=9)
    question = replace(question, messages=({"role": "system", "content": "S"}, *question.messages))
    reply = model.chat(question)
    (sent,) = script.sent
    assert (script.made_with["api_key"], script.made_with["max_retries"]) == ("any-key", 0)
    assert (sent["system"], sent["max_tokens"]) == ("S", 9)
    assert sent["messages"] == [{"role": "user", "content": "plan please"}]
    assert sent["extra_body"]["temperature"] == 0.5
    assert sent["extra_body"]["output_config"]["format"]["schema"] == schema_of(plan)
    assert (reply.text, reply.finish, reply.model) == ("said", "stop", "claude-x")
    assert (reply.usage.input_tokens, reply.usage.cached_tokens) == (13, 3)
    assert reply.usage.usd == pytest.approx((10 * 3 + 3 * 0.3 + 5 * 15) / 1e6)


@pytest.mark.parametrize(("stop", "finish"), [("max_tokens", "length"), ("refusal", "refusal")])
def test_how_anthropic_ended_is_told(anthropic, ask, stop, finish):
    _, model = anthropic(message(stop=stop))
    assert model.chat(ask()).finish == finish


def test_a_claude_without_structured_replies_is_told_the_form_in_words(anthropic, ask, plan):
    refused = StatusError(400, "output_config: this model does not support structured outputs")
    script, model = anthropic(refused, message(), message())
    assert model.chat(ask(schema=schema_of(plan))).tries == 2
    assert model.chat(ask(schema=schema_of(plan))).tries == 1
    assert "output_config" not in script.sent[1]["extra_body"]
    assert "JSON schema" in script.sent[2]["system"]


def test_a_claude_with_shorter_replies_is_asked_for_them(anthropic, ask):
    most = "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku-20240307"
    script, model = anthropic(StatusError(400, most), message(), message())
    assert [model.chat(ask()).tries, model.chat(ask()).tries] == [2, 1]
    assert [each["max_tokens"] for each in script.sent] == [8192, 4096, 4096]


def test_tokens_that_a_package_does_not_tell_are_estimated(anthropic, google, ask):
    answer = message("12345678")
    answer.usage.output_tokens = None
    used = anthropic(answer)[1].chat(ask()).usage
    assert (used.input_tokens, used.output_tokens, used.estimated) == (13, 2, True)
    answer = content()
    answer.usage_metadata = None
    assert google(answer)[1].chat(ask("12345678")).usage.estimated


def test_anthropic_overloaded_is_tried_again_and_a_wrong_key_is_not(anthropic, ask):
    _, model = anthropic(StatusError(529, "Overloaded"), message())
    assert model.chat(ask()).tries == 2
    _, model = anthropic(StatusError(401, "invalid x-api-key"))
    said = r"^anthropic does not accept the key .*401: invalid x-api-key.*Set ANTHROPIC_API_KEY to"
    with pytest.raises(LlmError, match=said):
        model.chat(ask())


Reason = enum.Enum("Reason", ["STOP", "MAX_TOKENS", "SAFETY"])


@pytest.fixture
def google(monkeypatch):
    monkeypatch.setenv("GOOGLE_API_KEY", "any-key")

    def opened(*turns):
        script = Script(*turns)
        package, genai, errors = map(ModuleType, ("google", "google.genai", "google.genai.errors"))
        genai.Client, genai.errors, errors.APIError, package.genai = (
            script.client,
            errors,
            StatusError,
            genai,
        )
        for module in (package, genai, errors):
            monkeypatch.setitem(sys.modules, module.__name__, module)
        choice = LlmChoice(models={"planner": "google/gemini-2.5-pro"})
        return script, open_models(choice, patience=QUICK)["planner"]

    return opened


def content(text="{}", reason=Reason.STOP):
    thought = SimpleNamespace(text="hm", thought=True)
    parts = [thought, SimpleNamespace(text=text, thought=None)]
    first = SimpleNamespace(content=SimpleNamespace(parts=parts), finish_reason=reason)
    usage = SimpleNamespace(
        prompt_token_count=10,
        candidates_token_count=5,
        thoughts_token_count=2,
        cached_content_token_count=None,
    )
    return SimpleNamespace(
        candidates=[first] if reason else None, usage_metadata=usage, model_version="gemini-x"
    )


def test_google_is_asked_with_a_system_text_and_a_schema(google, ask, plan):
    script, model = google(content("said"))
    question = ask(schema=schema_of(plan))
    turns = [("system", "S"), ("user", "U"), ("assistant", "A")]
    told = tuple({"role": role, "content": text} for role, text in turns)
    question = replace(question, messages=told)
    reply = model.chat(question)
    (sent,) = script.sent
    assert [each["role"] for each in sent["contents"]] == ["user", "model"]
    assert sent["config"]["system_instruction"] == "S"
    assert sent["config"]["response_json_schema"] == schema_of(plan)
    assert (reply.text, reply.finish, reply.model) == ("said", "stop", "gemini-x")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (10, 7)
    assert reply.usage.usd == pytest.approx((10 * 1.25 + 7 * 10) / 1e6)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [(Reason.MAX_TOKENS, "length"), (Reason.SAFETY, "refusal"), (None, "refusal")],
)
def test_how_google_ended_is_told(google, ask, reason, finish):
    _, model = google(content(reason=reason))
    assert model.chat(ask()).finish == finish


def test_a_gemini_that_takes_no_schema_is_told_the_form_in_words(google, ask, plan):
    script, model = google(StatusError(400, "Invalid value at 'response_json_schema'"), content())
    assert model.chat(ask(schema=schema_of(plan))).tries == 2
    assert "JSON schema" in script.sent[1]["config"]["system_instruction"]


def test_a_gemma_without_a_system_role_gets_its_text_in_the_first_turn(google, ask):
    said = "Developer instruction is not enabled for models/gemma-3-1b-it"
    script, model = google(StatusError(400, said), content())
    question = ask("Plan.")
    system = {"role": "system", "content": "You plan."}
    assert model.chat(replace(question, messages=(system, *question.messages))).tries == 2
    assert "system_instruction" not in script.sent[1]["config"]
    assert script.sent[1]["contents"][0]["parts"] == [{"text": "You plan.\n\nPlan."}]


def test_a_key_that_google_does_not_know_is_told_as_one(google, ask):
    _, model = google(StatusError(400, "API key not valid. Please pass a valid API key."))
    with pytest.raises(LlmError, match="Set GEMINI_API_KEY or GOOGLE_API_KEY to a key that may"):
        model.chat(ask())


def test_an_option_that_a_package_does_not_take_is_one_line(google, anthropic, ask):
    for opened in (google, anthropic):
        _, model = opened(ValueError("2 errors\n  seed: not\n  permitted"))
        with pytest.raises(LlmError, match=r"cannot be sent: 2 errors seed: not permitted\.$"):
            model.chat(ask())


def test_options_have_the_names_of_their_protocol(google, anthropic, ask):
    script, model = google(content())
    model.chat(ask(extra={"stop": ["."], "top_p": 0.5}))
    assert script.sent[0]["config"]["stop_sequences"] == ["."]
    script, model = anthropic(message())
    model.chat(ask(extra={"stop": ["."], "top_p": 0.5}))
    assert script.sent[0]["extra_body"] == {"stop_sequences": ["."], "top_p": 0.5}


def test_google_busy_is_tried_again_and_an_unknown_model_is_not(google, ask):
    _, model = google(StatusError(503, "busy"), content())
    assert model.chat(ask()).tries == 2
    _, model = google(StatusError(404, "models/gemini-9 is not found"))
    with pytest.raises(
        LlmError, match=r"^google knows no model 'gemini-2.5-pro' \(404: models/gemini-9"
    ):
        model.chat(ask())
