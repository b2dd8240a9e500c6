"""A toy task that ``tiny`` learns in seconds, and one cache for the module's runs, so that equal work is done once."""

import os
import sys
from pathlib import Path

import pytest

from ftdojo.dojo import resume, start
from ftdojo.records import OUTSIDE, Budget, RunSpec, seconds

TOYS = Path(__file__).parent.parent / "toys"


@pytest.fixture(scope="module", autouse=True)
def _workers(warm_workers):
    """Start a worker for many runs instead of one for each."""


@pytest.fixture(scope="session", autouse=True)
def toys():
    """Make the toy task importable by its name, here and in processes that are started."""
    sys.path.insert(0, str(TOYS))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    yield
    sys.path.remove(str(TOYS))


@pytest.fixture(scope="session")
def toy(toys):
    import ftdojo_toy

    return ftdojo_toy


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("dojo")


@pytest.fixture(scope="session")
def cache(home):
    return home / "cache"


@pytest.fixture(scope="session")
def new(toys, home, cache):
    """Return a function that makes a dojo for the toy task; close what it makes."""

    def make_one(run, *, budget="10m", seed=0, task="ftdojo_toy:task", cache=cache, listeners=()):
        limits = Budget(wall_s=seconds(budget)) if isinstance(budget, str) else budget
        spec = RunSpec(task=task, agent=OUTSIDE, model="tiny", budget=limits, seed=seed)
        return start(spec, name=run, root=home / "runs", cache=cache, listeners=listeners)

    return make_one


@pytest.fixture(scope="session")
def reopen(home, cache):
    """Return a function that resumes a run."""

    def reopen_one(run, **facts):
        return resume(run, root=home / "runs", **{"cache": cache} | facts)

    return reopen_one
