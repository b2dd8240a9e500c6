"""``python -m benchmarks.gpu [--device cuda|cpu] [--out FOLDER] [--only PART]``: one table of what this device does.

Each part is a process with a time limit of its own, and what it found is kept line by line, so a part that is cut off
or fails loses nothing of the others. ``gpu_check.json`` and ``gpu_check.md`` in the folder are written anew after each.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.gpu.findings import Finding, read, table
from benchmarks.processes import WARM

ROOT = Path(__file__).parents[2]
LIMITS = {"agreement": 80, "runs": 250, "memory": 50, "training": 130, "generation": 60}
"""Seconds of each part on a GPU, in the order they are done in; together they stay below what is meant to be 8 minutes,
since parts end before their limits."""
WHOLE_S = 480.0
ON_CPU = 4
"""How many times longer a part may take on a CPU, where it is small and only has to work."""


def main() -> None:
    """Run the parts; exit 1 if one of them failed or missed what it must reach."""
    asked = _options()
    asked.out.mkdir(parents=True, exist_ok=True)
    patience = ON_CPU if asked.device == "cpu" else 1
    until = time.monotonic() + WHOLE_S * patience
    found: list[Finding] = []
    for part in asked.only or LIMITS:
        left = min(LIMITS[part] * patience, until - time.monotonic())
        found += _part(part, asked, limit_s=left)
        _write(asked.out, found, _machine())
    print((asked.out / "gpu_check.md").read_text(encoding="utf8"))
    sys.exit(any(each.reached is False for each in found if each.must))


def _part(part: str, asked: argparse.Namespace, *, limit_s: float) -> list[Finding]:
    """Run one part in a process of its own and return what it found, and how it ended if not well."""
    file = asked.out / f"{part}.jsonl"
    file.unlink(missing_ok=True)
    if limit_s < 5:
        return [
            Finding(part=part, what="time", note="none was left for it", must=True, reached=False)
        ]
    command = [sys.executable, "-m", f"benchmarks.gpu.{part}", str(file), asked.device]
    print(f"gpu_check: {part}, at most {limit_s:.0f} s", file=sys.stderr)
    began = time.monotonic()
    ended = _run(command, asked.out / f"{part}.log", limit_s=limit_s, device=asked.device)
    took = Finding(part=part, what="wall time", value=time.monotonic() - began, unit="s")
    return [*read(file), took, *([ended] if ended else [])]


def _run(command: Sequence[str], log: Path, *, limit_s: float, device: str) -> Finding | None:
    """Run ``command`` within its limit; whatever it has started ends with it."""
    part = log.stem
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(device),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            note = f"cut off after {limit_s:.0f} s"
            return Finding(part=part, what="end", note=note, must=True, reached=False)
    if code == 0:
        return None
    last = log.read_text(encoding="utf8", errors="replace").strip().splitlines()[-1:]
    note = f"exit code {code}: {' '.join(last)[:300]}"
    return Finding(part=part, what="end", note=note, must=True, reached=False)


def _environment(device: str) -> Mapping[str, str]:
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    return {**os.environ, **WARM, **hidden, "GPU_CHECK_DEVICE": device}


def _machine() -> dict[str, Any]:
    """Return this machine's facts, asked for in a process that gives the device back at its end."""
    code = "import json; from benchmarks import machine; print(json.dumps(machine.facts()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {"error": done.stderr[-500:]}


def _write(out: Path, found: Sequence[Finding], facts: Mapping[str, Any]) -> None:
    content = {"machine": facts, "findings": [asdict(each) for each in found]}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (out / "gpu_check.json").write_text(text + "\n", encoding="utf8")
    (out / "gpu_check.md").write_text(table(found, facts), encoding="utf8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    device = os.environ.get("GPU_CHECK_DEVICE") or "cuda"
    parser.add_argument("--device", choices=("cuda", "cpu"), default=device)
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT") or "gpu_check"))
    parser.add_argument("--only", action="append", choices=LIMITS, help="may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
