"""Where a run happens, for the record and for the agent."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from ftdojo.config import LOW_PRECISION
from ftdojo.errors import StoreError
from ftdojo.models.device import decided_by, device, device_bytes, device_name, dtype_name, threads
from ftdojo.records import Machine
from ftdojo.store import RunConfig
from ftdojo.worker.cgroups import memory_limit

LIBRARIES = ("torch", "transformers", "peft", "trl", "tokenizers", "numpy", "ftdojo")


def this_machine(sandbox: str) -> Machine:
    """Describe this machine; ``sandbox`` is the tier in force.

    Raises:
        UsageError: the number format is switched to something that is none.
    """
    return Machine(
        cpu=_cpu(),
        cores=threads(),
        memory_bytes=memory_bytes(),
        device=device(),
        sandbox=sandbox,
        python=platform.python_version(),
        versions=versions(),
        number_format=dtype_name(),
        device_name=device_name(),
        device_bytes=device_bytes(),
    )


def memory_bytes() -> int:
    """Return the memory that processes here may use: the machine's, or a container's limit where that is less."""
    total, limit = int(psutil.virtual_memory().total), memory_limit()
    return total if limit is None else min(total, limit)


def require_number_format(config: RunConfig) -> None:
    """Refuse to go on in another number format than the run began in: the base was scored in that one.

    Raises:
        StoreError: another one holds here; the message says how to go on.
    """
    began, here = config.machine.number_format, dtype_name()
    if began in ("", here):  # records that are older than the format do not tell
        return
    switch = f"{LOW_PRECISION}={int(began == 'bfloat16')}"
    raise StoreError(
        f"The run {config.id} began in {began}, and here it would go on in {here} (decided by {decided_by()}); its scores "
        f"would not compare. Set {switch} to go on in {began}, or start a new run."
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
