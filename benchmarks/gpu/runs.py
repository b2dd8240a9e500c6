"""Whole runs as a user starts them: one to a tested model, one killed in the middle and resumed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.gpu.findings import Report

PROGRAM = [sys.executable, "-m", "ftdojo.cli.main"]
"""As a module: on a bare machine nothing is installed beside the interpreter."""
MODEL, BUDGET = "smollm2-135m", "3m"
SMALL = ("--model", "tiny", "--budget", "4m", "--max-experiments", "1", "--max-train-seconds", "10")
"""A run that ends soon, and has time enough on a busy processor."""
WITHIN_S = 100.0
"""The longest wait for the first experiment of a run that is to be killed."""


def main() -> None:
    """Make both runs."""
    report = Report("runs")
    with tempfile.TemporaryDirectory() as home:
        if report.small or not _has(MODEL):
            _tested(report, Path(home), *SMALL)
        else:
            _tested(report, Path(home), "--model", MODEL, "--budget", BUDGET)
        _killed(report, Path(home))


def _has(model: str) -> bool:
    """Return whether the model is here, or can be made from what travelled."""
    done = subprocess.run(
        [*PROGRAM, "models", "pull", model], capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    return done.returncode == 0


def _command(*options: str, home: Path) -> list[str]:
    sandbox = [] if shutil.which("bwrap") else ["--sandbox", "unsafe"]
    return [*PROGRAM, "run", "math/mini", "--runs", str(home), "--quiet", *options, *sandbox]


def _tested(report: Report, home: Path, *options: str) -> None:
    began = time.monotonic()
    command = _command(*options, "--name", "tested", home=home)
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    print(done.stderr)
    result = _result(done.stdout)
    what = f"math/mini, explorer, {options[1]}, {options[3]}"
    report.require(f"{what}: ends with a test", bool(result), note=done.stderr.strip()[-200:])
    report.add(f"{what}: wall time", value=time.monotonic() - began, unit="s")
    if not result:
        return
    for name in ("base", "test"):
        score = result.get(name) or {}
        if score:
            note = f"{score.get('low')} to {score.get('high')}, n = {score.get('n')}"
            report.add(f"{what}: {name}", value=score.get("score"), note=note)


def _killed(report: Report, home: Path) -> None:
    """Kill a run in its first experiment, go on, and require that it ends as any other."""
    command = _command(*SMALL, "--name", "killed", home=home)
    process = subprocess.Popen(command, start_new_session=True)
    until = time.monotonic() + WITHIN_S
    while not (home / "killed" / "experiments").exists() and time.monotonic() < until:
        time.sleep(0.1)
    alive = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    resume = [*PROGRAM, "resume", str(home / "killed"), "--quiet", "--json"]
    done = subprocess.run(resume, capture_output=True, text=True, check=False)
    print(done.stderr)
    fine = alive and done.returncode == 0 and bool(_result(done.stdout))
    report.require("killed and resumed: ends with a test", fine, note=done.stderr.strip()[-200:])


def _result(text: str) -> dict[str, Any]:
    """Return what a run printed as JSON; empty if that is not the end of a run."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    main()
