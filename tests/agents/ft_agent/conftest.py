"""FT-Agent on the toy task: a scripted planner behind a real HTTP server, a real sandbox, real trainings of ``tiny``."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ftdojo.agents import enlist, play
from ftdojo.agents.ft_agent.notes import KINDS
from ftdojo.agents.notebook import Notebook
from ftdojo.dojo import start
from ftdojo.records import Budget, LlmChoice, RunSpec, seconds
from ftdojo.store import RunFolder
from ftdojo.testing.llm import ScriptedLlm

TOYS = Path(__file__).parent.parent.parent / "toys"
sys.path.insert(0, str(TOYS))
os.environ.setdefault("OMP_NUM_THREADS", "1")


@dataclass
class Played:
    """A run that was played to its end, with the server's side of it."""

    step: object
    folder: RunFolder
    server: ScriptedLlm
    heard: list
    """Every event of the run."""

    @property
    def notes(self):
        return Notebook(self.folder.path / "agent" / "notes.jsonl", KINDS).notes()

    def noted(self, kind):
        return [note for note in self.notes if type(note).__name__ == kind]

    @property
    def experiments(self):
        return self.folder.experiments()

    @property
    def purposes(self):
        from ftdojo.llm import Exchanges

        return [each.purpose for each in Exchanges(self.folder.path / "llm").all()]


@pytest.fixture(scope="module", autouse=True)
def _workers(warm_workers):
    """Start a worker for many runs instead of one for each."""


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("ft-agent")


@pytest.fixture(scope="session")
def played(home):
    """Return a function that lets an agent play the toy task against a behaviour, to the end."""

    def play_one(run, behaviour, *, agent="ft-agent", experiments=2, price=("1", "4"), **options):
        brief = {"cases": "off", "without": "exploration"}
        options = {**brief, **options} if agent == "ft-agent" else options
        with ScriptedLlm(behaviour, price=price) as server:
            budget = options.pop("budget", Budget(wall_s=600, max_experiments=experiments))
            llm = LlmChoice(models={"planner": "openai/scripted"}, base_url=server.url)
            llm = LlmChoice(models={}, replay=options.pop("replay")) if "replay" in options else llm
            task = options.pop("task", "ftdojo_toy:task")
            limits = Budget(wall_s=seconds(budget)) if isinstance(budget, str) else budget
            spec = RunSpec(
                task=task,
                agent=agent,
                agent_options=options,
                model="tiny",
                budget=limits,
                llm=llm,
            )
            heard = []
            places = {"root": home / "runs", "cache": home / "cache"}
            with start(spec, name=run, **places, listeners=(heard.append,)) as dojo:
                player = enlist(agent, seed=0, options=options).enter(dojo)
                step = play(player, dojo)
        return Played(step, dojo.folder, server, heard)

    return play_one
