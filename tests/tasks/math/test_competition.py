"""AIME and GSM8K: which problems are held out, and that no source gives one away."""

import json
from importlib.util import find_spec, module_from_spec
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.tasks.math import competition
from ftdojo.tasks.math.competition import AIME24, AIME25, DEEPSCALER
from ftdojo.tasks.math.gsm8k import GSM8K, MAWPS
from ftdojo.texts import Gate

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
NAMES = ("math/aime25", "math/aime24", "math/gsm8k")


@pytest.fixture(autouse=True)
def mirror(monkeypatch):
    if not SHARED.is_dir():
        pytest.skip("no copies of published data sets beside this checkout")
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))


def asked(task, *splits):
    return [item.messages[-1]["content"] for split in splits for item in task.items(split)]


@pytest.mark.parametrize("name", NAMES)
def test_no_source_gives_a_held_out_question_away(name):
    task = tasks.get(name)
    gate = Gate.of(task, asked(task, "validation", "confirm", "test"))
    for source in task.sources:
        turns = (str(row[field]) for row in source.rows() for field in (source.prompt_field,))
        assert not any(gate.leak([{"role": "user", "content": turn}]) for turn in turns)


def test_the_published_halves_of_aime_2025_are_its_two_contests():
    task = tasks.get("math/aime25@reference")
    assert [item.id for item in task.items("validation")] == [f"2025-I-{at}" for at in range(1, 16)]
    assert [item.id for item in task.items("test")] == [f"2025-II-{at}" for at in range(1, 16)]


def test_ours_tests_on_all_thirty_and_validates_on_earlier_contests():
    task = tasks.get("math/aime25")
    assert [len(task.items(split)) for split in ("validation", "confirm", "test")] == [100, 100, 30]
    assert {item.slices["contest"] for item in task.items("confirm")} == {"earlier"}


def test_the_prompts_are_the_published_ones():
    ends = [asked(tasks.get(name), "test")[0].splitlines()[-1] for name in NAMES[:2]]
    assert ends == [
        r"Remember to put your final answer within \boxed{}.",
        r"Please reason step by step, and put your final answer within \boxed{}.",
    ]


def test_neither_contest_is_in_what_the_other_task_may_train_on():
    contests = {text for name in NAMES[:2] for text in asked(tasks.get(name), "test")}
    for source in tasks.get("math/aime24").sources:
        assert all(str(row[source.prompt_field]) not in "".join(contests) for row in source.rows())


def test_reference_marks_of_gold_answers_are_full_marks():
    task = tasks.get("math/gsm8k")
    marks = [task.replication.mark(item.gold, item) for item in task.items("validation")]
    assert task.replication.total(marks) == {"accuracy": 100.0, "official_accuracy": 100.0}


@pytest.mark.parametrize("dataset", [AIME24, AIME25, DEEPSCALER, GSM8K, MAWPS])
def test_rows_of_the_hub_get_the_fields_of_the_mirror(dataset):
    hub = {
        "aime24": {"problem": "1+1?", "answer": 2, "solution": "2"},
        "aime25": {"question": "1+1?", "answer": "2"},
        "deepscaler": {"problem": "1+1?", "answer": "2", "solution": "It is 2."},
        "gsm8k": {"question": "1+1?", "answer": "#### 2"},
        "mawps": {"Question": "Ann has N_00 and N_01.", "Numbers": "1.0 1.0", "Answer": 2.0},
    }[dataset.name]
    part = next(iter(dataset.parts))
    line = (SHARED / dataset.name / f"{part}.jsonl").read_text(encoding="utf8").splitlines()[0]
    assert set(dataset.parts[part].read(hub)) == set(json.loads(line)) == set(dataset.fields)


def test_numbers_that_the_hub_keeps_apart_are_put_back_into_the_question():
    read = MAWPS.parts["all"].read
    row = {"Question": "N_00 apples and N_01 more?", "Numbers": "3.0 4.5", "Answer": 7.5}
    assert read(row)["question"] == "3 apples and 4.5 more?"


def test_solved_and_unsolved_problems_of_the_hub_are_two_parts():
    solved, unsolved = (part.read for part in competition.DEEPSCALER.parts.values())
    row = {"problem": "1+1?", "answer": "2", "solution": " "}
    assert solved(row) is None
    assert unsolved(row) == row
    assert unsolved(row | {"answer": ""}) is None


def test_an_earlier_problem_that_is_in_a_contest_is_neither_held_back_nor_on_offer(
    tmp_path, monkeypatch
):
    contest = "Find the number of ways to lay ten red and ten blue tiles around a round table."
    row = {"problem": contest, "question": contest, "answer": "24", "solution": "It is 24."}
    other = row | {"problem": "What is the sum of the first nine odd numbers?"}
    for name, rows in (
        ("aime24/test", [row]),
        ("aime25/test", []),
        ("deepscaler/train_aime", [row, other]),
    ):
        path = tmp_path / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    monkeypatch.setenv("FTDOJO_MIRROR", str(tmp_path))
    spec = find_spec("ftdojo.tasks.math.competition")
    fresh = module_from_spec(spec)
    spec.loader.exec_module(fresh)
    assert [each for split in fresh.earlier().values() for each in split] == [other]
    assert list(fresh.SOURCES[0].rows()) == []
