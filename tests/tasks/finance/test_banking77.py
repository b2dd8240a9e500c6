"""Banking77: a sample of the official test, and sources of honestly different worth."""

from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.tasks.finance.banking77 import BANKING77, INTENTS
from ftdojo.texts import Gate

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(autouse=True)
def mirror(monkeypatch):
    if not SHARED.is_dir():
        pytest.skip("no copies of published data sets beside this checkout")
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))


@pytest.fixture
def task():
    return tasks.get("finance/banking77")


def rows(task, name):
    return list(next(source for source in task.sources if source.name == name).rows())


def test_the_test_is_a_sample_of_the_official_one(task):
    official = {item.messages[-1]["content"] for item in task.replication.items("test")}
    assert len(official) > 3000
    assert {item.messages[-1]["content"] for item in task.items("test")} < official
    assert [len(task.items(split)) for split in ("validation", "confirm", "test")] == [
        150,
        150,
        400,
    ]


def test_every_intent_is_told_and_none_stands_in_the_prompt(task):
    assert len(set(INTENTS)) == 77
    assert all(intent in task.summary for intent in INTENTS)
    assert {item.gold for item in task.items("test")} <= set(INTENTS)
    assert len(task.prompt("")[-1]["content"]) < 60


def test_sources_hold_the_same_messages_and_differ_in_their_labels(task):
    true, careless, sentences = (
        rows(task, f"banking77-{name}") for name in ("train", "careless", "sentences")
    )
    assert [row["text"] for row in true] == [row["text"] for row in careless]
    wrong = sum(one["label"] != other["label"] for one, other in zip(true, careless, strict=True))
    assert wrong / len(true) == pytest.approx(0.4, abs=0.02)
    assert not any(
        task.grade(row["label"], task.items("test")[0]).readable for row in sentences[:200]
    )


def test_no_source_gives_a_held_out_message_away(task):
    asked = [
        item.messages[-1]["content"]
        for split in ("validation", "confirm", "test")
        for item in task.items(split)
    ]
    gate = Gate.of(task, asked)
    texts = (row["text"] for row in rows(task, "banking77-train"))
    assert not any(gate.leak([{"role": "user", "content": text}]) for text in texts)


def test_the_label_may_be_dressed_but_a_sentence_is_unreadable(task):
    item = task.items("test")[0]
    assert task.grade(item.gold.replace("_", " ").upper() + ".\nBecause.", item).score == 1.0
    assert not task.grade(f"The intent is {item.gold}", item).readable


def test_a_row_of_the_hub_gets_the_fields_of_the_mirror():
    read = BANKING77.parts["test"].read
    row = read({"text": " Where is my card? ", "label": 11, "label_text": "card_arrival"})
    assert row == {"text": "Where is my card?", "label": "card_arrival"}
