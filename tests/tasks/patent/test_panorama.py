"""PANORAMA: applications stay whole, official parts go first, and prompts are not cut."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.tasks.patent.noc4pc import BENCHMARK

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
SPLITS = ("validation", "confirm", "test")
NAMES = ("patent/par4pc", "patent/pi4pc", "patent/noc4pc")


@pytest.fixture
def samples(monkeypatch):
    if not SHARED.is_dir():
        pytest.skip("no copies of published data sets beside this checkout")
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))


def row(application, claim, code="102"):
    return {
        "application_number": application,
        "claim_number": claim,
        "context": json.dumps(
            {"claims": [f"A thing number {application} with part {claim}."] * claim}
        ),
        "prior_art_specifications": "[]",
        "answer": json.dumps({"code": code, "reason": f"Claim {claim} is known."}),
    }


@pytest.fixture
def official(tmp_path, monkeypatch):
    """Serve official parts: 30 applications for the test, 30 for validation, 10 for training, three claims each."""
    folder = tmp_path / "panorama_noc4pc"
    folder.mkdir()
    for part, first, count in (("test", 100, 30), ("validation", 200, 30), ("train", 300, 10)):
        rows = [row(str(first + at), claim) for at in range(count) for claim in (1, 2, 3)]
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    monkeypatch.setenv("FTDOJO_MIRROR", str(tmp_path))
    return replace(BENCHMARK)


def applications(items):
    return [item.id.partition("-")[0] for item in items]


def test_a_held_out_split_of_the_official_parts_has_one_claim_an_application(official):
    for split in ("test", "validation"):
        held_out = applications(official.items(split))
        assert len(set(held_out)) == len(held_out)
    assert set(applications(official.items("test"))) == {str(at) for at in range(100, 130)}


def test_all_claims_of_training_applications_are_on_offer_with_the_examiners_words(official):
    whole, short = official.sources("rows")
    rows = list(whole.rows())
    assert len(rows) == len(list(short.rows())) == 30
    assert rows[0]["reason"] == "Claim 1 is known."
    assert json.loads(rows[0]["answer"]) == {"code": "102"}


def test_a_training_row_of_a_held_out_application_is_dropped(official, tmp_path):
    path = tmp_path / "panorama_noc4pc" / "train.jsonl"
    path.write_text(path.read_text() + json.dumps(row("100", 9)) + "\n")
    whole, _ = official.sources("rows")
    assert "100-9" not in [each["id"] for each in whole.rows()]


def test_the_published_slices_are_the_ends_of_the_shuffled_test_part(official):
    validation, test = (official.reference_items(split) for split in ("validation", "test"))
    assert (len(validation), len(test)) == (45, 45)
    assert {item.id for item in validation}.isdisjoint(item.id for item in test)


@pytest.mark.parametrize("name", ["patent/par4pc", "patent/noc4pc"])
def test_sample_rows_are_dealt_by_application(samples, name):
    task = tasks.get(name)
    parts = [set(applications(task.items(split))) for split in SPLITS]
    parts.append({each["id"].partition("-")[0] for each in task.sources[0].rows()})
    assert all(one.isdisjoint(other) for one, other in combinations(parts, 2))
    assert all(parts[at] for at in (0, 2, 3))


@pytest.mark.parametrize("name", NAMES)
def test_prompts_of_items_are_whole_and_gold_earns_full_marks_either_way(samples, name):
    task = tasks.get(name)
    for item in task.items("test"):
        assert len(item.messages[-1]["content"]) > 2_000
        assert task.grade(item.gold, item).score == 1.0
    marks = [task.replication.mark(item.gold, item) for item in task.items("test")]
    total = task.replication.total(marks)
    assert total.get("accuracy", total.get("exact_match")) == 100.0


def test_a_cut_question_says_how_much_is_gone(samples):
    whole, short = (list(source.rows()) for source in tasks.get("patent/pi4pc").sources)
    assert [each["id"] for each in whole] == [each["id"] for each in short]
    gone = len(whole[0]["prompt"]) - 6_000
    assert f"[... {gone:,} characters left out ...]" in short[0]["prompt"]
