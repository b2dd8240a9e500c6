"""A ladder on real ground: sandbox, a warm worker with ``tiny``, vault, sources; one for all tests of this folder."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ftdojo.checks import CheckContext, Failed, lay_out, run_checks
from ftdojo.evaluation import Vault
from ftdojo.models import pull
from ftdojo.sandbox import open_sandbox
from ftdojo.sources import materialise
from ftdojo.store import Cache
from ftdojo.worker import Worker

TOYS = Path(__file__).parent.parent / "toys"


@pytest.fixture(scope="session")
def toy():
    sys.path.insert(0, str(TOYS))
    import ftdojo_toy

    yield ftdojo_toy
    sys.path.remove(str(TOYS))


@pytest.fixture(scope="session")
def context(toy, tmp_path_factory):
    home = tmp_path_factory.mktemp("context")
    (home / "scratch").mkdir()
    model = pull("tiny", cache=home / "cache")
    stored = {each.name: materialise(each, cache=home / "cache") for each in toy.task.sources}
    worker = Worker(model, log=home / "worker.log")
    yield CheckContext(
        task=toy.task,
        sandbox=open_sandbox("auto"),
        worker=worker,
        vault=Vault(toy.task),
        cache=Cache(home / "cache"),
        data=lay_out(stored, to=home / "given"),
        scratch=home / "scratch",
        memory_bytes=2**40,
    )
    worker.close()


@pytest.fixture
def submitted(toy):
    """Return a function that makes a submission; a good one unless a file is replaced."""

    def make(**changed):
        good = toy.handed_in(rows=40, steps=5)
        return replace(good, **changed)

    return make


@pytest.fixture
def checked_with(context, submitted):
    """Return a function that checks a submission whose files are replaced, in a context that is changed."""

    def check_with(*, left_s=600.0, on=None, **changed):
        return run_checks(submitted(**changed), replace(context, **(on or {})), left_s=left_s)

    return check_with


@pytest.fixture
def fell(checked_with):
    """Return a function that checks, requires a failure and returns (stage, kind, message)."""

    def fails(**changed):
        checked = checked_with(**changed)
        assert isinstance(checked, Failed)
        failure = checked.failure
        return failure.stage.value, failure.kind.value, failure.message

    return fails
