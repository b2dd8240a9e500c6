"""The worker as a process: asked, hurt, killed, orphaned."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ftdojo.errors import WorkerDied, WorkerTimeout
from ftdojo.records import Weights
from ftdojo.submissions import TrainConfig
from ftdojo.training.trainer import Course
from ftdojo.worker import Worker, WorkerFault
from ftdojo.worker.inherited import environment

WAIT_S = 60.0
LONG = TrainConfig(max_steps=100_000, per_device_train_batch_size=2)
ORPHAN = """
import sys, time
from pathlib import Path
from ftdojo.models.local import describe
from ftdojo.worker import Worker
worker = Worker(describe(Path(sys.argv[1]), name="tiny", revision=""), log=Path(sys.argv[2]))
worker.start()
print(worker.pid, flush=True)
time.sleep(600)
"""


def within(holds):
    """Wait until something holds; its threads may outlive a killed process by a moment."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and not holds():
        time.sleep(0.05)
    return holds()


def ended(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_every_request_is_answered_by_one_process(worker, rows, config, asking, tmp_path):
    assert worker.audit(rows, config, timeout_s=WAIT_S).rows == 20
    pid = worker.pid
    assert worker.fit(rows, config, timeout_s=WAIT_S).steps == 3
    report, answers = worker.probe(rows, config, **asking, timeout_s=WAIT_S)
    assert (report.steps, len(answers)) == (3, 1)
    told = []
    trained = worker.train(rows, config, to=tmp_path, seconds=WAIT_S, on_step=told.append)
    assert trained.curve == tuple(told)
    made = Weights(path=tmp_path, digest=trained.weights_digest, kind="adapter")
    assert len(worker.generate(**asking, weights=made, timeout_s=WAIT_S)) == 1
    assert 0 < worker.calibrate() < WAIT_S
    assert worker.pid == pid


def test_time_is_told_of_even_while_the_worker_never_falls_silent(tiny, rows, tmp_path):
    ticks, steps = [], []
    worker = Worker(tiny, log=tmp_path / "log", on_tick=lambda: ticks.append(len(steps)))
    worker.train(rows, LONG, to=tmp_path / "to", seconds=3.0, on_step=steps.append)
    worker.close()
    told_in_training = [at for at in ticks if 0 < at < len(steps)]
    assert 1 <= len(told_in_training) < len(steps) / 5


@pytest.mark.slow
def test_a_choice_of_trainer_reaches_the_process(worker, rows, config, tmp_path):
    made = [
        worker.train(
            rows,
            config,
            to=tmp_path / trainer,
            seconds=None,
            on_step=lambda point: None,
            course=Course(trainer=trainer),
        )
        for trainer in ("loop", "trl")
    ]
    assert made[0].planned_steps == made[1].planned_steps
    assert made[0].weights_digest != made[1].weights_digest


@pytest.mark.parametrize(
    ("file", "modules", "kind", "said"),
    [
        ("rows.jsonl", ["nowhere"], "schema", "nowhere"),
        ("rows.jsonl", ["lm_head"], "schema", "^target_modules names lm_head"),
        ("missing.jsonl", ["q_proj"], "bug", "^The row file cannot be read"),
    ],
)
def test_a_fault_is_reported_and_the_worker_lives(worker, rows, file, modules, kind, said):
    worker.start()
    pid = worker.pid
    config = TrainConfig(target_modules=modules)
    with pytest.raises(WorkerFault, match=said) as fault:
        worker.fit(rows.with_name(file), config, timeout_s=WAIT_S)
    assert fault.value.kind == kind
    assert "Traceback" in fault.value.log_tail
    assert worker.audit(rows, config, timeout_s=WAIT_S).rows == 20
    assert worker.pid == pid


@pytest.mark.parametrize("value", ["0", "1"])
def test_a_worker_computes_in_the_format_that_was_switched_to(tiny, tmp_path, monkeypatch, value):
    monkeypatch.setenv("FTDOJO_LOW_PRECISION", value)
    worker = Worker(tiny, log=tmp_path / "log")
    worker.start()
    assert (
        f"FTDOJO_LOW_PRECISION={value}".encode() in Path(f"/proc/{worker.pid}/environ").read_bytes()
    )
    worker.close()


FOUND_BY = {
    "LD_LIBRARY_PATH": "/opt/cuda/lib64",
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "CUDA_HOME": "/opt/cuda",
    "NVIDIA_VISIBLE_DEVICES": "all",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
}


def test_a_worker_finds_the_device_by_what_this_process_finds_it_by(monkeypatch):
    for name, value in FOUND_BY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NVIDIA_API_KEY", "do-not-leak")
    assert FOUND_BY.items() <= environment().items()
    assert "do-not-leak" not in environment().values()


def test_the_worker_imports_nothing_from_a_relative_place(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", ".", "agent", "/opt/plugins"]))
    assert environment()["PYTHONPATH"] == "/opt/plugins"
    monkeypatch.setenv("PYTHONPATH", ".")
    assert environment()["PYTHONPATH"] == ""


def test_no_key_of_the_environment_reaches_the_worker(worker):
    """The fixture set one before the process was started."""
    worker.start()
    assert os.environ["OPENAI_API_KEY"] == "do-not-leak"
    seen = Path(f"/proc/{worker.pid}/environ").read_bytes()
    assert b"do-not-leak" not in seen
    assert b"HF_HUB_OFFLINE=1" in seen


def test_a_killed_worker_is_an_error_and_the_next_request_starts_another(
    worker, rows, config, tmp_path
):
    worker.start()
    pid = worker.pid

    def kill(point):
        os.kill(pid, signal.SIGKILL)

    said = "The worker was killed by signal 9; another is started when needed."
    with pytest.raises(WorkerDied, match=said):
        worker.train(rows, LONG, to=tmp_path, seconds=WAIT_S, on_step=kill)
    assert worker.pid is None
    assert worker.audit(rows, config, timeout_s=WAIT_S).rows == 20
    assert worker.pid != pid


def test_a_worker_that_died_idle_is_replaced_unasked(worker, rows, config):
    worker.start()
    pid = worker.pid
    os.kill(pid, signal.SIGKILL)
    assert within(lambda: worker.pid is None)
    assert worker.audit(rows, config, timeout_s=WAIT_S).rows == 20
    assert worker.pid != pid


def test_an_interrupted_request_leaves_no_answer_for_the_next(
    worker, rows, config, asking, tmp_path
):
    def interrupt(point):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.train(rows, config, to=tmp_path, seconds=None, on_step=interrupt)
    assert len(worker.generate(**asking, weights=None, timeout_s=WAIT_S)) == 1


def test_a_late_answer_ends_the_worker(worker, rows):
    worker.start()
    pid = worker.pid
    with pytest.raises(WorkerTimeout, match=r"The worker gave no answer in 0 s and was ended."):
        worker.fit(rows, LONG, timeout_s=0.0)
    assert worker.pid is None
    assert within(lambda: ended(pid))


def test_a_model_that_cannot_be_loaded_is_a_fault(tiny, tmp_path):
    worker = Worker(replace(tiny, path=tmp_path / "nowhere"), log=tmp_path / "log")
    with pytest.raises(WorkerFault, match="nowhere"):
        worker.start()
    worker.close()


def test_a_worker_ends_with_its_controller(tiny, tmp_path):
    command = [sys.executable, "-c", ORPHAN, str(tiny.path), str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as controller:
        pid = int(controller.stdout.readline())
        assert psutil.pid_exists(pid)
        controller.kill()
    assert within(lambda: ended(pid))


def test_closing_twice_is_fine(tiny, tmp_path):
    worker = Worker(tiny, log=tmp_path / "log")
    worker.close()
    worker.close()
    assert worker.pid is None
