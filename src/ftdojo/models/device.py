"""What this machine computes with, and quiet libraries."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from functools import lru_cache

from ftdojo.config import LOW_PRECISION, low_precision_chosen

LABEL_ONLY = frozenset({"llama", "mistral", "qwen2", "qwen3", "phi3", "smollm3", "gemma"})
"""Those whose body is ``model.model`` and whose logits are exactly ``model.lm_head(hidden)``: no soft cap, no scale."""


@contextmanager
def quiet() -> Iterator[None]:
    """Swallow stderr while a model is loaded or saved; some of transformers' bars cannot be turned off otherwise."""
    with redirect_stderr(io.StringIO()):
        yield


@lru_cache
def device() -> str:
    """Return ``cuda`` where there is one, else ``cpu``."""
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
    import torch

    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return any(flags.get(name) for name in ("avx512_bf16", "amx_bf16", "amx_tile", "bf16"))


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
