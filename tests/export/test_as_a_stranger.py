"""The exports of a trained model in the hands of somebody who has no ftdojo: by the model cards' own scripts.

The base, smollm2-135m, is trained for some steps on worked sums and asked held-out ones, greedily: the adapter by
transformers and peft, the merged model by transformers alone, the GGUF files by llama.cpp.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import replace
from itertools import islice

import pytest

from ftdojo import tasks
from ftdojo.config import cache_dir
from ftdojo.export import asked_as, export_adapter, export_gguf, export_merged
from ftdojo.models import pull, smollm2
from ftdojo.submissions import TrainConfig
from ftdojo.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

LLAMA_CPP = "llama-cpp-python==0.3.36"
BUILD_S = 720
LEFT_OUT = "-DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_CURL=OFF"
QUICK = "-DCMAKE_CXX_FLAGS_RELEASE=-O1"
"""Compiles in half the time; the numbers are the same."""
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
def llama_cpp():
    """Return a Python that has llama.cpp, in an environment of its own that the first call on a machine builds."""
    place = cache_dir() / "tests" / LLAMA_CPP.replace("==", "-")
    python, done = place / "bin" / "python", place / "built"
    if not done.exists():
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True)
        env = os.environ | {"CMAKE_ARGS": f"{LEFT_OUT} {QUICK}", "CMAKE_BUILD_PARALLEL_LEVEL": "2"}
        command = [str(python), "-m", "pip", "install", "-q", LLAMA_CPP]
        try:
            subprocess.run(command, env=env, check=True, capture_output=True, timeout=BUILD_S)
        except (subprocess.SubprocessError, OSError) as error:
            said = (getattr(error, "stderr", None) or b"").decode(errors="replace")[-500:]
            pytest.skip(f"{LLAMA_CPP} cannot be built here: {error} {said}")
        done.touch()
    return python


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
    task = tasks.get("math/mini")
    before, _, after = task.template.partition("{question}")
    asked = [item.messages[-1]["content"] for item in task.items("validation")[:ASKED]]
    return [text.removeprefix(before).removesuffix(after) for text in asked]


@pytest.fixture(scope="module")
def merged(weights, base, card, questions, tmp_path_factory):
    """What the merged model answers in plain transformers."""
    to = export_merged(weights, base, to=tmp_path_factory.mktemp("merged") / "out", card=card)
    return asked_by_card(to, questions)


def asked_by_card(folder, questions, *words, python=sys.executable):
    """Return what the script in a model card answers, run in its folder by somebody else."""
    script = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)[1]
    (folder / "ask.py").write_text(script)
    command = [python, "-c", DRIVER, json.dumps(words), json.dumps(questions)]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ran = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def adapted(weights, base, card, questions, tmp_path_factory):
    """What the adapter on the base answers in transformers and peft, in float32."""
    to = export_adapter(weights, base, to=tmp_path_factory.mktemp("adapter") / "out", card=card)
    return asked_by_card(to, questions, str(base.path))


def test_the_adapter_answers_each_question_its_own_way(adapted):
    assert len(set(adapted)) > ASKED / 2


def test_the_merged_model_answers_as_the_adapter_does(adapted, merged):
    """It is rounded to the base's own type, which may turn a near tie."""
    assert same(merged, adapted) >= ASKED - 1


@pytest.fixture(scope="module")
def in_llama_cpp(llama_cpp, weights, base, card, questions, tmp_path_factory):
    """Return a function that answers with a GGUF file of a given precision, in llama.cpp."""

    def answers(precision):
        to = tmp_path_factory.mktemp("gguf") / "out"
        export_gguf(weights, base, to=to, card=card, precision=precision)
        return asked_by_card(to, questions, python=str(llama_cpp))

    return answers


@pytest.mark.parametrize(("precision", "turned"), [("f32", 0), ("f16", 1)])
def test_llama_cpp_answers_as_the_adapter_does(in_llama_cpp, adapted, precision, turned):
    """Of a file in half precision one near tie may turn; in single precision none does."""
    assert same(in_llama_cpp(precision), adapted) >= ASKED - turned


def same(answers, others):
    """Count the answers that are word for word those of others."""
    return sum(one.strip() == other.strip() for one, other in zip(answers, others, strict=True))
