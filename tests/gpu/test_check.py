"""The check of a GPU machine runs on a CPU too, small, so that nothing but the device is new when it counts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = {"agreement", "runs", "memory", "training", "generation"}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_whole_check_passes_on_a_cpu_and_leaves_its_table(tmp_path):
    environment = {
        **os.environ,
        "GPU_CHECK_DEVICE": "cpu",
        "OUT": str(tmp_path),
        "PYTHON": sys.executable,
    }
    command = ["sh", "scripts/gpu_check.sh"]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads((tmp_path / "gpu_check.json").read_text())["findings"]
    assert {each["part"] for each in found} == PARTS
    assert [each["what"] for each in found if each["must"] and each["reached"]] == [
        "tests marked gpu",
        "math/mini, explorer, tiny, 4m: ends with a test",
        "killed and resumed: ends with a test",
        "the worker answers afterwards",
    ]
    assert "| training | matmul peak |" in (tmp_path / "gpu_check.md").read_text()


def test_a_part_that_is_cut_off_keeps_what_it_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.gpu.findings import Finding, read, table

    file = tmp_path / "training.jsonl"
    file.write_text('{"part": "training", "what": "peak", "value": 3.5}\n{"part": "trai')
    found = read(file)
    assert found == [Finding(part="training", what="peak", value=3.5)]
    assert "| training | peak | 3.5 |" in table(found, {"device": "cpu"})
