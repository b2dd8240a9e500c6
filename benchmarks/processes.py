"""The environment that contestants share, and child processes as a user starts them, without it."""

import os
import subprocess
import sys
import time
from pathlib import Path

from ftdojo.worker.inherited import MALLOC, THREADS

WARM = (
    MALLOC
    | THREADS
    | {
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
    }
)
"""What our worker runs under. Allocator and threads read it when a process starts; every contestant gets it."""
PROGRAM = str(Path(sys.executable).with_name("ftdojo"))


def seconds(*command: str) -> float:
    """Run ``command`` to its end and return its wall time.

    Raises:
        RuntimeError: it failed; the text holds what it wrote.
    """
    environment = {name: value for name, value in os.environ.items() if name not in WARM}
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")
    return took
