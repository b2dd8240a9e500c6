"""One warm worker and one warm bench for all tests; rows that teach sums."""

import json

import pytest

from ftdojo.models import pull
from ftdojo.records import Decoding
from ftdojo.submissions import TrainConfig
from ftdojo.worker import Worker


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return pull("tiny", cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def write():
    """Write rows with answers like the given ones."""

    def write(file, answers):
        rows = (
            {"prompt": f"{number}+1", "completion": answer} for number, answer in enumerate(answers)
        )
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
        return file

    return write


@pytest.fixture(scope="session")
def rows(tmp_path_factory, write):
    return write(tmp_path_factory.mktemp("rows") / "rows.jsonl", [str(n + 1) for n in range(20)])


@pytest.fixture(scope="session")
def asking():
    """Prompts, and how they are to be answered."""
    return {
        "prompts": [[{"role": "user", "content": "3+1"}]],
        "decoding": Decoding(max_new_tokens=4),
    }


@pytest.fixture(scope="module")
def worker(tiny, tmp_path_factory):
    """A worker whose controller has a key in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "do-not-leak")
        worker = Worker(tiny, log=tmp_path_factory.mktemp("worker") / "worker.log")
        yield worker
        worker.close()


@pytest.fixture
def config():
    return TrainConfig(max_steps=3, per_device_train_batch_size=4, learning_rate=2e-2)
