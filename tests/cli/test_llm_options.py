"""The options that name language models: wrong ones are one line before anything is spent."""

import pytest

RUN = ("run", "ftdojo_toy:task", "--model", "tiny")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--llm-strong", "openai/x"), "--llm-strong openai/x: no language model is named; add"),
        (("--base-url", "http://x"), "--base-url http://x: no language model is named; add --llm"),
        (("--with-judge",), "--with-judge: no language model is named; add --llm"),
        (("--max-usd", "1"), "--max-llm-usd 1.0: no language model is named; add --llm"),
        (("--prices", "p.yaml"), "--prices p.yaml: no language model is named; add --llm"),
        (
            ("--llm", "openia/gpt-5"),
            "No provider of models is called 'openia'. Did you mean 'openai'?",
        ),
        (("--llm", "gpt-5"), "'gpt-5' is not a model; write provider/model"),
        (("--llm", "openai/gpt-5"), "openai/gpt-5 needs a key, and OPENAI_API_KEY is not set."),
        (("--llm", "openai/x", "--llm-judge", "y"), "'y' is not a model; write provider/model"),
        (
            ("--llm", "vllm/x", "--max-usd", "5"),
            "A cap of $5 cannot be kept: the price of vllm/x is not",
        ),
        (("--replay", "nobody"), "No run is called 'nobody'."),
        (("--llm", "vllm/x", "--prices", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    ],
)
def test_a_wrong_model_is_one_line_and_makes_no_run(call, home, options, message):
    before = list((home / "runs").glob("*"))
    ended = call(*RUN, *options, OPENAI_API_KEY="", OPENAI_BASE_URL="")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("ftdojo: ")
    assert ended.err.count("\n") == 1
    assert message in ended.err
    assert list((home / "runs").glob("*")) == before


@pytest.mark.parametrize("option", ["--max-llm-calls", "--max-llm-tokens"])
def test_a_cap_that_allows_nothing_is_refused(call, option):
    ended = call(*RUN, "--llm", "vllm/x", option, "0")
    assert ended.code == 2
    assert f"Invalid value for '{option}': Input should be greater than or equal to 1." in ended.err
