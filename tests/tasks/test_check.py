"""Every registered task proves itself without a model; and the proof finds what is broken."""

from dataclasses import replace
from itertools import count

import pytest

from ftdojo import tasks
from ftdojo.errors import UnknownName
from ftdojo.records import Grade
from ftdojo.tasks.check import prove

TASK = tasks.get("math/mini")
SOURCE = TASK.sources[0]


def messages(**changes):
    small = {"items": lambda split: TASK.items(split)[:3], "sources": (), **changes}
    return " ".join(f"{each.about}: {each.message}" for each in prove(replace(TASK, **small)))


def with_rows(*rows):
    return {"sources": (replace(SOURCE, rows=lambda: iter(rows)),)}


@pytest.mark.parametrize("name", list(tasks.tasks))
def test_every_registered_task_keeps_its_promises(name):
    assert prove(tasks.get(name)) == []


def test_an_unknown_task_is_answered_with_the_nearest_name():
    with pytest.raises(
        UnknownName, match=r"No task is called 'math/mine'\. Did you mean 'math/mini'"
    ):
        tasks.get("math/mine")


def test_a_scorer_that_rejects_gold_is_found():
    strict = lambda output, item: Grade(score=0.0, readable=bool(output.strip("?! ")))  # noqa: E731
    assert "The scorer gives the gold answer" in messages(grade=strict)


def test_a_scorer_that_takes_anything_for_an_answer_is_found():
    said = messages(grade=lambda output, item: Grade(score=1.0, readable=True))
    assert "validation-000: An empty answer scores 1.0; it must be unreadable and score 0." in said
    assert "The garbage '?!' is taken for an answer; it must be unreadable." in said


def test_an_empty_answer_that_counts_as_read_is_found():
    said = messages(
        grade=lambda output, item: Grade(score=float(output == item.gold), readable=True)
    )
    assert "An empty answer scores 0.0; it must be unreadable and score 0." in said


def test_too_few_items_are_warned_of():
    assert "validation: 3 items are few; 100 or more tell a real gain from luck." in messages()


def test_splits_that_overlap_are_found():
    said = messages(items=lambda split: TASK.items("test")[:3])
    assert "validation, test: 3 questions are in both; split by the question itself." in said


def test_a_question_asked_twice_is_found():
    said = messages(items=lambda split: TASK.items(split)[:2] + TASK.items(split)[:1])
    assert "test: A question occurs twice, apart from case and spacing; drop one." in said
    assert "test: Two items have one id; give each its own." in said


def test_items_that_change_are_found():
    turn = count()
    said = messages(items=lambda split: TASK.items(split)[next(turn) :][:3])
    assert "The items change from call to call; draw them from a fixed seed." in said


def test_a_source_with_a_held_out_question_in_another_guise_is_found():
    question = TASK.items("test")[0].messages[-1]["content"]
    row = {"id": 0, "question": question.upper().replace(" ", "  "), "solution": ""}
    said = messages(**with_rows(row))
    assert (
        "source worked: Row 0 asks a held-out question; draw from the training share only." in said
    )


def test_a_held_out_question_without_the_template_around_it_is_found():
    question = TASK.items("test")[0].messages[-1]["content"]
    row = {"id": 0, "question": question.removeprefix("What is ").strip("?"), "solution": ""}
    said = messages(template="What is {question}?", **with_rows(row))
    assert "source worked: Row 0 asks a held-out question" not in messages(**with_rows(row))
    assert "source worked: Row 0 asks a held-out question" in said


def test_a_source_that_changes_is_found():
    turn = count()
    shifty = replace(
        SOURCE, rows=lambda: iter([{"id": next(turn), "question": "", "solution": ""}])
    )
    assert "source worked: Row 0 differs between two readings" in messages(sources=(shifty,))


def test_a_source_that_breaks_its_declaration_is_found():
    assert "Row 0 has the fields ['q'], declared are ['id', 'question', 'solution']." in messages(
        **with_rows({"q": "?"})
    )
    assert "source worked: It has no rows; a source on offer must have some." in messages(
        **with_rows()
    )
    unlicensed = replace(SOURCE, licence="")
    assert "It names no licence; say which one its rows are under." in messages(
        sources=(unlicensed,)
    )
