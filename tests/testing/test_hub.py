"""The hub of ours: models come through it as data sets do, with the real client in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.models import pull
from ftdojo.testing import HubServer, Repository

PULL = """
import json, sys
from pathlib import Path
from ftdojo.errors import FtdojoError
from ftdojo.models import pull
try:
    model = pull("org/small", cache=Path(sys.argv[1]))
    print(json.dumps({"digest": model.digest, "revision": model.revision, "path": str(model.path)}))
except FtdojoError as error:
    print(json.dumps({"error": str(error)}))
"""


def python(*words, **variables):
    kept = os.environ | {name: str(value) for name, value in variables.items()}
    done = subprocess.run(
        [sys.executable, "-c", *map(str, words)], env=kept, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Files of the tiny model as transformers saves them, and the digest of its weights."""
    made = pull("tiny", cache=tmp_path_factory.mktemp("cache"))
    folder = tmp_path_factory.mktemp("saved")
    for kind in (AutoModelForCausalLM, AutoTokenizer):
        kind.from_pretrained(made.path, local_files_only=True).save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}, made.digest


@pytest.fixture
def hub(saved):
    with HubServer({"org/small": Repository(files=saved[0])}) as server:
        yield server


@pytest.fixture
def ask(hub, tmp_path):
    def asked(**variables):
        own = {"HF_ENDPOINT": hub.url, "HF_HOME": tmp_path / "hf"}
        return json.loads(python(PULL, tmp_path / "cache", **own | variables))

    return asked


def test_a_model_that_transformers_saved_is_pulled_whole_and_pinned(ask, hub, saved):
    found = ask()
    assert (found["digest"], found["revision"]) == (
        saved[1],
        hub.repositories["org/small"].commit,
    )
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= {
        path.name for path in Path(found["path"]).iterdir()
    }


def test_weights_whose_download_broke_are_asked_for_again(ask, hub, saved):
    hub.cut["model.safetensors"] = 1000
    assert ask()["digest"] == saved[1]
    assert hub.cut == {}


def test_a_model_is_there_without_a_network_once_it_was_pulled(ask, hub, saved):
    ask()
    hub.requests.clear()
    assert ask(HF_HUB_OFFLINE="1")["digest"] == saved[1]
    assert hub.requests == []


def test_a_gated_model_hands_out_no_file_without_an_accepted_token(ask, hub, saved):
    hub.repositories["org/small"] = Repository(files=saved[0], gated=True, token="hf_good")
    assert "org/small is gated: accept its licence" in ask()["error"]
    assert ask(HF_TOKEN="hf_good")["digest"] == saved[1]


def test_the_token_is_not_told_to_the_store_of_large_files(ask, hub, saved):
    hub.repositories["org/small"] = Repository(files=saved[0], token="hf_good")
    ask(HF_TOKEN="hf_good")
    assert {each.token for each in hub.requests if each.host.startswith("localhost")} == {""}
    assert {each.token for each in hub.requests if "/resolve/" in each.path} == {"hf_good"}
