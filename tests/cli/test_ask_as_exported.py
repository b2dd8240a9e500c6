"""A run is asked the way its export says, whatever became of the task since."""

import json
import shutil

import pytest

from ftdojo.dojo.asking import of_run
from ftdojo.store import RunFolder


@pytest.fixture
def run(learned, home, tmp_path):
    """A copy of a run that chose what it trained; its task is gone."""
    folder = shutil.copytree(home / "runs" / "learned", tmp_path / "learned")
    asked = json.loads((folder / "run.json").read_text("utf8"))
    (folder / "run.json").write_text(
        json.dumps(asked | {"spec": asked["spec"] | {"task": "./gone"}}), "utf8"
    )
    return folder


@pytest.mark.parametrize("experiment", ["", "base"])
def test_a_run_whose_task_is_gone_asks_as_it_did(run, home, experiment):
    exported = json.loads((run / "model" / "ftdojo.json").read_text("utf8"))["asked"]
    found = of_run(RunFolder(run), experiment=experiment, cache=home / "cache", on_progress=print)
    assert (found.asked.template, found.asked.max_new_tokens) == (exported["template"], 6)
    assert (found.remark, found.weights is None) == ("", experiment == "base")
