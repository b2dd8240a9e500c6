"""Models of the hub, with the real client against a server of ours."""

from pathlib import Path

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REFUSED = ("nobody", "gated", "pickled", "code")
NAMES = [
    *("org/good", f"org/good@{COMMIT}", "org/good@v9"),
    *(f"org/{name}" for name in REFUSED),
    "org/cut",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("pulled")


@pytest.fixture(scope="module")
def pulled(hub_client, place):
    """What pulling each of ``NAMES`` came to; one process for all."""
    return dict(zip(NAMES, hub_client(place)(*NAMES), strict=True))


def test_a_hub_model_is_pinned_to_its_commit_and_digest(pulled, tiny):
    found = pulled["org/good"]
    assert (found["digest"], found["revision"], found["licence"]) == (tiny.digest, COMMIT, "mit")


def test_code_and_pickles_of_a_repository_are_not_downloaded(pulled):
    found = pulled["org/good"]
    names = {path.name for path in Path(found["path"]).iterdir()}
    assert "model.safetensors" in names
    assert not names & {"evil.py", "pytorch_model.bin"}


def test_a_second_pull_asks_nobody(pulled, hub_client, place):
    (found,) = hub_client(place)("org/good", HF_ENDPOINT="http://127.0.0.1:9")
    assert found["said"] == []


def test_a_revision_is_taken_from_the_name(pulled):
    assert pulled[f"org/good@{COMMIT}"]["revision"] == COMMIT
    assert (
        pulled["org/good@v9"]["text"]
        == "org/good has no revision 'v9'; name a branch, tag or commit of it."
    )


def test_each_refusal_is_one_line_that_says_what_to_do(pulled, hub):
    missing, gated, pickled, code = (pulled[f"org/{name}"] for name in REFUSED)
    assert missing["text"].startswith("The hub has no model 'org/nobody', or it is private;")
    assert f"accept its licence at {hub}/org/gated, then set HF_TOKEN" in gated["text"]
    assert "org/pickled offers no config.json with safetensors" in pickled["text"]
    assert "code of its own (model_type 'homemade'), which ftdojo never runs" in code["text"]
    assert {each["error"] for each in (missing, gated, pickled, code)} == {"ModelError"}


def test_weights_cut_short_on_the_hub_are_refused(pulled):
    assert "model.safetensors is damaged: it has " in pulled["org/cut"]["text"]


def test_a_hub_out_of_reach_is_named(ask_hub):
    (found,) = ask_hub("org/good", HF_ENDPOINT="http://127.0.0.1:9")
    assert "org/good could not be downloaded from http://127.0.0.1:9 (" in found["text"]
    assert found["text"].endswith("try again, or name a folder.")


def test_offline_without_the_model_says_why(ask_hub):
    (found,) = ask_hub("org/good", HF_HUB_OFFLINE="1")
    assert found["text"].startswith(
        "org/good was never downloaded whole, and HF_HUB_OFFLINE is set;"
    )


def test_offline_finds_what_the_client_has_cached(pulled, ask_hub, place, tiny):
    (found,) = ask_hub("org/good", HF_HUB_OFFLINE="1", HF_HOME=str(place / "hf"))
    assert found["digest"] == tiny.digest


def test_a_truncated_hub_file_is_fetched_again(ask_hub, tiny):
    (first,) = ask_hub("org/good")
    weights = (Path(first["path"]) / "model.safetensors").resolve()
    weights.write_bytes(weights.read_bytes()[:1000])
    (again,) = ask_hub("org/good")
    assert "model.safetensors has 1000 bytes instead of" in again["said"][0]
    assert again["digest"] == tiny.digest
