"""What this machine computes with, and quiet libraries.

torch is asked only where nothing lighter can tell: a controller that never computes then does not load it, which takes
seconds and hundreds of megabytes.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ftdojo.config import LOW_PRECISION, low_precision_chosen

LABEL_ONLY = frozenset({"llama", "mistral", "qwen2", "qwen3", "phi3", "smollm3", "gemma"})
"""Those whose body is ``model.model`` and whose logits are exactly ``model.lm_head(hidden)``: no soft cap, no scale."""

BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16", "amx_tile", "bf16"})
"""Instruction sets of x86 and of Arm processors, each of which computes in bfloat16."""


@contextmanager
def quiet() -> Iterator[None]:
    """Swallow stderr while a model is loaded or saved; some of transformers' bars cannot be turned off otherwise."""
    with redirect_stderr(io.StringIO()):
        yield


@lru_cache
def device() -> str:
    """Return ``cuda`` where there is one, else ``cpu``."""
    if _built_for_processors_alone():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@lru_cache
def device_bytes() -> int:
    """Return the memory of the GPU that computes, in bytes; 0 where there is none."""
    if device() != "cuda":
        return 0
    import torch

    return int(torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory)


def device_name() -> str:
    """Return what the GPU that computes is called; "" where there is none."""
    if device() != "cuda":
        return ""
    import torch

    return str(torch.cuda.get_device_name(torch.cuda.current_device()))


def out_of_memory(error: BaseException) -> bool:
    """Return whether ``error`` says that memory ran out, of the machine or of a device."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "can't allocate" in said


def low_precision(kind: str) -> bool:
    """Return whether to compute in bfloat16 on a device of ``kind``: as switched, else where it is right and faster.

    Raises:
        UsageError: ``FTDOJO_LOW_PRECISION`` is neither 0 nor 1.
    """
    chosen = low_precision_chosen()
    return is_fast_in_bfloat16(kind) if chosen is None else chosen


@lru_cache
def is_fast_in_bfloat16(kind: str) -> bool:
    """Return whether a device of ``kind`` has bfloat16 instructions.

    CPUs that lack them emulate it, several times slower than float32.
    """
    if kind == "cuda":
        import torch

        return bool(torch.cuda.is_bf16_supported())
    return bool(BFLOAT16 & _instructions())


def _built_for_processors_alone() -> bool:
    """Return whether the installed torch says by its version, such as ``2.13.0+cpu``, that it has no code for a GPU."""
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def _instructions() -> frozenset[str]:
    """Return the processor's instruction sets, under the names that Linux gives them (torch's for bfloat16 are equal)."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8", errors="replace").splitlines()
    except OSError:  # not Linux
        return _instructions_by_torch()
    named = (line for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(named, "").partition(":")[2].split())


def _instructions_by_torch() -> frozenset[str]:
    import torch

    known = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return frozenset(name for name, present in known.items() if present)


def dtype_name() -> str:
    """Return the number format the base model is held in here."""
    return "bfloat16" if low_precision(device()) else "float32"


def decided_by() -> str:
    """Return what the number format was chosen by."""
    chosen = low_precision_chosen()
    return "the processor" if chosen is None else f"{LOW_PRECISION}={int(chosen)}"


def threads() -> int:
    """Return how many threads to compute with: the processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
