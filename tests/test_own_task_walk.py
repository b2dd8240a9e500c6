"""The walk-through of docs/bring-your-own-task.md is walked as written: from a CSV to a model that answers."""

import importlib.util
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ftdojo.tasks.own.metrics import METRICS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "bring-your-own-task.md"
spec = importlib.util.spec_from_file_location(
    "docs_checks", Path(__file__).with_name("test_docs.py")
)
docs_checks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(docs_checks)
TEXT = PAGE.read_text("utf8")
(SCORER,) = docs_checks.fenced(TEXT, "python")
STEPS = [
    shlex.split(line, comments=True) for line in docs_checks.fenced(TEXT, "sh")[0].splitlines()
]
QUEUES = {"account", "billing", "delivery", "sales", "technical"}


def step(words, *more):
    """Run one line of the page in the folder that the test is in, and return what it printed."""
    program = (
        [sys.executable] if words[0] == "python" else [sys.executable, "-m", "ftdojo.cli.main"]
    )
    rest = [ROOT / word if word.startswith("examples/") else word for word in words[1:]]
    done = subprocess.run([*program, *rest, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_leads_from_a_csv_to_answers_in_at_most_six_commands():
    verbs = [words[1] for words in STEPS]
    assert len(STEPS) <= 6
    assert (verbs[1:], STEPS[-1][:2]) == (
        ["tasks", "tasks", "run", "export", "ask"],
        ["ftdojo", "ask"],
    )


def test_the_rows_are_seen_as_the_page_shows_them(here):
    step(STEPS[0])
    shown = docs_checks.fenced(TEXT, "text")[0]
    assert shown in step(STEPS[1]).stderr
    assert "./tickets keeps every promise." in step(STEPS[2]).stdout


def test_the_scorer_on_the_page_can_take_the_place_of_the_metric(here, monkeypatch, capsys):
    step(STEPS[0])
    Path("mine.py").write_text(SCORER)
    step([*STEPS[1], "--scorer", "mine.py"])
    assert "./tickets keeps every promise." in step(STEPS[2]).stdout


def test_the_page_names_every_metric():
    assert [name for name in METRICS if f"| `{name}` |" not in TEXT] == []


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_model_at_the_end_of_the_page_knows_the_queues(here, monkeypatch):
    """One experiment in the page's time; what it reaches hangs on the machine, that it is learnt does not."""
    monkeypatch.setenv("FTDOJO_HOME", str(here / "runs"))
    for words in STEPS[:3]:
        step(words)
    ended = json.loads(step(STEPS[3], "--max-experiments", "1", "--json").stdout)
    assert ended["test"]["unreadable"] <= 0.2
    assert ended["gain"]["difference"]["low"] > 0.05, ended["test"]
    step(STEPS[4])
    assert step(STEPS[5]).stdout.strip() in QUEUES
