"""The seams hold: our own parts and the toy plugins pass the shipped contracts, and a run takes plugins by name."""

import sys
from pathlib import Path

import pytest

from ftdojo.cli.progress import progress
from ftdojo.dojo import start
from ftdojo.models import pull
from ftdojo.records import EVENTS, OUTSIDE, Finish, RunSpec, Submission, Train
from ftdojo.serve.jobs import JobWatch
from ftdojo.store import EventLog, LossLog, RunFolder
from ftdojo.testing.contracts import (
    EXAMPLES,
    EngineContract,
    ListenerContract,
    ObjectiveContract,
    TrainerContract,
)
from ftdojo.training.objectives import objectives
from ftdojo.worker import Worker, WorkerEngine, WorkerTrainer

ROOT = Path(__file__).parents[1]
PLUGINS = ROOT / "examples" / "plugins"
LINES = 40

pytestmark = pytest.mark.usefixtures("warm_workers")


@pytest.fixture(scope="session", autouse=True)
def importable():
    for folder in (PLUGINS, ROOT / "tests" / "toys"):
        sys.path.insert(0, str(folder))
    yield
    for folder in (PLUGINS, ROOT / "tests" / "toys"):
        sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return pull("tiny", cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def worker(tiny, tmp_path_factory):
    worker = Worker(tiny, log=tmp_path_factory.mktemp("worker") / "worker.log")
    yield worker
    worker.close()


class TestWorkerEngine(EngineContract):
    @pytest.fixture
    def engine(self, worker):
        return WorkerEngine(worker)


class TestEchoEngine(EngineContract):
    @pytest.fixture
    def engine(self):
        from echo_engine import Echo

        return Echo(None)


class TestLoop(TrainerContract):
    @pytest.fixture
    def trainer(self, worker):
        return WorkerTrainer(worker)

    @pytest.fixture
    def base(self, tiny):
        return tiny


class TestPlainTrainer(TrainerContract):
    @pytest.fixture
    def trainer(self, worker):
        from plain_trainer import Plain

        return Plain(worker)

    @pytest.fixture
    def base(self, tiny):
        return tiny


@pytest.fixture(scope="session")
def tokenizer(tiny):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny.path)


@pytest.fixture(scope="session")
def model(tiny):
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.float32).eval()


class TestSft(ObjectiveContract):
    @pytest.fixture
    def objective(self):
        return objectives.get("sft")

    @pytest.fixture
    def entries(self):
        question = {"role": "user", "content": "How many legs has a spider?"}
        long = {"prompt": "Name two colours of the sky.", "completion": "Blue, and red at night."}
        return [{"messages": [question, {"role": "assistant", "content": "Eight."}]}, long]


class TestDpo(ObjectiveContract):
    @pytest.fixture
    def objective(self):
        return objectives.get("dpo")

    @pytest.fixture
    def entries(self):
        question = {"role": "user", "content": "How many legs has a spider?"}
        answers = {
            "chosen": [{"role": "assistant", "content": "Eight."}],
            "rejected": [{"role": "assistant", "content": "Six, like ants."}],
        }
        return [
            {"prompt": [question], **answers},
            {"prompt": "Name two colours of the sky.", "chosen": "Blue, red.", "rejected": "No."},
        ]


class TestRawText(ObjectiveContract):
    @pytest.fixture
    def objective(self):
        return objectives.get("raw_text:RAW_TEXT")

    @pytest.fixture
    def entries(self):
        return [{"text": "The cat sat on the mat and slept."}, {"text": "It rained all day long."}]


class TestLossTable(ListenerContract):
    @pytest.fixture
    def make(self):
        from loss_table import LossTable

        return LossTable


class TestEventLog(ListenerContract):
    @pytest.fixture
    def make(self):
        return lambda folder: EventLog(RunFolder(folder))


class TestLossLog(ListenerContract):
    @pytest.fixture
    def make(self):
        def made(folder):
            (folder / "experiments" / "e1").mkdir(parents=True, exist_ok=True)
            return LossLog(RunFolder(folder))

        return made


class TestProgress(ListenerContract):
    @pytest.fixture
    def make(self):
        with progress(60.0, quiet=False) as show:
            yield lambda folder: show


class TestSessionStatus(ListenerContract):
    @pytest.fixture
    def make(self):
        return lambda folder: JobWatch(lambda event: None)


def test_the_examples_of_events_are_of_every_kind():
    assert {type(each) for each in EXAMPLES} == set(EVENTS.values())


@pytest.mark.parametrize("path", sorted(PLUGINS.glob("*.py")), ids=lambda path: path.stem)
def test_a_plugin_is_a_short_file(path):
    assert len(path.read_text("utf8").splitlines()) <= LINES


def test_a_run_takes_trainer_engine_and_listener_by_module_and_attribute(tmp_path):
    from toy_yes import DATA, TRAIN, task

    spec = RunSpec(
        task="toy_yes:task",
        agent=OUTSIDE,
        model="tiny",
        trainer="plain_trainer:Plain",
        engine="echo_engine:Echo",
        listeners=("loss_table:LossTable",),
    )
    with start(spec, root=tmp_path / "runs", cache=tmp_path / "cache") as dojo:
        dojo.reset()
        step = dojo.step(Train(submission=Submission(plan="Plain.", data=DATA, train=TRAIN)))
        (made,) = step.observation.experiments
        assert made.failure is None
        assert made.feedback.training.peak_bytes == 0, "the plain trainer's, not the loop's"
        table = (dojo.folder.path / "losses.csv").read_text("utf8").splitlines()
        assert len(table) == made.feedback.training.steps
        assert table[0].startswith("e1,1,")
        outputs = dojo.folder.predictions("e1", "validation")
        asked = {each.id: each.messages[-1]["content"] for each in task.items("validation")}
        assert outputs
        assert all(each.output in asked[each.item] for each in outputs)
        assert dojo.step(Finish(experiment="e1")).terminated


TEXTS = """
import json, os, pathlib
texts = [f"yes, yes and yes, {n} times" for n in range(16)]
rows = "".join(json.dumps({"text": text}) + "\\n" for text in texts)
pathlib.Path("train.jsonl").write_text(rows)
"""


@pytest.fixture
def raw_text(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS))
    spec = RunSpec(task="toy_yes:task", agent=OUTSIDE, model="tiny", objective="raw_text:RAW_TEXT")
    with start(spec, root=tmp_path / "runs", cache=tmp_path / "cache") as dojo:
        dojo.reset()
        yield lambda data, train: dojo.step(
            Train(submission=Submission(plan="Plain.", data=data, train=train))
        ).observation.experiments[-1]


def test_a_run_learns_what_the_objective_of_a_plugin_says(raw_text):
    from toy_yes import DATA, TRAIN

    made = raw_text(TEXTS, TRAIN)
    assert made.failure is None
    assert made.feedback.check.data.label_share > 0.95, "every token but the first of a row"
    refused = raw_text(DATA, TRAIN)
    assert 'the row has no text; write {"text": "..."}.' in refused.failure.message


def test_a_submission_names_no_objective_to_be_imported(raw_text):
    refused = raw_text(TEXTS, "objective: os:system\n")
    assert refused.failure.kind == "schema"
    assert (
        "objective: os:system is not known; write one of dpo, orpo, sft" in refused.failure.message
    )
