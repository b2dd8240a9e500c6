"""The exports of a trained model in the hands of somebody who has no ftdojo: by the model cards' own scripts.

The base, smollm2-135m, is trained for some steps on worked sums and asked held-out ones, greedily: the adapter by
transformers and peft, the merged model by transformers alone.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import islice

import pytest

from ftdojo import tasks
from ftdojo.config import cache_dir
from ftdojo.export import asked_as, export_adapter, export_merged
from ftdojo.models import pull, smollm2
from ftdojo.submissions import TrainConfig
from ftdojo.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

STEPS, BATCH = 40, 8
ASKED = 20

DRIVER = """
import contextlib, io, json, runpy, sys
words, questions = json.loads(sys.argv[1]), json.loads(sys.argv[2])
answers = []
for question in questions:
    sys.argv = ["ask.py", *words, question]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        runpy.run_path("ask.py", run_name="__main__")
    answers.append(said.getvalue())
assert not [name for name in sys.modules if name.partition(".")[0] == "ftdojo"]
print(json.dumps(answers))
"""
"""Runs a card's script once a question, in one process: most of its time goes into imports."""


@pytest.fixture(scope="module")
def base():
    return pull(smollm2.NAME, cache=cache_dir())


@pytest.fixture(scope="module")
def weights(base, tmp_path_factory):
    """An adapter that was trained on worked sums by the worker, as in a run."""
    folder, task = tmp_path_factory.mktemp("trained"), tasks.get("math/mini")
    worked = next(source for source in task.sources if source.name == "worked")
    with (folder / "rows.jsonl").open("w") as rows:
        for row in islice(worked.rows(), STEPS * BATCH):
            turns = [
                *task.prompt(row["question"]),
                {"role": "assistant", "content": row["solution"]},
            ]
            rows.write(json.dumps({"messages": turns}) + "\n")
    config = TrainConfig(max_steps=STEPS, per_device_train_batch_size=BATCH, learning_rate=2e-3)
    worker, to = Worker(base, log=folder / "log"), folder / "weights"
    worker.train(folder / "rows.jsonl", config, to=to, seconds=None, on_step=lambda point: None)
    worker.close()
    return to


@pytest.fixture(scope="module")
def card(card):
    return replace(card, asked=asked_as(tasks.get("math/mini")))


@pytest.fixture(scope="module")
def questions():
    return [item.messages[-1]["content"] for item in tasks.get("math/mini").items("validation")]


@pytest.fixture(scope="module")
def merged(weights, base, card, questions, tmp_path_factory):
    """What the merged model answers in plain transformers."""
    to = export_merged(weights, base, to=tmp_path_factory.mktemp("merged") / "out", card=card)
    return asked_by_card(to, questions[:ASKED])


def asked_by_card(folder, questions, *words, python=sys.executable):
    """Return what the script in a model card answers, run in its folder by somebody else."""
    script = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)[1]
    (folder / "ask.py").write_text(script)
    command = [python, "-c", DRIVER, json.dumps(words), json.dumps(questions)]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ran = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_the_adapter_answers_as_the_merged_model_does(
    weights, base, card, questions, merged, tmp_path
):
    to = export_adapter(weights, base, to=tmp_path / "out", card=card)
    answers = asked_by_card(to, questions[:ASKED], str(base.path))
    same = sum(one == other for one, other in zip(answers, merged, strict=True))
    assert same >= ASKED - 1, "merging rounds to the base's own type, which may turn a near tie"
    assert len(set(answers)) > ASKED / 2, "it learned to answer each its own way"
