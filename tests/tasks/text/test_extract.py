"""text/extract: what is asked, what is held out, and what an answer is worth."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo import tasks
from ftdojo.tasks.text import extract
from ftdojo.tasks.text.extract import last_object

TASK = tasks.get("text/extract")
ITEM = TASK.items("validation")[0]
GOLD = json.loads(ITEM.gold)
SOURCES = {source.name: source for source in TASK.sources}


def graded(**changes):
    return TASK.grade(json.dumps(GOLD | changes), ITEM)


def test_the_items_are_the_same_ones_in_every_process():
    asked = TASK.items("test")[0].messages[-1]["content"]
    assert asked == (
        "Hello, Ella Webster here from Bridgehill. I would like 41 x cotton bench. "
        "My number is 555-0152."
    )


def test_no_held_out_name_occurs_in_any_source():
    held_out = {json.loads(item.gold)["name"] for s in extract.SHARES for item in TASK.items(s)}
    lines = " ".join(str(row) for source in TASK.sources for row in source.rows())
    assert not [name for name in held_out if name in lines]


def test_new_layouts_occur_in_held_out_lines_only():
    openings = ("by Friday", "attention", "invoice")
    lines = " ".join(str(row) for source in TASK.sources for row in source.rows())
    new = [i for i in TASK.items("test") if i.slices["layout"] == "new"]
    assert not any(each in lines for each in openings)
    assert all(any(each in i.messages[-1]["content"] for each in openings) for i in new)


@pytest.mark.parametrize("seed", range(5))
def test_no_seed_makes_a_training_generator_draw_a_held_out_name(seed):
    rng, known = random.Random(seed), set(extract.names("train"))
    assert all(extract.drawn(rng, split="train")[1].name in known for _ in range(500))


def test_an_object_with_five_right_fields_is_right_in_any_order_and_company():
    turned = json.dumps(dict(reversed(GOLD.items())))
    assert TASK.grade(f"Sure!\n```json\n{turned}\n```", ITEM).score == 1.0
    assert graded(quantity=str(GOLD["quantity"])).score == 1.0


@pytest.mark.parametrize("wrong", ["", None, True, ["x"], {"x": 1}, 1.5])
def test_one_wrong_field_costs_the_score_and_a_fifth_of_the_fields(wrong):
    for field in GOLD:
        grade = graded(**{field: wrong})
        assert (grade.score, grade.readable, grade.secondary["fields"]) == (0.0, True, 0.8)


def test_a_field_too_many_is_wrong():
    assert graded(note="none").score == 0.0


@pytest.mark.parametrize(
    "output", ["", "name: x", '["name"]', '{"name": "x"', "{}}{"[2:], "{'name': 1}"]
)
def test_an_answer_without_an_object_is_unreadable(output):
    grade = TASK.grade(output, ITEM)
    assert (grade.score, grade.readable) == (0.0, False)


def test_the_last_complete_object_counts():
    assert last_object('{"a": 1} {"b": {"c": 2}} {"d": ') == {"b": {"c": 2}}


@given(st.text() | st.text(alphabet='{}[]":,0123456789eE-.\\ truefalsn'))
def test_any_text_has_a_grade(output):
    grade = TASK.grade(output, ITEM)
    assert grade.score == 0.0
    assert 0 <= grade.secondary["fields"] <= 1


def test_only_the_tail_of_an_answer_is_looked_at():
    assert last_object('{"a": 1}' + " " * 3_900) == {"a": 1}
    assert last_object('{"a": 1}' + " " * 4_000) is None


def test_deep_nesting_inside_an_object_is_no_object():
    assert last_object('{"a":' + "[" * 3_000) is None


@pytest.mark.parametrize("part", ["{", '{"a":', "[", '{"a":[', "{} ", "9" * 100, '"'])
def test_a_huge_or_nested_answer_is_graded_by_its_tail(part):
    assert TASK.grade(part * 500_000 + '" ' + ITEM.gold, ITEM).score == 1.0


def test_half_of_the_hurried_records_have_one_wrong_field():
    rows = list(SOURCES["web-forms"].rows())
    missing = [
        sum(str(value) not in row["text"] for value in json.loads(row["json"]).values())
        for row in rows
    ]
    assert 0.4 < sum(map(bool, missing)) / len(rows) < 0.6
    assert max(missing) == 1


def test_records_of_the_order_desk_are_what_the_line_says():
    for row in SOURCES["order-desk"].rows():
        assert all(str(value) in row["message"] for value in json.loads(row["record"]).values())
