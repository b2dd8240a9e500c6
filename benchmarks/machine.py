"""The machine that figures belong to: what it is, and how fast it multiplies matrices."""

import time
from dataclasses import asdict
from typing import Any

from ftdojo.dojo.machine import this_machine

SIDES = ((2048, 2048, 2048), (1024, 576, 1536), (1024, 1536, 576))
"""(rows, inner, columns): a large square, and what a small model's layers do."""
SIDES_OF_A_GPU = ((8192, 8192, 8192), (4096, 1536, 8960))
LEAST_S = 0.3


def facts() -> dict[str, Any]:
    """Return processor, cores, memory, device and the versions of the libraries."""
    return asdict(this_machine(sandbox="none"))


def peak_gflops() -> float:
    """Return the best rate at which torch multiplies matrices here, in GFLOP/s; 2 x m x k x n FLOPs a product.

    In bfloat16 where training computes in it, else in float32.
    """
    from ftdojo.models.device import device

    return max(_gflops(*sides) for sides in (SIDES if device() == "cpu" else SIDES_OF_A_GPU))


def finish() -> None:
    """Wait until the device has done all that it was given."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _gflops(m: int, k: int, n: int) -> float:
    import torch

    from ftdojo.models.device import device, dtype_name

    dtype = getattr(torch, dtype_name())
    left, right = (torch.randn(*shape).to(device(), dtype) for shape in ((m, k), (k, n)))
    best, until = 0.0, time.perf_counter() + LEAST_S
    while time.perf_counter() < until:
        began = time.perf_counter()
        for _ in range(4):
            torch.mm(left, right)
        finish()
        best = max(best, 4 * 2 * m * k * n / (time.perf_counter() - began) / 1e9)
    return best
