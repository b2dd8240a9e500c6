import json
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.errors import SourceError
from ftdojo.tasks.check import GARBAGE
from ftdojo.texts import Gate

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
NAMES = ("qa", "ordering", "error", "generation")
KINDS = {"qa": "PQA", "error": "ERR", "generation": "GEN"}
PARTS = ("validation", "confirm", "test")
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs the shared data folder beside the checkout"
)


@pytest.fixture(autouse=True)
def mirror(monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))


def task_of(name):
    return tasks.get(f"biology/protocol-{name}")


@pytest.mark.parametrize("name", NAMES)
def test_gold_earns_full_marks_and_garbage_is_unreadable(name):
    task = task_of(name)
    for item in task.items("validation")[:20]:
        assert task.grade(item.gold, item).score == 1
        for text in ("", *GARBAGE):
            grade = task.grade(text, item)
            assert (grade.score, grade.readable) == (0, False), text


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_the_published_slices_are_those_of_the_published_evaluation(name, kind):
    wanted = json.loads((SHARED / "bioprobench" / "rdagent_splits.json").read_text())[kind]
    task = tasks.get(f"biology/protocol-{name}@reference")
    assert [item.id for item in task.items("validation")] == wanted["val"]
    assert [item.id for item in task.items("test")] == wanted["test"]
    assert not task.items("confirm")


def test_a_mirror_with_too_few_rows_cannot_tell_the_published_slices():
    with pytest.raises(SourceError, match="ORD_test of bioprobench has 500 of 1161 rows here"):
        tasks.get("biology/protocol-ordering@reference").items("test")


@pytest.mark.parametrize("name", NAMES)
def test_no_split_and_no_source_at_hand_holds_a_question_of_another_split(name):
    task = task_of(name)
    ids = [item.id for part in PARTS for item in task.items(part)]
    assert len(set(ids)) == len(ids) >= 400
    rest = [row for source in task.sources[1:3] for row in source.rows()]
    assert not set(ids) & {row["id"] for row in rest}
    asked = [item.messages[-1]["content"] for part in PARTS for item in task.items(part)]
    before, _, after = task.template.partition("{question}")
    bare = [text.removeprefix(before).removesuffix(after) for text in asked]
    held_out = Gate(bare, overlap_words=task.overlap_words)
    assert not any(held_out.holds(str(row[task.sources[1].prompt_field])) for row in rest)


@pytest.mark.parametrize("name", NAMES)
def test_the_published_evaluator_gives_gold_full_marks_and_leaves_silence_out(name):
    task = task_of(name)
    said = [(item, item.gold) for item in task.items("validation")[:9]]
    marks = [task.replication.mark(output, item) for item, output in [*said, (said[0][0], "")]]
    figures = task.replication.total(marks)
    best = {"qa": "accuracy", "ordering": "kendall_tau", "error": "f1", "generation": "rougeL"}
    assert figures[best[name]] == pytest.approx(1 if name == "ordering" else 100)
    assert (figures["failed"], figures["total"]) == (1, 10)


@pytest.mark.parametrize("name", NAMES)
def test_the_careless_source_is_spoilt_and_the_rest_is_not(name):
    _, rest, careless, *_ = task_of(name).sources
    pairs = list(zip(rest.rows(), careless.rows(), strict=True))
    differing = sum(good != bad for good, bad in pairs) / len(pairs)
    assert 0.3 < differing <= 1
    assert list(careless.rows()) == [bad for _, bad in pairs]
