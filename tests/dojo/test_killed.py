"""Kill it anywhere: the controller, the worker or the sandbox, while data are built, in training, validation and test."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ftdojo.records import ExperimentBegan, ExperimentEnded, WeightsReused, WorkerLost
from ftdojo.store import RunFolder

TOYS = Path(__file__).parent.parent / "toys"
DATA, TRAINING = "stage-reached:data", "training-stepped:3"
VALIDATION, TEST = "pass-advanced:validation", "pass-advanced:test"
MOMENTS = [DATA, TRAINING, VALIDATION, TEST]
PATIENCE_S = 60.0
INHERITED = ("PATH", "HOME", "LANG", "FTDOJO_LOW_PRECISION")

pytestmark = pytest.mark.slow


@dataclass
class Home:
    """Where the runs of this module are; what they cache in common makes all but ``e2`` cheap."""

    path: Path

    @property
    def env(self):
        places = {"FTDOJO_HOME": self.path / "runs", "FTDOJO_CACHE": self.path / "cache"}
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return (
            kept
            | {name: str(place) for name, place in places.items()}
            | {
                "PYTHONPATH": str(TOYS),
                "OMP_NUM_THREADS": "1",
            }
        )

    def start(self, run, seed, moment):
        """Start a controller that will stop at ``moment``."""
        script = str(TOYS / "play_until.py")
        with (self.path / f"{run}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, script, str(self.path), run, str(seed), moment],
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def resume(self, run):
        """Resume by the real command line; return what it printed."""
        command = [sys.executable, "-m", "ftdojo.cli.main", "resume", run, "--json"]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def folder(self, run):
        return RunFolder(self.path / "runs" / run)

    def counts(self, run):
        """Count the events of a run by kind and experiment."""
        events = self.folder(run).events()
        return Counter((type(each), getattr(each, "experiment", "")) for each in events)

    def charges(self, run, stage):
        """Return for which experiments ``stage`` was charged, in order."""
        lines = (self.folder(run).path / "ledger.jsonl").read_text().splitlines()
        booked = [json.loads(line) for line in lines]
        return [each["experiment"] for each in booked if each["stage"] == stage]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def reached(home):
    """Return a function that plays up to a moment; what is left of it is ended afterwards."""
    started = []

    def reach(run, seed, moment):
        process = home.start(run, seed, moment)
        started.append(process)
        said = process.stdout.readline()
        assert said == "here\n", (home.path / f"{run}.log").read_text()
        if moment == DATA:
            until(lambda: sandboxed(process.pid))
        return process

    yield reach
    for process in started:
        process.kill()
        process.communicate()


def until(found):
    """Wait until ``found()`` is true and return it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.02)
    raise AssertionError(f"{found} never came true")


def below(pid):
    return psutil.Process(pid).children(recursive=True)


def named(pid, word):
    """Return the processes below ``pid`` whose command line holds ``word``."""
    found = []
    for each in below(pid):
        try:
            if any(word in part for part in each.cmdline()):
                found.append(each)
        except psutil.NoSuchProcess:
            continue
    return found


def sandboxed(pid):
    """Return the processes of the sandbox that run the script on the whole sources."""
    inside = [each for each in named(pid, "data.py") if Path(each.exe()).name.startswith("python")]
    return inside and named(pid, "data.py")


def worker(pid):
    return named(pid, "ftdojo.worker.server")


def alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False


def gone(processes):
    return until(lambda: not any(map(alive, processes)))


def ended(process):
    """Let the controller go on, if it waits, and return how it ended."""
    process.communicate("\n")
    return process.returncode


@dataclass(frozen=True)
class Killed:
    """A run whose controller was killed at ``moment``: what was there then, and what resuming it printed."""

    run: str
    moment: str
    counts: Counter
    losses: list
    printed: dict


@pytest.fixture(scope="module", params=MOMENTS)
def killed(request, home, reached):
    """Kill a controller, which must leave no process, and resume its run to the end."""
    number = MOMENTS.index(request.param)
    run = f"controller-{number}"
    process = reached(run, number, request.param)
    children = below(process.pid)
    assert worker(process.pid)
    process.kill()
    assert gone(children)
    counts, losses = home.counts(run), home.folder(run).losses("e2")
    return Killed(run, request.param, counts, losses, printed=home.resume(run))


