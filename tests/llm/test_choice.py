"""What a user may ask for is checked before anything is spent, and said in one line."""

import sys

import pytest

from ftdojo.errors import FtdojoError, MissingExtra, UnknownName, UsageError
from ftdojo.llm import open_models
from ftdojo.records import ROLES, LlmChoice
from ftdojo.testing.llm import behaviours

HOSTED = "https://models.example/v1"
LOCAL = "http://127.0.0.1:9/v1"


def opened(planner="openai/gpt-5", **more):
    return open_models(LlmChoice(models={"planner": planner}, **more))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gpt-5", "'gpt-5' is not a model; write provider/model, such as openai/gpt-5"),
        ("openai/", "'openai/' is not a model"),
        ("/gpt-5", "'/gpt-5' is not a model"),
        ("opanai/gpt-5", "No provider of models is called 'opanai'. Did you mean 'openai'?"),
        ("openai/gpt-5", "openai/gpt-5 needs a key, and OPENAI_API_KEY is not set. Set it, or"),
        ("google/gemini-x", "GEMINI_API_KEY or GOOGLE_API_KEY is not set"),
        ("openrouter/a/b", "openrouter/a/b needs a key, and OPENROUTER_API_KEY is not set"),
        ("", "no planner model: name one with --llm PROVIDER/MODEL"),
    ],
)
def test_a_model_that_cannot_be_asked_is_one_line(name, said):
    with pytest.raises(UsageError) as caught:
        opened(name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:8000", "'localhost:8000' is not an address of a server"),
        ("http://", "is not an address"),
        ("http://host:port/v1", "is not an address"),
        ("file:///etc/passwd", "is not an address"),
        ("http://me:pass@127.0.0.1/v1", "may hold a secret"),
        ("http://127.0.0.1/v1?key=1", "may hold a secret"),
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_one_line(url, said):
    with pytest.raises(UsageError, match=said) as caught:
        opened(base_url=url)
    assert "pass@" not in str(caught.value)


def test_the_planner_must_be_named_and_roles_are_known():
    with pytest.raises(UsageError, match="no planner model"):
        open_models(LlmChoice(models={"judge": "vllm/x"}))
    with pytest.raises(UnknownName, match=r"No role of a model is called 'planer'\. Did you mean"):
        open_models(LlmChoice(models={"planer": "vllm/x"}))


def test_every_role_has_a_model_and_one_model_is_opened_once():
    models = open_models(LlmChoice(models={"planner": "vllm/large", "weak": "vllm/small"}))
    assert {role: models[role].name for role in ROLES} == {
        "planner": "vllm/large",
        "strong": "vllm/large",
        "weak": "vllm/small",
        "judge": "vllm/large",
    }
    assert models["judge"] is models["planner"]


def test_a_local_server_needs_no_key_and_a_far_one_does(monkeypatch):
    assert opened(base_url=LOCAL)["planner"].name == "openai/gpt-5"
    assert opened("vllm/x")["planner"].name == "vllm/x"
    with pytest.raises(UsageError, match="to any word if the server needs none"):
        opened(base_url=HOSTED)
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    assert opened(base_url=HOSTED)


def test_the_address_is_the_options_else_the_variables(serve, ask, monkeypatch):
    said, kept = serve(behaviours.echo), serve(behaviours.obliging)
    monkeypatch.setenv("OPENAI_BASE_URL", kept.url)
    opened()["planner"].chat(ask())
    opened(base_url=said.url)["planner"].chat(ask())
    monkeypatch.setenv("VLLM_BASE_URL", kept.url)
    opened("vllm/mine")["planner"].chat(ask())
    assert [each.body["model"] for each in kept.requests] == ["gpt-5", "mine"]
    assert [each.body["model"] for each in said.requests] == ["gpt-5"]


def test_an_address_that_no_model_uses_is_said():
    with pytest.raises(UsageError, match=r"--base-url http\S+ is the address of openai/"):
        opened("vllm/x", base_url=LOCAL)


def test_a_key_that_no_header_can_hold_is_said_without_it(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one\nsk-two")
    with pytest.raises(UsageError, match="The key in OPENAI_API_KEY holds a blank") as caught:
        opened()
    assert "sk-one" not in str(caught.value)


@pytest.mark.parametrize(
    ("provider", "package", "extra"),
    [
        ("openai", "openai", "llm"),
        ("anthropic", "anthropic", "anthropic"),
        ("google", "google", "google"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, provider, package, extra):
    for name in ("OPENAI", "ANTHROPIC", "GEMINI"):
        monkeypatch.setenv(f"{name}_API_KEY", "any")
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "ftdojo.llm.compatible", raising=False)
    with pytest.raises(MissingExtra, match=rf"pip install 'ftdojo\[{extra}\]'\.$"):
        opened(f"{provider}/x")


def test_a_choice_holds_no_secret(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-very-secret-key")
    choice = LlmChoice(models={"planner": "openai/gpt-5"})
    models = open_models(choice)
    assert "a-very-secret-key" not in f"{choice!r} {models!r} {models['planner']._server!r}"


def test_a_models_time_is_positive():
    with pytest.raises(UsageError, match=r"timeout_s=0 leaves a model no time"):
        opened("vllm/x", timeout_s=0)


CERTIFICATE = "is not a file of trusted certificates"
WAYS = {
    "socks without its package": ("ALL_PROXY", "socks5://127.0.0.1:9", "pip install socksio"),
    "a port that is no number": ("HTTP_PROXY", "http://127.0.0.1:abc", "the address of a proxy"),
    "a port that is none": ("https_proxy", "http://127.0.0.1:99999", "the address of a proxy"),
    "another protocol": ("HTTPS_PROXY", "ftp://127.0.0.1:9", "the address of a proxy"),
    "no host": ("http_proxy", "http://", "the address of a proxy"),
    "half an address": ("ALL_PROXY", "http://[::1", "the address of a proxy"),
    "no file": ("SSL_CERT_FILE", "/nowhere/ca.pem", f"{CERTIFICATE} (there is no such file)"),
    "no certificates": ("SSL_CERT_FILE", __file__, CERTIFICATE),
    "no folder": ("SSL_CERT_DIR", "/nowhere", "is not a folder of trusted certificates"),
}


@pytest.mark.parametrize(("name", "value", "fault"), WAYS.values(), ids=WAYS)
def test_a_proxy_or_certificate_that_cannot_work_is_named_before_anything_is_sent(
    monkeypatch, name, value, fault
):
    monkeypatch.setenv(name, value)
    with pytest.raises(FtdojoError) as caught:
        open_models(LlmChoice(models={"planner": "openai/m"}, base_url=LOCAL))
    assert str(caught.value).startswith(f"{name}={value} is")
    assert fault in str(caught.value)
    assert "unset it" in str(caught.value)


def test_the_login_of_a_proxy_is_not_shown(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@127.0.0.1:abc")
    with pytest.raises(UsageError) as caught:
        open_models(LlmChoice(models={"planner": "openai/m"}, base_url=LOCAL))
    assert "secret" not in str(caught.value)
