from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.tasks.biology.pubmedqa import PUBMEDQA, TEST_IDS

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
RAW = {
    "pubid": 12377809,
    "question": "Does it work?",
    "context": {"contexts": ["We tried.", "It did."], "labels": ["A", "B"]},
    "long_answer": "It works.",
    "final_decision": "yes",
}
needs_rows = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs the shared data folder beside the checkout"
)


def test_rows_of_the_hub_belong_to_the_part_that_holds_their_number():
    row = {
        "id": "12377809",
        "question": "Does it work?",
        "context": "We tried.\nIt did.",
        "answer": "yes",
    }
    assert len(TEST_IDS) == 500
    assert PUBMEDQA.parts["test"].read(RAW) == row
    assert PUBMEDQA.parts["train"].read(RAW) is None
    assert PUBMEDQA.parts["train"].read(RAW | {"pubid": 1}) == row | {"id": "1"}


@needs_rows
def test_the_test_is_the_official_one_and_nothing_of_it_is_on_offer(monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    task = tasks.get("biology/pubmedqa")
    held = {item.id for part in ("validation", "confirm", "test") for item in task.items(part)}
    assert {item.id for item in task.items("test")} == TEST_IDS
    assert len(held) == 700
    labelled = list(task.sources[0].rows())
    assert not held & {row["id"] for row in labelled}
    assert (
        sum(
            good["answer"] != bad["answer"]
            for good, bad in zip(labelled, task.sources[1].rows(), strict=True)
        )
        > len(labelled) / 4
    )


@needs_rows
def test_the_first_word_is_the_answer(monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    task = tasks.get("biology/pubmedqa")
    item = next(item for item in task.items("test") if item.gold == "maybe")
    assert task.grade("Maybe, it depends.", item).score == 1
    assert not task.grade("It depends: maybe", item).readable
    assert task.replication.total([task.replication.mark("maybe", item)])["accuracy"] == 100