def test_a_killed_controller_leaves_no_process_and_is_resumed_to_a_result(home, killed):
    assert killed.printed["status"] == "finished"
    assert killed.printed["chosen"] == "e2"
    assert home.folder(killed.run).result().test.score.score > 0.9


def test_after_a_kill_nothing_finished_is_done_again(home, killed):
    run, moment = killed.run, killed.moment
    assert [each.step for each in killed.losses[:3]] == ([] if moment == DATA else [1, 2, 3])
    counts, trainings = home.counts(run), home.charges(run, "train")
    assert [each.id for each in home.folder(run).experiments()] == ["e1", "e2"]
    assert counts[ExperimentBegan, "e1"] == counts[ExperimentEnded, "e1"] == 1
    assert counts[ExperimentEnded, "e2"] == 1
    assert trainings.count("e2") == 1
    assert counts[WeightsReused, "e2"] == (1 if moment == VALIDATION else 0)
    assert counts[ExperimentBegan, "e2"] == (1 if moment == TEST else 2)
    assert killed.counts[ExperimentBegan, "e2"] == 1
    assert home.folder(run).result().spent.experiments == 2
    report = home.folder(run).experiments()[1].feedback.training
    assert home.folder(run).losses("e2") == list(report.curve), "those of the training that counts"


def test_resuming_a_run_that_has_ended_shows_its_result_again(home, killed):
    before = home.folder(killed.run).events()
    assert home.resume(killed.run) == killed.printed
    assert home.folder(killed.run).events() == before


def test_the_time_of_a_killed_data_script_is_not_lost(home, reached):
    process = reached("charged", 400, DATA)  # a seed that makes the script last 6 s
    log = home.folder("charged").path / "ledger.jsonl"
    before = log.read_text()
    until(lambda: log.read_text() != before)
    assert sandboxed(process.pid)
    process.kill()


@pytest.mark.parametrize("moment", [TRAINING, VALIDATION, TEST])
def test_a_worker_killed_at_work_is_replaced_and_the_run_goes_on(home, reached, moment):
    run = f"worker-{MOMENTS.index(moment)}"
    process = reached(run, 20 + MOMENTS.index(moment), moment)
    (serving,) = worker(process.pid)
    serving.suspend()
    process.stdin.write("\n")
    process.stdin.flush()
    time.sleep(1)  # by now the controller waits for an answer that will not come
    serving.kill()
    assert ended(process) == 0, (home.path / f"{run}.log").read_text()
    result, events = home.folder(run).result(), home.folder(run).events()
    lost = [each.message for each in events if isinstance(each, WorkerLost)]
    assert lost == ["The worker was killed by signal 9; another is started when needed."]
    assert (result.chosen, result.spent.experiments) == ("e2", 2)


def test_a_worker_killed_while_data_are_built_is_not_even_missed(home, reached):
    process = reached("worker-0", 20, DATA)
    (idle,) = worker(process.pid)
    idle.kill()
    assert ended(process) == 0
    assert home.folder("worker-0").result().chosen == "e2"


@pytest.mark.parametrize("which", [0, -1])
def test_a_killed_sandbox_is_run_once_more(home, reached, which):
    run = f"sandbox{which}"
    process = reached(run, 30 + which, DATA)
    sandboxed(process.pid)[which].kill()
    assert ended(process) == 0, (home.path / f"{run}.log").read_text()
    assert home.folder(run).result().chosen == "e2"
    assert not [each for each in home.folder(run).experiments() if each.failure]


def test_two_kills_in_a_row_are_survived(home, reached):
    process = reached("twice", 40, TRAINING)
    process.kill()
    process.wait()
    command = [sys.executable, "-m", "ftdojo.cli.main", "resume", "twice", "--json"]
    second = subprocess.Popen(command, env=home.env, stdout=subprocess.DEVNULL)
    until(lambda: home.counts("twice")[ExperimentBegan, "e2"] == 2)
    children = below(second.pid)
    second.kill()
    second.wait()
    assert gone(children)
    assert home.resume("twice")["chosen"] == "e2"
