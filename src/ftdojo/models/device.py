"""What this machine computes with: device, number format, threads. torch is imported when first asked."""

import os
from functools import lru_cache


@lru_cache
def device() -> str:
    """Return ``cuda`` where there is one, else ``cpu``."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@lru_cache
def low_precision(kind: str) -> bool:
    """Return whether bfloat16 is both right and faster on a device of ``kind``.

    On CPUs that lack bfloat16 instructions it is emulated and several times slower than float32.
    """
    import torch

    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return any(flags.get(name) for name in ("avx512_bf16", "amx_bf16", "amx_tile", "bf16"))


def dtype_name() -> str:
    """Return the number format the base model is held in here."""
    return "bfloat16" if low_precision(device()) else "float32"


def threads() -> int:
    """Return how many threads to compute with: the processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
