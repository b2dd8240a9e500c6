"""Every registered task proves itself without a model; and the proof finds what is broken."""

import os
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import psutil
import pytest

from ftdojo import tasks
from ftdojo.errors import MissingExtra, SourceError, UnknownName
from ftdojo.evaluation import leaks
from ftdojo.records import Aggregate, Dataset, Direction, Grade, Replication
from ftdojo.sources import local_only
from ftdojo.tasks.check import prove

TASK = tasks.get("math/mini")
SOURCE = TASK.sources[0]
SHARED = Path(__file__).parents[3] / "shared" / "data"


def messages(**changes):
    small = {"items": lambda split: TASK.items(split)[:3], "sources": (), **changes}
    return " ".join(f"{each.about}: {each.message}" for each in prove(replace(TASK, **small)))


def with_rows(*rows):
    return {"sources": (replace(SOURCE, rows=lambda: iter(rows)),)}


def missing():
    raise SourceError("toy is not here; point FTDOJO_MIRROR at a folder that holds it.")


def a_second_or_ten(name):
    """Return a case; those with published data have thousands of items to grade."""
    quick = name.endswith("/mini") or name == "text/extract"
    return pytest.param(name, marks=() if quick else pytest.mark.slow)


@pytest.mark.parametrize("name", [a_second_or_ten(name) for name in tasks.tasks])
def test_every_registered_task_keeps_its_promises(name, monkeypatch):
    if "FTDOJO_MIRROR" not in os.environ and SHARED.is_dir():
        monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    task = tasks.get(name)
    with local_only():
        try:
            task.items("validation")
        except SourceError as absent:
            pytest.skip(f"its data are not here: {absent}")
        assert [each for each in prove(task) if each.severity == "error"] == []
        assert list(leaks(task)) == []


HOSTILE = (
    "9" * 100_000,
    "\\boxed{" * 15_000 + "}" * 15_000,
    '{"answer": ' * 10_000 + "[" * 10_000,
    "(A, " * 10_000 + "Answer: **" * 10_000 + "\n|" * 10_000,
    "c3ccc2" * 10_000 + '{"output": "' + "c1ccccc1" * 2400 + '"}',
)
"""Answers that a model can write which make patterns start over, parsers go deep and molecules go on."""


@pytest.mark.parametrize("name", [a_second_or_ten(name) for name in tasks.tasks])
def test_no_answer_keeps_the_scorer_of_a_registered_task_busy(name, monkeypatch):
    if "FTDOJO_MIRROR" not in os.environ and SHARED.is_dir():
        monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    task = tasks.get(name)
    with local_only():
        try:
            item = task.items("validation")[0]
        except SourceError as absent:
            pytest.skip(f"its data are not here: {absent}")
        task.grade(item.gold, item)  # what is loaded once is not the fault of an answer
        for answer in (*HOSTILE, (f"{item.gold} " * 4000)[:100_000]):
            began = spent_s()
            assert 0 <= task.grade(answer, item).score <= 1 or task.unit != "share"
            assert spent_s() - began < 1.5, f"{answer[:40]!r}"


def spent_s():
    """Return the processor time of this process and those it started, ended ones among them."""
    own = psutil.Process()
    alive = [each.cpu_times() for each in own.children(recursive=True)]
    ended = own.cpu_times()
    return (
        time.process_time()
        + sum(each.user + each.system for each in alive)
        + ended.children_user
        + ended.children_system
    )


def test_a_task_without_weaknesses_is_proven_with_its_figures():
    found = prove(TASK)
    assert {each.severity for each in found} == {"note"}
    said = " ".join(each.message for each in found)
    assert "100 items can show a difference of 26 points, four times in five." in said
    assert "a model needs a context of about" in said


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
    assert "validation: 3 items are few; 100 or more" in messages()


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
    assert "It has no licence; name the one its rows are under." in messages(sources=(unlicensed,))


def test_held_out_items_that_cannot_be_had_are_an_error_and_sources_a_warning():
    absent = prove(replace(TASK, items=lambda split: missing()))
    assert [(each.severity, each.about) for each in absent] == [("error", "items")]
    source = replace(SOURCE, rows=missing)
    found = prove(replace(TASK, sources=(source,)))
    assert [(each.severity, each.about) for each in found if each.severity != "note"] == [
        ("warning", "source worked")
    ]
    assert "toy is not here" in found[-1].message


