"""Forecasts against what happened, memory that runs out, and the device given back."""

import json
import tempfile
import time
from pathlib import Path

from benchmarks.gpu import shapes
from benchmarks.gpu.findings import Report
from ftdojo.models import pull
from ftdojo.records import Decoding, Message
from ftdojo.submissions import TrainConfig
from ftdojo.worker import Worker, WorkerFault

WITHIN = 0.15
GIVEN_BACK_S = 5.0


def main() -> None:
    """Ask one worker for everything, then end it."""
    report = Report("memory")
    before = _used()
    with tempfile.TemporaryDirectory() as home:
        folder = shapes.make("small" if report.small else "0.5B", save=True).folder
        model = pull(str(folder), cache=Path(home) / "cache")
        worker = Worker(model, log=Path(home) / "worker.log")
        try:
            _forecast(report, worker, Path(home))
            _runs_out(report, worker, Path(home))
        finally:
            worker.close()
    if not report.small:
        _given_back(report, before)


def _forecast(report: Report, worker: Worker, home: Path) -> None:
    """Hold what ``fit`` says of memory and seconds against a training that follows."""
    rows = _rows(home, 24 if report.small else 256, letters=80 if report.small else 400)
    config = TrainConfig(per_device_train_batch_size=8, learning_rate=1e-4, max_length=512)
    said = worker.fit(rows, config, timeout_s=120)
    done = worker.train(rows, config, to=home / "trained", seconds=300, on_step=lambda point: None)
    pairs = {
        "memory": (said.peak_bytes, done.peak_bytes),
        "seconds": (said.train_forecast_s, done.seconds),
    }
    for what, (forecast, measured) in pairs.items():
        ratio = measured / forecast
        near = abs(ratio - 1) <= WITHIN
        note = f"forecast {forecast:.3g}, measured {measured:.3g}"
        aim = "0.85 to 1.15"
        report.add(
            f"{what}, measured by forecast", value=ratio, unit="x", aim=aim, reached=near, note=note
        )


def _runs_out(report: Report, worker: Worker, home: Path) -> None:
    """Ask for more memory than there is; the worker must say so and live on."""
    if report.small:
        report.add("memory that runs out", note="left out on a CPU, whose memory is everybody's")
    else:
        rows = _rows(home, 4096, letters=2000)
        config = TrainConfig(per_device_train_batch_size=4096, learning_rate=1e-4, max_length=2048)
        pid, kind = worker.pid, ""
        try:
            worker.fit(rows, config, timeout_s=120)
        except WorkerFault as fault:
            kind = fault.kind
        fine = kind == "out-of-memory" and worker.pid == pid
        report.require("memory that runs out is a failure of that kind", fine, note=kind)
    prompts = [[Message(role="user", content="1+1")]]
    decoding = Decoding(max_new_tokens=4)
    made = worker.generate(prompts, decoding=decoding, weights=None, timeout_s=60)
    report.require("the worker answers afterwards", len(made) == 1)


def _given_back(report: Report, before: int) -> None:
    """Wait a little for the device's memory to be as free as before this part."""
    until = time.monotonic() + GIVEN_BACK_S
    while _used() > before + 2**29 and time.monotonic() < until:
        time.sleep(0.2)
    kept = max(0, _used() - before)
    what = "device memory kept after the worker's end"
    report.require(what, kept <= 2**29, value=kept / 2**20, unit="MiB", aim="<= 512")


def _used() -> int:
    """Return the bytes of the device in use by anyone but this process's tensors; 0 without a GPU."""
    import gc

    import torch

    if not torch.cuda.is_available():
        return 0
    gc.collect()
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info()
    return int(total - free)


def _rows(home: Path, count: int, *, letters: int) -> Path:
    file = home / f"{count}.jsonl"
    lines = [
        json.dumps({"prompt": text, "completion": text[::-1]})
        for text in shapes.texts(count, longest=letters // 2)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf8")
    return file


if __name__ == "__main__":
    main()
