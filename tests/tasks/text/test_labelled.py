from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.tasks.check import GARBAGE
from ftdojo.tasks.text.labelled import AGNEWS, SST2
from ftdojo.texts import Gate

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
PARTS = ("validation", "confirm", "test")
needs_rows = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs the shared data folder beside the checkout"
)


@pytest.fixture(params=["text/sst2", "text/agnews"])
def task(request, monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    return tasks.get(request.param)


def test_rows_of_the_hub_are_read_with_the_names_of_their_labels():
    read = SST2.parts["test"].read
    assert read({"sentence": "fine ", "label": 1, "idx": 3}) == {
        "text": "fine",
        "label": "positive",
    }
    assert read({"sentence": "fine", "label": -1, "idx": 3}) is None
    news = AGNEWS.parts["test"].read({"text": "a", "label": 3})
    assert news == {"text": "a", "label": "Sci/Tech"}


@needs_rows
def test_gold_earns_full_marks_and_garbage_is_unreadable(task):
    assert [len(task.items(part)) for part in PARTS] == [150, 150, 400]
    for item in task.items("validation"):
        assert task.grade(item.gold, item).score == 1
        assert task.replication.total([task.replication.mark(item.gold, item)])["accuracy"] == 100
        assert not any(task.grade(text, item).readable for text in ("", *GARBAGE))


@needs_rows
def test_no_source_holds_a_held_out_text_and_only_one_has_the_true_labels(task):
    asked = [item.messages[-1]["content"] for part in PARTS for item in task.items(part)]
    gate = Gate.of(task, asked)
    true, careless, sentences = (list(source.rows()) for source in task.sources[:3])
    turns = ((at, task.prompt(row["text"])) for at, row in enumerate(true))
    assert not gate.overlap(turns).rows
    assert len(true) > 2000
    spoilt = sum(a != b for a, b in zip(true, careless, strict=True)) / len(true)
    assert 0.2 < spoilt < 0.45
    assert all(b["label"].endswith(f"{a['label']}.") for a, b in zip(true, sentences, strict=True))
