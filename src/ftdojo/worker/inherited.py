"""What a worker inherits of the environment of its controller, and what it is set up with."""

import os
from pathlib import Path

from ftdojo.config import LOW_PRECISION

KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "CUDA_DEVICE_ORDER",
    "CUDA_HOME",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    # Each by its name: NVIDIA_API_KEY begins alike.
    "NVIDIA_DISABLE_REQUIRE",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_REQUIRE_CUDA",
    "NVIDIA_TF32_OVERRIDE",
    "NVIDIA_VISIBLE_DEVICES",
    "FTDOJO_CACHE",
    LOW_PRECISION,
)
"""What the worker inherits, so that it finds the device that this process finds: no key is among it."""
MALLOC = {
    # Keep freed memory instead of giving it back: a step allocates the same hundreds of megabytes again.
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "MALLOC_TRIM_THRESHOLD_": str(2**35),
    "MALLOC_TOP_PAD_": str(2**28),
}
THREADS = {
    # How long a thread that waits for the others spins. The default (seconds) makes every operation several times slower
    # once another process is busy, none costs a sleep and a wake an operation. On two quiet cores this trains 1.25 times
    # as fast as none; beside a busy process, 0.8 times.
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "3000",
}


def environment() -> dict[str, str]:
    """Return the environment of a worker."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    # Where a plugin may lie. A relative place could be the folder of an agent, whose files are not to be imported.
    places = [
        each
        for each in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if Path(each).is_absolute()
    ]
    quiet = {
        "HF_HUB_OFFLINE": "1",  # everything is on this disk by now
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONWARNINGS": "ignore",
    }
    return kept | {"PYTHONPATH": os.pathsep.join(places)} | MALLOC | THREADS | quiet
