"""chemistry/mini: molecules that RDKit builds, what makes one another, and what a count is worth."""

import random
from dataclasses import replace
from itertools import islice, permutations

import pytest

pytest.importorskip("rdkit", reason="chemistry/mini builds its molecules with rdkit")

from ftdojo import tasks
from ftdojo.tasks.chemistry import mini as molecules

TASK = tasks.get("chemistry/mini")
ITEM = TASK.items("validation")[0]
COUNT = ITEM.facts["count"]
DRAWN = list(islice(molecules.GENERATOR.train(random.Random(0)), 300))


def test_rdkit_counts_each_side_group_as_often_as_it_was_put_in():
    for question in DRAWN:
        for piece in molecules.PIECES:
            asked = replace(question, wanted=piece)
            assert molecules.count(asked) == question.pieces.count(piece)


def test_neither_order_nor_chain_nor_the_question_move_a_molecule_to_another_split():
    question = DRAWN[0]
    for order in permutations(question.pieces):
        other = replace(question, pieces=order, links=("CC",) * len(order), wanted="O")
        assert molecules.GENERATOR.split_of(other) == "train"


def test_a_string_that_is_no_molecule_is_told_of():
    with pytest.raises(ValueError, match=r"RDKit can build no molecule from 'C\('"):
        molecules.counted("C(", "C")


def test_counts_of_groups_and_of_rings_are_both_asked_for():
    kinds = [item.slices["subtask"] for item in TASK.items("test")]
    assert 0.35 < kinds.count("ring_count") / len(kinds) < 0.65


@pytest.mark.parametrize(
    "output",
    [
        f'{{"count": {COUNT}}}',
        f'O 1, N\n{{"count": "{COUNT}"}}',
        f'{{"count": 9}} no, {{"count": {COUNT}}}',
        f"{COUNT}",
    ],
)
def test_the_right_count_is_right_as_chemcotbench_reads_it(output):
    assert TASK.grade(output, ITEM).score == 1.0


@pytest.mark.parametrize("output", ["", "two", "There are 2 rings", '{"count": "many"}', "{}"])
def test_without_a_count_an_output_is_unreadable(output):
    grade = TASK.grade(output, ITEM)
    assert (grade.score, grade.readable, grade.secondary["mae"]) == (0.0, False, 10.0)


def test_how_far_a_count_is_off_is_told():
    assert TASK.grade(f'{{"count": {COUNT + 2}}}', ITEM).secondary["mae"] == 2.0
