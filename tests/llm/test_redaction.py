"""Keys are taken out, words are left in."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo import config
from ftdojo.llm import redact

KEYS = st.text(string.ascii_letters + string.digits + "-_", min_size=8, max_size=60)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("key sk-proj-0123456789abcdefghij!", "key [redacted]!"),
        ("sk-ant-api03-abcdefghijklmnopqrstuv", "[redacted]"),
        ("(gsk_abcdefghijklmnopqrst)", "([redacted])"),
        ("hf_abcdefghijklmnopqrstuvwxyz", "[redacted]"),
        ("AIza" + "a" * 35, "[redacted]"),
        ("Authorization: Bearer abc123def", "Authorization: [redacted]"),
        ("bearer abcdefghijklmnopqrstuvwxyz", "[redacted]"),
        ("http://me:pass@host/v1", "http://[redacted]@host/v1"),
    ],
)
def test_what_is_shaped_like_a_key_is_taken_out(text, clean):
    assert redact(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "task-specific-and-very-long-words-follow",
        "the risk-adjusted-return-of-everything-here",
        "sk-learn",
        "a bearer of good news",
        "write to me@host.example",
        "https://host.example/@name",
        "def f(x):\n    return {'sk': x}",
    ],
)
def test_words_are_left_in(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "HF_TOKEN", "MY_SECRET", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "apikey"],
)
def test_secrets_of_the_environment_are_taken_out(monkeypatch, name):
    monkeypatch.setenv(name, " plain-words-as-a-secret ")
    assert redact("a plain-words-as-a-secret b") == "a [redacted] b"


@pytest.mark.parametrize(
    "name", ["TOKENIZERS_PARALLELISM", "KEYBOARD", "MAX_TOKENS", "TOKEN_COUNT"]
)
def test_other_variables_are_not(monkeypatch, name):
    monkeypatch.setenv(name, "plain-words")
    assert redact("plain-words") == "plain-words"


@pytest.mark.parametrize("value", ["", "none", "EMPTY", "dummy", "redacted"])
def test_placeholders_are_not_secrets(monkeypatch, value):
    monkeypatch.setenv("OPENAI_API_KEY", value)
    assert redact("none EMPTY dummy redacted word") == "none EMPTY dummy redacted word"


@given(st.text(), KEYS, st.text())
def test_no_secret_of_the_environment_survives(before, key, after):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", {"OPENAI_API_KEY": key})
        assert key not in redact(before + key + after) or key in "[redacted]"


@given(
    st.text(),
    st.sampled_from(["sk-", "Bearer "]),
    st.from_regex(r"[a-z0-9]{20,40}", fullmatch=True),
)
def test_no_key_by_its_shape_survives_after_a_blank(before, prefix, key):
    assert key not in redact(f"{before} {prefix}{key} ")


@given(st.text(), KEYS)
def test_what_is_clean_stays_as_it_is(text, key):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", {"OPENAI_API_KEY": key})
        once = redact(text)
        assert redact(once) == once


def test_a_key_that_holds_another_is_taken_out_whole(monkeypatch):
    monkeypatch.setenv("A_TOKEN", "first-part")
    monkeypatch.setenv("B_TOKEN", "first-part-and-more")
    assert redact("first-part-and-more") == "[redacted]"


def test_keys_are_found_by_the_first_variable_that_is_set(monkeypatch):
    monkeypatch.setenv("A_API_KEY", " ")
    monkeypatch.setenv("B_API_KEY", "second")
    assert config.api_key("A_API_KEY", "B_API_KEY") == "second"
    assert config.api_key("C_API_KEY") == ""
