"""A data set of our own invention, and the real client of the hub against a server of ours, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftdojo.testing import HubServer, Repository

ASK = """
import json, sys
from dataclasses import replace
from ftdojo.errors import FtdojoError
from ftdojo.records import Dataset, Part
from ftdojo.sources import dataset_rows, licences, on_download, pull
from ftdojo.config import cache_dir

asked = json.loads(sys.argv[1])
told = {"name": "riddles", "hub_id": "org/riddles", "revision": "main", "licence": "MIT"} | asked["dataset"]
read = lambda row: {"q": row["question"], "a": row["answer"]}
parts = {name: Part(files=tuple(files), read=read) for name, files in asked["parts"].items()}
dataset = Dataset(**told, parts=parts, fields={"q": "asked", "a": "answered"})
said = []
for call in asked["calls"]:
    try:
        with on_download(lambda each: said.append([each.done, each.total])):
            if call == "accept":
                licences.accept(dataset, cache=cache_dir())
                found = "accepted"
            elif call.startswith("again "):
                found = len(pull(dataset, call.removeprefix("again "), again=True).files)
            else:
                found = list(dataset_rows(dataset, call))
    except FtdojoError as error:
        found = {"error": type(error).__name__, "text": str(error)}
    print(json.dumps({"found": found, "said": said}))
    said.clear()
"""
TRAIN = [{"question": f"What is {at}?", "answer": str(at)} for at in range(1000)]
TEST = [{"question": "Who?", "answer": "I"}]


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows):
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), made)
    return made.getvalue()


FILES = {
    "README.md": b"# Riddles\n",
    "load.py": b"boom",
    "data/train-00000-of-00002.parquet": as_parquet(TRAIN[:500]),
    "data/train-00001-of-00002.parquet": as_parquet(TRAIN[500:]),
    "test.jsonl": as_jsonl(TEST),
    "data/rows.pkl": b"pickle",
}
PARTS = {"train": ["data/train-*"], "test": ["test.jsonl"], "all": ["*"], "none": ["nothing*"]}


@pytest.fixture
def write(tmp_path):
    """Write bytes to a file of that name and return its path."""

    def written(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return written


@pytest.fixture
def files():
    """The files of the repository, by name."""
    return FILES


@pytest.fixture
def hub():
    with HubServer({"datasets/org/riddles": Repository(files=FILES)}) as server:
        yield server


@pytest.fixture
def ask(hub, tmp_path):
    """Ask for parts in a fresh process; one answer a call, with the downloads that were told of."""

    def asked(*calls, parts=PARTS, dataset=None, **variables):
        own = {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "hf"),
            "FTDOJO_CACHE": str(tmp_path / "cache"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "PYTHONWARNINGS": "error::ResourceWarning",
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        words = json.dumps({"dataset": dataset or {}, "parts": parts, "calls": calls})
        done = subprocess.run(
            [sys.executable, "-c", ASK, words],
            env=kept | own | {name: str(value) for name, value in variables.items()},
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return [json.loads(line) for line in done.stdout.splitlines()]

    asked.blobs = Path(tmp_path / "hf" / "hub" / "datasets--org--riddles" / "blobs")
    return asked
