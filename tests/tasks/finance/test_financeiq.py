"""FinanceIQ: the published slices row by row, and clean ones beside them."""

import json
from collections import Counter
from importlib.util import find_spec, module_from_spec
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.tasks.finance.financeiq import FINANCEIQ, SUBJECTS, TRAIN_ROWS
from ftdojo.texts.near import clusters

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(autouse=True)
def mirror(monkeypatch):
    if not SHARED.is_dir():
        pytest.skip("no copies of published data sets beside this checkout")
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))


def test_the_published_slices_are_repeated_row_by_row():
    published = json.loads(
        (SHARED / "financeiq" / "rdagent_splits.json").read_text(encoding="utf8")
    )
    task = tasks.get("finance/financeiq@reference")
    for split, key in (("validation", "val"), ("test", "test")):
        ids = [f"{subject}-{at}" for subject in SUBJECTS for at in published[subject][key]]
        assert [item.id for item in task.items(split)] == ids


def test_the_published_prompt_shows_five_worked_examples_and_ours_none():
    ours, theirs = (
        tasks.get(f"finance/financeiq{way}").items("test")[0] for way in ("", "@reference")
    )
    assert [turn["role"] for turn in theirs.messages] == ["user", "assistant"] * 5 + ["user"]
    assert theirs.messages[1]["content"].startswith("答案是: ")
    assert ours.messages == theirs.messages[-1:]


def test_every_exam_is_in_every_split_and_no_question_is_there_twice():
    task = tasks.get("finance/financeiq")
    items = {split: task.items(split) for split in ("validation", "confirm", "test")}
    for split in items.values():
        assert set(Counter(item.slices["subject"] for item in split)) == set(SUBJECTS)
    asked = [
        item.messages[-1]["content"].partition("\n")[2]
        for split in items.values()
        for item in split
    ]
    assert len(clusters(asked)) == len(asked)


@pytest.mark.slow
def test_training_rows_are_the_published_ones_only():
    task = tasks.get("finance/financeiq")
    held_out = {
        item.id for split in ("validation", "test") for item in task.replication.items(split)
    }
    rows = [f"{row['subject']}-{row['idx']}" for row in task.sources[0].rows()]
    assert held_out.isdisjoint(rows)
    assert 6000 < len(rows) <= 6179


def test_a_row_of_the_file_is_read_with_the_exam_in_its_name():
    row = {"": "7", "Question": " 1+1? ", "A": "1", "B": "2", "C": "3", "D": "4", "Answer": "B "}
    read = FINANCEIQ.parts["税务师"].read(row)
    assert (read["subject"], read["idx"], read["question"], read["answer"]) == (
        "税务师",
        7,
        "1+1?",
        "B",
    )
    assert set(read) == set(FINANCEIQ.fields)


def exam(subject, same):
    """Return a small exam: eight rows for evaluation, four of them validation; the first and the sixth ask ``same``."""
    lines = [",Question,A,B,C,D,Answer"]
    for at in range(8):
        asked = same if at in (0, 5) else f"{subject} 的第 {at} 题问的是什么"
        lines.append(f"{TRAIN_ROWS[subject] + at},{asked},一,二,三,四,A")
    return "\n".join(lines)


def test_a_question_of_the_test_is_asked_in_no_other_split_of_any_exam(tmp_path, monkeypatch):
    for subject in SUBJECTS:
        path = tmp_path / "financeiq" / "data" / "test" / f"{subject}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(exam(subject, "下列哪一项是所有考试都问的问题"), encoding="utf8")
    monkeypatch.setenv("FTDOJO_MIRROR", str(tmp_path))
    spec = find_spec("ftdojo.tasks.finance.financeiq")
    fresh = module_from_spec(spec)
    spec.loader.exec_module(fresh)
    asked = [
        item.messages[-1]["content"]
        for split in ("validation", "confirm", "test")
        for item in fresh.items(split)
    ]
    assert sum("所有考试" in each for each in asked) == 1
    assert sum("所有考试" in item.messages[-1]["content"] for item in fresh.items("test")) == 1
