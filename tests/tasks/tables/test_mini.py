"""tables/mini: what makes a table another one, what is asked of it, and what an answer is worth."""

import random
from dataclasses import replace
from itertools import islice

import pytest

from ftdojo import tasks
from ftdojo.tasks.tables import mini as tables

TASK = tasks.get("tables/mini")
ITEM = next(i for i in TASK.items("validation") if i.slices["kind"] == "count")
COUNT = ITEM.facts["answer"]
DRAWN = list(islice(tables.GENERATOR.train(random.Random(0)), 1000))


def turned(question, order):
    def moved(cells):
        return tuple(cells[at] for at in order)

    columns = tuple(moved(column) for column in reversed(question.columns))
    people = moved(question.people)
    return replace(question, people=people, columns=columns, things=("ships", "pens"), above=3)


def test_neither_order_nor_heads_nor_the_question_move_a_table_to_another_split():
    for question in DRAWN[:200]:
        assert tables.GENERATOR.split_of(turned(question, (3, 1, 0, 2))) == "train"


def test_no_number_is_in_a_column_twice_so_that_a_comparison_has_one_answer():
    assert all(len(set(column)) == 4 for question in DRAWN for column in question.columns)


def test_every_count_from_none_to_all_is_asked_for_about_as_often():
    counts = [tables.answer(each) for each in DRAWN if each.kind == "count"]
    assert all(0.12 < counts.count(str(each)) / len(counts) < 0.28 for each in range(5))


@pytest.mark.parametrize(
    "output",
    [f"Final Answer: {COUNT}", f"1 yes\nfinal answer: {COUNT}.", f"Final Answer: {COUNT}.0"],
)
def test_the_right_count_is_right_as_tablebench_reads_it(output):
    assert TASK.grade(output, ITEM).score == 1.0


def test_the_last_final_answer_counts():
    assert TASK.grade(f"Final Answer: {COUNT}\nFinal Answer: 9", ITEM).score == 0.0


@pytest.mark.parametrize("output", ["", COUNT, f"The answer is {COUNT}.", "Final Answer:"])
def test_without_a_final_answer_an_output_is_unreadable(output):
    grade = TASK.grade(output, ITEM)
    assert (grade.score, grade.readable) == (0.0, False)


def test_cells_read_out_rightly_count_even_where_the_answer_is_wrong():
    cells = ITEM.facts["steps"].split(", ")
    slipped = ", ".join([*cells[:3], "Nobody 1 yes"])
    grade = TASK.grade(f"{slipped}\nFinal Answer: 9", ITEM)
    assert (grade.score, grade.secondary["steps_right"]) == (0.0, 0.75)
