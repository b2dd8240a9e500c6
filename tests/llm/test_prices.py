"""Prices: the user's file, then an offline table, then unknown, which is never 0."""

import pytest

from ftdojo.errors import UsageError
from ftdojo.llm import Usage
from ftdojo.llm.prices import Prices
from ftdojo.llm.providers import server_of

MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def usd(prices, model="openai/gpt-4o-mini", listed="openai", usage=MILLION):
    return prices.priced(usage, model=model, listed=listed).usd


@pytest.fixture
def priced(tmp_path):
    def read(text):
        (tmp_path / "prices.yaml").write_text(text)
        return Prices(str(tmp_path / "prices.yaml"))

    return read


def test_the_offline_table_knows_hosted_models():
    assert usd(Prices()) == pytest.approx(0.15 + 0.60)


def test_cached_input_is_cheaper():
    cached = Usage(input_tokens=1_000_000, cached_tokens=1_000_000)
    assert usd(Prices(), usage=cached) == pytest.approx(0.075)


@pytest.mark.parametrize(
    ("model", "listed"), [("openai/scripted", "openai"), ("vllm/gpt-4o-mini", "")]
)
def test_an_unknown_price_is_none_and_not_0(model, listed):
    assert usd(Prices(), model, listed) is None


def test_the_users_prices_go_first_and_exact_names_before_patterns(priced):
    prices = priced(
        "vllm/*: {input: 0, output: 0}\n"
        "openai/gpt-4o-mini: {input: 1, output: 2, cached: 0.5}\n"
        "vllm/big: {input: 3, output: 4}\n"
    )
    assert usd(prices) == 3
    assert usd(prices, "vllm/big", "") == 7
    assert usd(prices, "vllm/small", "") == 0
    assert usd(prices, usage=Usage(input_tokens=2_000_000, cached_tokens=1_000_000)) == 1.5


def test_money_is_exact_until_it_is_a_float(priced):
    prices = priced("a/b: {input: 0.1, output: 0.2}")
    assert usd(prices, "a/b", "", Usage(input_tokens=3, output_tokens=3)) == 9e-07


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", "a: [", "a/b: 3", "a/b: {input: 1}", "a/b: {input: 1, output: 1, cash: 1}"]
    + [f"a/b: {{input: {bad}, output: 1}}" for bad in ("-1", "x", "true", ".nan", ".inf", "1e-4")]
    + [pytest.param("[" * 5000, id="a nest")],
)
def test_a_price_file_that_is_none_is_one_line(priced, text):
    with pytest.raises(UsageError, match="write one line a model") as caught:
        priced(text)
    assert "\n" not in str(caught.value)


def test_a_price_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        Prices(str(tmp_path / "none.yaml"))


def test_the_table_is_asked_only_about_the_providers_own_server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    assert server_of("openai/gpt-5").listed == "openai"
    assert server_of("openai/gpt-5", base_url="https://elsewhere.example/v1").listed == ""
    assert server_of("anthropic/claude-x").listed == "anthropic"
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://elsewhere.example")
    assert server_of("anthropic/claude-x").listed == ""
