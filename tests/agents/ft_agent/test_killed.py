"""Kill FT-Agent's controller while it asks for a plan, for a repair, or trains: it goes on, and nothing is asked twice."""

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
from ftdojo.store import RunFolder
from ftdojo.testing.llm import ScriptedLlm, Trouble
from ftdojo.testing.planner import clumsy

TOYS = Path(__file__).parent.parent.parent / "toys"
PATIENCE_S = 120.0
INHERITED = ("PATH", "HOME", "LANG", "FTDOJO_LOW_PRECISION")

pytestmark = pytest.mark.slow


class Moody:
    """A clumsy planner that hangs once, at the first question that holds ``at``, and says so."""

    def __init__(self, at):
        self.at, self.reached = at, threading.Event()

    def __call__(self, request):
        if self.at and self.at in json.dumps(request.body) and not self.reached.is_set():
            self.reached.set()
            return Trouble(hang_s=3600)
        return clumsy(request)


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
