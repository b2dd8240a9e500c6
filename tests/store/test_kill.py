"""A controller that is killed anywhere leaves a run that opens, with all that was acknowledged."""

import re
import signal
import subprocess
import sys
import time

import pytest

from ftdojo.errors import RunBusy
from ftdojo.records import JudgeLost
from ftdojo.store import Ledger, RunFolder

CONTROLLER = """
import sys
from pathlib import Path
from ftdojo.records import Experiment, ExperimentBegan, Finish, Grade, Graded, Status, Submission
from ftdojo.store import Ledger, RunFolder

folder = RunFolder(Path(sys.argv[1]))
asked = Submission(plan="p" * 5000, data="d", train="t")
outputs = [Graded(item="i", output="o" * 999, grade=Grade(score=1, readable=True), tokens=1, finished=True)] * 9
with folder.lock():
    ledger = Ledger(folder.path)
    for number in range(1, 10_000):
        name = f"e{number}"
        folder.set_pending(Finish(experiment=name))
        folder.event(ExperimentBegan(experiment=name, plan="x" * 3000))
        folder.save_experiment(Experiment(id=name, parent="base", submission=asked, status=Status.DONE))
        folder.save_predictions(name, "validation", outputs)
        ledger.charge("train", seconds=1, experiment=name, experiments=1)
        print(number, flush=True)
"""


@pytest.fixture
def controller(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", CONTROLLER, str(folder.path)], stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.stdout.close()
    process.wait()


def killed(process):
    """Kill at no chosen moment and return the last number that was acknowledged."""
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.wait()
    return int(rest[-1]) if rest else 1


@pytest.mark.parametrize("after_s", [0.0, 0.013, 0.05, 0.11])
def test_a_kill_loses_nothing_that_was_acknowledged(folder, controller, after_s):
    time.sleep(after_s)
    last = killed(controller)
    with folder.lock():
        done = [each.id for each in folder.experiments()]
        begun = [each.experiment for each in folder.events()]
        spent = Ledger(folder.path).spend()
    names = [f"e{number}" for number in range(1, last + 1)]
    assert done[:last] == begun[:last] == names
    assert len(begun) - last <= 1 >= len(done) - last
    assert spent.experiments - last in (0, 1)
    assert all(len(folder.predictions(name, "validation")) == 9 for name in names)
    assert folder.pending() is not None


def test_a_second_controller_is_told_who_plays(folder, controller):
    with pytest.raises(RunBusy) as caught, folder.lock():
        pass
    line = str(caught.value)
    assert re.match(rf"The run \S+ is played by process {controller.pid} on \S+ since 20", line)
    assert line.endswith("wait for it, or end it first.")


def test_a_dead_controller_holds_nothing(folder, controller):
    killed(controller)
    with folder.lock():
        folder.event(JudgeLost(message="resumed"))


def test_a_new_controller_sweeps_half_written_files_but_not_a_page_being_made(folder):
    adapter = folder.experiment_dir("e1") / "adapter.part"
    adapter.mkdir(parents=True)
    (adapter / "weights").write_text("half")
    for name in (".result.json.0f.part", ".report.html.0f.part"):
        (folder.path / name).write_text("half")
    for name in (".model.77.part", "scratch"):
        (folder.path / name / "deep").mkdir(parents=True)
    with folder.lock():
        left = [path.name for path in folder.path.rglob("*.part")]
    assert left == [".report.html.0f.part"]
    assert not folder.scratch.exists()


def test_the_same_process_cannot_play_a_run_twice(folder):
    with folder.lock(), pytest.raises(RunBusy), RunFolder(folder.path).lock():
        pass
    with folder.lock():
        pass
