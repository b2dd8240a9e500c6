"""The published evaluator's second chance: only what its rule calls wrong is shown to the judge."""

import sys
from pathlib import Path

import pytest

from ftdojo.evaluation import judged, report
from ftdojo.records import Grade, Graded

sys.path.insert(0, str(Path(__file__).parent.parent / "toys"))


@pytest.fixture
def task():
    import ftdojo_judged

    return ftdojo_judged.task


def answered(item, output):
    grade = Grade(score=float(output == item.gold), readable=True)
    return Graded(item=item.id, output=output, grade=grade, tokens=1, finished=True)


def test_a_judge_is_asked_about_wrong_answers_only_and_its_word_stands_apart(task):
    items, asked = task.items("validation")[:4], []
    graded = [answered(item, item.gold if at else "maybe") for at, item in enumerate(items)]
    plain = report(graded, task, split="validation", items=items, seconds=1.0)
    told = judged(plain, graded, task, items, lambda turns: asked.append(turns) or "CORRECT")
    assert [turns[-1]["content"] for turns in asked] == [f"{items[0].id}: maybe"]
    assert told.reference["accuracy"].score == 75.0
    assert told.reference["accuracy, with judge"].score == 100.0
    assert told.score == plain.score


def test_a_task_without_a_judge_keeps_its_report(task):
    from dataclasses import replace

    bare = replace(task, replication=replace(task.replication, judge=None))
    items = task.items("validation")[:2]
    graded = [answered(item, "maybe") for item in items]
    plain = report(graded, bare, split="validation", items=items, seconds=1.0)
    assert judged(plain, graded, bare, items, lambda turns: "CORRECT") is plain
