"""Start-up: importing, the program's first answers, a worker with its model loaded, a dojo's first observation.

Every reading is a process of its own, from its start to its end, on a warm page cache.
"""

import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks import setting
from benchmarks.measure import OURS, Contest, Scale, take_turns
from benchmarks.processes import PROGRAM, seconds
from ftdojo.config import cache_dir
from ftdojo.models import LocalModel, pull
from ftdojo.models.device import dtype_name
from ftdojo.worker import Worker

PYTHON, TRANSFORMERS = "python alone", "transformers alone"
LOAD = """
import sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
AutoTokenizer.from_pretrained(sys.argv[1], local_files_only=True)
AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=getattr(torch, sys.argv[2]), local_files_only=True)
"""
FIRST = """
import sys, ftdojo
from pathlib import Path
with ftdojo.make(sys.argv[1], model=sys.argv[2], root=Path(sys.argv[3])) as dojo:
    dojo.reset()
"""
LIGHT = {
    PYTHON: (sys.executable, "-c", "pass"),
    "import ftdojo": (sys.executable, "-c", "import ftdojo"),
    "ftdojo --help": (PROGRAM, "--help"),
    "ftdojo tasks list": (PROGRAM, "tasks", "list"),
}
AIM = "< 0.3 s"
WITHIN_S = 25.0


def run(scale: Scale) -> list[Contest]:
    """Measure the light starts beside Python's own, the worker's against plain transformers', and a dojo's."""
    short = replace(scale, within_s=min(scale.within_s, WITHIN_S))
    return [*_light(short), _worker(short), _first_observation(short)]


def _light(scale: Scale) -> list[Contest]:
    runs = {name: partial(seconds, *command) for name, command in LIGHT.items()}
    readings = take_turns(runs, scale)
    imported = {OURS: readings["import ftdojo"], PYTHON: readings[PYTHON]}
    return [
        _contest("import ftdojo", imported, aim=AIM),
        _contest("ftdojo --help", {OURS: readings["ftdojo --help"]}, aim=AIM),
        _contest("ftdojo tasks list", {OURS: readings["ftdojo tasks list"]}),
    ]


def _worker(scale: Scale) -> Contest:
    local = pull(scale.model, cache=cache_dir(), on_progress=lambda text: None)
    load = partial(seconds, sys.executable, "-c", LOAD, str(local.path), dtype_name())
    with tempfile.TemporaryDirectory() as folder:
        runs = {OURS: partial(_ready, local, Path(folder)), TRANSFORMERS: load}
        return _contest("worker ready, model loaded", take_turns(runs, scale))


def _ready(local: LocalModel, folder: Path) -> float:
    worker = Worker(local, log=folder / "worker.log")
    began = time.perf_counter()
    try:
        worker.start()
        return time.perf_counter() - began
    finally:
        worker.close()


def _first_observation(scale: Scale) -> Contest:
    with tempfile.TemporaryDirectory() as folder:
        first = partial(seconds, sys.executable, "-c", FIRST, setting.TASK, scale.model, folder)
        first()  # scores the base, where no run has done so yet
        readings = take_turns({OURS: first}, scale)
    return _contest("make to first observation, base score cached", readings)


def _contest(name: str, readings: dict[str, list[float]], *, aim: str = "") -> Contest:
    return Contest(
        name=f"start-up: {name}",
        unit="s",
        higher_is_better=False,
        n="one process a reading",
        readings=readings,
        aims={OURS: aim} if aim else {},
    )
