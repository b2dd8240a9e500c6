"""Kill FT-Agent's controller while it explores, compares designs, plans, repairs or trains: it goes on, and asks nothing twice."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from ftdojo.llm import Exchanges
from ftdojo.records import Check, Look, Shell
from ftdojo.store import RunFolder, trajectory
from ftdojo.testing.llm import ScriptedLlm, Trouble
from ftdojo.testing.planner import clumsy, competent

TOYS = Path(__file__).parent.parent.parent / "toys"
PATIENCE_S = 240.0
INHERITED = ("PATH", "HOME", "LANG", "FTDOJO_LOW_PRECISION")

pytestmark = pytest.mark.slow


class Moody:
    """A planner that hangs once, at the first question that holds ``at``, and says so."""

    def __init__(self, at, planner=clumsy):
        self.at, self.planner, self.reached = at, planner, threading.Event()

    def __call__(self, request):
        if self.at and self.at in json.dumps(request.body) and not self.reached.is_set():
            self.reached.set()
            return Trouble(hang_s=3600)
        return self.planner(request)


def command(home, *words):
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    env = kept | {
        "FTDOJO_HOME": str(home / "runs"),
        "FTDOJO_CACHE": str(home / "cache"),
        "PYTHONPATH": str(TOYS),
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "ftdojo.cli.main", *words],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_for(what):
    started = time.monotonic()
    while not what():
        assert time.monotonic() - started < PATIENCE_S, "that moment never came"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("moment", "at"),
    [("plan", '"PlanReply"'), ("repair", "# What failed\\n\\nThe submission"), ("training", "")],
)
def test_a_killed_agent_goes_on_and_asks_nothing_twice(tmp_path, moment, at):
    moody, run = Moody(at), f"killed-{moment}"
    folder = RunFolder(tmp_path / "runs" / run)
    with ScriptedLlm(moody) as server:
        llm = ("--llm", "openai/scripted", "--base-url", server.url, "-o", "cases=off")
        first = command(
            tmp_path,
            *("run", "ftdojo_toy:task", "--agent", "ft-agent", "--model", "tiny", *llm),
            *("--budget", "10m", "--max-experiments", "2", "--name", run),
        )
        wait_for(
            moody.reached.is_set if at else lambda: (folder.path / "experiments" / "e1").exists()
        )
        first.kill()
        first.communicate()
        second = command(tmp_path, "resume", run, "--json")
        ended = json.loads(second.communicate()[0])
    assert (ended["status"], ended["experiments"]) == ("truncated", 2)
    asked = Counter(each.purpose for each in Exchanges(folder.path / "llm").all())
    assert set(asked.values()) == {1}
    assert server.tally.replies == len(asked) == ended["ledger"]["llm_calls"]
    assert server.tally.requests - server.tally.replies == bool(at)


@pytest.mark.timeout(900)
def test_a_kill_while_it_explores_or_compares_designs_costs_no_reply_and_no_look(tmp_path):
    moody, run = Moody("exit code 0 after", planner=competent), "killed-early"
    folder = RunFolder(tmp_path / "runs" / run)
    with ScriptedLlm(moody) as server:
        llm = ("--llm", "openai/scripted", "--base-url", server.url, "-o", "cases=off")
        begun = command(
            tmp_path,
            *("run", "ftdojo_toy:task", "--agent", "ft-agent", "--model", "tiny", *llm),
            *("--budget", "10m", "--max-experiments", "5", "--name", run),
        )
        for reached in (
            moody.reached.is_set,  # the looks were taken, and their dossier is under way
            (folder.path / "experiments" / "e1").exists,
            (folder.path / "experiments" / "e2").exists,
        ):
            wait_for(reached)
            begun.kill()
            begun.communicate()
            begun = command(tmp_path, "resume", run, "--json")
        ended = json.loads(begun.communicate()[0])
    assert (ended["status"], ended["experiments"]) == ("truncated", 5)
    asked = Counter(each.purpose for each in Exchanges(folder.path / "llm").all())
    assert {"explore/1", "explore/2", "design/1", "plan/2/1"} <= set(asked)
    assert set(asked.values()) == {1}
    assert server.tally.replies == len(asked) == ended["ledger"]["llm_calls"]
    taken = [step.outcome.action for step in trajectory(folder)]
    assert [type(action) for action in taken[:3]] == [Check, Shell, Look]
    assert sum(isinstance(action, Shell) for action in taken) == 1
    made = folder.experiments()
    assert [each.parent for each in made[:2]] == ["base", "base"]
    assert len({each.submission.data for each in made[:2]}) == 2
    assert len({(each.submission.data, each.submission.train) for each in made}) == len(made)
