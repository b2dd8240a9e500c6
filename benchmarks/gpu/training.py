"""Training speed at the shapes that one GPU trains, against a bare PyTorch loop and TRL in turns."""

import gc
from functools import partial
from typing import Any

from benchmarks import training
from benchmarks.gpu import shapes
from benchmarks.gpu.findings import Report
from benchmarks.machine import finish, peak_gflops
from benchmarks.measure import OURS
from benchmarks.setting import Base
from ftdojo.submissions import TrainConfig
from ftdojo.training.encode import Encoded

ROUNDS = 2
FULL_SIZE = [
    ("1.5B", "lora", 512, 8),
    ("1.5B", "lora", 2048, 4),
    ("0.5B", "lora", 512, 8),
    ("0.5B", "full", 512, 8),
    ("7B", "lora", 512, 8),
    ("1.5B", "full", 512, 8),
    ("0.5B", "lora", 2048, 4),
    ("7B", "lora", 2048, 4),
    ("0.5B", "full", 2048, 4),
    ("1.5B", "full", 2048, 4),
]
"""Shape, method, tokens of the longest row and rows a batch; the most telling come first, should time run out."""
SMALL = [("small", "lora", 64, 4), ("small", "full", 64, 4)]
BATCHES = 6


def main() -> None:
    """Measure each in turn."""
    report = Report("training")
    peak = peak_gflops()
    report.add("matmul peak", value=peak / 1000, unit="TFLOP/s")
    made: dict[str, Base] = {}
    for shape, method, longest, size in SMALL if report.small else FULL_SIZE:
        if shape not in made:
            made.clear()
            gc.collect()
            made[shape] = shapes.make(shape, save=shape != "7B")
        _contest(report, made[shape], f"{shape} {method} {longest}", method, longest, size)


def _contest(report: Report, base: Base, name: str, method: Any, longest: int, size: int) -> None:
    rows = shapes.rows(base, BATCHES * size, longest=longest)
    config = TrainConfig(
        method=method,
        per_device_train_batch_size=size,
        learning_rate=1e-4,
        max_length=longest,
        **({"r": 16, "lora_alpha": 32} if method == "lora" else {}),
    )
    contestants = {OURS: training.ours, training.BARE: training.bare, training.TRL: training.trl}
    runs = {who: partial(each, base, rows, config) for who, each in contestants.items()}
    readings: dict[str, list[float]] = {who: [] for who in runs}
    for run in runs.values():
        run()  # the first of each finds kernels and memory
    for _ in range(ROUNDS):
        for who, run in runs.items():
            readings[who].append(run())
            finish()
    _write(report, base, name, rows, config, readings)


def _write(
    report: Report,
    base: Base,
    name: str,
    rows: list[Encoded],
    config: TrainConfig,
    readings: dict[str, list[float]],
) -> None:
    best = {who: max(values) for who, values in readings.items()}
    for who, speed in best.items():
        report.add(f"{name}: {who}", value=speed, unit="tokens/s")
    for rival, aim in ((training.BARE, 1.2), (training.TRL, 1.2)):
        ratio = best[OURS] / best[rival]
        report.add(
            f"{name}: against {rival}", value=ratio, unit="x", aim=f">= {aim}", reached=ratio >= aim
        )
    tokens = sum(len(row.ids) for row in rows)
    flops = training.needed_flops(base, rows, config) / tokens * best[OURS]
    share = 100 * flops / 1e9 / peak_gflops()
    report.add(
        f"{name}: share of the matmul peak", value=share, unit="%", aim=">= 45", reached=share >= 45
    )


if __name__ == "__main__":
    main()