def test_a_scorer_that_lacks_its_packages_says_so_at_once():
    def unready():
        raise MissingExtra("Charts need pandas: pip install 'ftdojo[charts]'.")

    found = prove(replace(TASK, ready=unready))
    assert [each.severity for each in found] == ["error"]
    assert "pip install 'ftdojo[charts]'" in found[0].message


def test_a_scorer_that_raises_is_found():
    def raising(output, item):
        return TASK.grade(output, item) if output.isprintable() else 1 / 0

    assert "The scorer raised ZeroDivisionError" in messages(grade=raising)


def test_a_scorer_that_likes_wrong_answers_more_is_found():
    def turned(output, item):
        grade = TASK.grade(output, item)
        return replace(grade, score=2.0 if grade.readable and not grade.score else grade.score)

    assert "scores 2.0 here, better than the gold answer with 1.0" in messages(grade=turned)


def test_where_lower_is_better_gold_scores_nothing_and_empty_more():
    def off(output, item):
        grade = TASK.grade(output, item)
        return replace(grade, score=1.0 - grade.score)

    said = messages(grade=off, direction=Direction.LOWER)
    assert "scorer" not in said
    assert "of 1.0; fix the scorer" in messages(grade=off)


def test_a_secondary_metric_that_silence_sheds_is_found():
    def shy(output, item):
        grade = TASK.grade(output, item)
        return grade if grade.readable else replace(grade, secondary={})

    assert "An empty answer has no near, steps_right, so silence would pay" in messages(grade=shy)


def test_an_aggregate_over_what_items_do_not_have_is_found():
    lost = messages(aggregate=Aggregate(kind="mean-of-slices", over="colour"))
    assert "It has no slice 'colour', by which the score is averaged." in lost
    unlike = messages(aggregate=Aggregate(kind="macro-f1", over="terms"))
    assert "F1 counts equal words only" in unlike


def test_a_published_evaluator_that_cannot_take_any_output_is_found():
    fragile = Replication(mark=lambda output, item: {"n": int(output)}, total=dict, origin="toy")
    assert "The published evaluator raised ValueError" in messages(replication=fragile)


def test_what_the_published_splits_share_is_named():
    published = Replication(
        mark=lambda output, item: {"n": len(output)},
        total=lambda marks: {"n": float(len(marks))},
        origin="toy",
        items=lambda split: TASK.items("test")[:4],
        known_leaks=lambda: ("a1", "b2"),
    )
    said = messages(replication=published)
    assert "2 records are in more than one of them: a1, b2." in said
    assert "4 questions are in validation and in test" in said


def test_a_near_duplicate_of_a_held_out_question_is_found_in_splits_and_sources():
    asked = "One of the twelve old towers by the river was sold for {} crowns to the miller's widow in spring"
    words = "".join(f" then clerk number {at} wrote it down" for at in range(12))

    def items(split):
        text = asked.format({"validation": 11, "confirm": 12, "test": 13}[split]) + words
        return [replace(TASK.items(split)[0], messages=TASK.prompt(text))]

    row = {"id": 0, "question": asked.format(14) + words, "solution": ""}
    said = messages(
        items=items,
        grade=lambda output, item: TASK.grade("", TASK.items("test")[0]),
        **with_rows(row),
    )
    assert "1 questions of test are near-duplicates of some of validation" in said
    assert "source worked: Row 0 is a near-duplicate of a held-out question; leave it out." in said


def test_a_source_that_may_not_be_used_commercially_is_warned_of():
    bound = Dataset(
        name="toy",
        hub_id="toy/toy",
        revision="main",
        licence="CC BY-NC 4.0",
        parts={},
        fields={},
        commercial=False,
    )
    said = messages(sources=(replace(SOURCE, dataset=bound, licence="CC BY-NC 4.0"),))
    assert "source worked: Its licence, CC BY-NC 4.0, does not allow commercial use" in said


def test_rows_that_the_contamination_gate_refuses_are_found():
    question = TASK.items("test")[0].messages[-1]["content"]
    row = {"id": 0, "question": "Hello.", "solution": f"By the way: {question}"}
    assert list(leaks(replace(TASK, **with_rows({**row, "solution": "No."}, row)))) == [
        ("worked", (1,))
    ]
