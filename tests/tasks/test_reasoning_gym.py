from importlib.util import find_spec

import pytest

from ftdojo import tasks
from ftdojo.errors import SourceError, UnknownName
from ftdojo.tasks import reasoning_gym
from ftdojo.tasks.check import GARBAGE
from ftdojo.texts import Gate

pytestmark = pytest.mark.skipif(find_spec("reasoning_gym") is None, reason="needs reasoning-gym")
PARTS = ("validation", "confirm", "test")


@pytest.fixture(scope="module")
def task():
    return tasks.get("reasoning-gym/chain_sum")


def test_any_data_set_of_the_package_is_a_task_by_its_name(task):
    assert task.name == "reasoning-gym/chain_sum"
    assert [len(task.items(part)) for part in PARTS] == [100, 100, 200]
    assert task.items("test") == task.items("test")


def test_an_unknown_data_set_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownName, match="Did you mean 'chain_sum'"):
        tasks.get("reasoning-gym/chainsum")


def test_gold_earns_full_marks_and_garbage_is_unreadable(task):
    for item in task.items("validation"):
        assert task.grade(item.gold, item).score == 1
        for text in ("", *GARBAGE):
            assert not task.grade(text, item).readable


def test_a_readable_wrong_answer_scores_nothing(task):
    item = task.items("validation")[0]
    grade = task.grade("Answer: x", item)
    assert (grade.score, grade.readable) == (0, True)


def test_no_source_and_no_split_holds_a_question_of_another_split(task):
    asked = [item.messages[-1]["content"] for part in PARTS for item in task.items(part)]
    assert len(set(asked)) == len(asked)
    gate = Gate.of(task, asked)
    for source in task.sources:
        rows = enumerate(source.rows())
        turns = ((at, task.prompt(str(row[source.prompt_field]))) for at, row in rows)
        assert not gate.overlap(turns).rows


def test_sources_are_right_bare_or_swapped(task):
    right, bare, swapped, _ = (list(source.rows()) for source in task.sources)
    assert len(right) == 1000
    assert all(a["answer"] == f"Answer: {b['answer']}" for a, b in zip(right, bare, strict=True))
    wrong = sum(a["answer"] != b["answer"] for a, b in zip(right, swapped, strict=True))
    assert 300 < wrong < 500


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("graph_color", "no answer that could be shown"),
        ("game_of_life_halting", r"its scorer takes '\?!' for right"),
        ("coin_flip", "its scorer mostly takes '0' for right where it is not"),
    ],
)
def test_a_data_set_whose_scorer_cannot_be_relied_on_is_refused(name, why):
    with pytest.raises(SourceError, match=rf"reasoning-gym/{name} cannot be a task: .*{why}"):
        tasks.get(f"reasoning-gym/{name}").items("validation")


@pytest.mark.parametrize(
    ("count", "why"), [(9, "its scorer takes its own answer '7' for wrong"), (1, "hardly any")]
)
def test_wrong_marks_for_its_own_answers_or_too_few_questions_are_no_data_set(
    count, why, monkeypatch
):
    monkeypatch.setattr(reasoning_gym, "_mark", lambda *_: 0.0)
    puzzle = reasoning_gym.Puzzle(seed=1, index=0, question="3 + 4?", answer="7")
    with pytest.raises(SourceError, match=why):
        reasoning_gym._prove("sums", [puzzle] * count)
