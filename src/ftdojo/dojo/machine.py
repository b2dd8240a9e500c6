"""Where a run happens, for the record and for the agent."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from ftdojo.models.device import device, threads
from ftdojo.records import Machine

LIBRARIES = ("torch", "transformers", "peft", "trl", "tokenizers", "numpy", "ftdojo")


def this_machine(sandbox: str) -> Machine:
    """Describe this machine; ``sandbox`` is the tier in force."""
    return Machine(
        cpu=_cpu(),
        cores=threads(),
        memory_bytes=psutil.virtual_memory().total,
        device=device(),
        sandbox=sandbox,
        python=platform.python_version(),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Return the versions of the libraries that scores depend on; absent ones are left out."""
    found: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if sys.platform == "linux" and info.exists():
        lines = info.read_text(encoding="utf8", errors="replace").splitlines()
        named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(named, platform.machine())
    return platform.processor() or platform.machine()
