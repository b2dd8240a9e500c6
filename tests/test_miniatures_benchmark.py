"""The measuring of miniatures still runs: base, training on a source, scores. How good anything is, no test asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def bench(*options, out):
    small = ("--model", "tiny", "--rows", "8", "--items", "4", "--out", str(out))
    command = [sys.executable, "-m", "benchmarks.miniatures", *options, *small]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("miniatures")


@pytest.fixture(scope="module")
def ran(out):
    done = bench("patent/mini", "--source", "decisions", out=out)
    assert done.returncode == 0, done.stderr
    return done


def test_the_table_has_the_base_and_each_source_with_n_and_interval(ran):
    _, _, base, trained = ran.stdout.splitlines()
    assert base.startswith("| `patent/mini` | none (base model) | 0 | ")
    assert trained.startswith("| `patent/mini` | `decisions` | 8 | ")
    assert "n = 4" in base
    assert "n = 4" in trained


def test_outputs_are_kept_beside_the_scores(ran, out):
    (file,) = out.glob("miniatures-*.jsonl")
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [each["source"] for each in kept] == ["", "decisions"]
    assert all(len(each["outputs"]) == 4 for each in kept)


def test_a_source_that_is_not_there_is_told_of_in_one_line(out):
    done = bench("patent/mini", "--source", "decision", out=out)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("benchmarks: patent/mini has no source 'decision'; name one of element-")


def test_a_task_and_all_are_not_asked_for_together(out):
    assert "name one task" in bench("patent/mini", "--all", out=out).stderr
