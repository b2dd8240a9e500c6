"""finance/mini: options that give nothing away, what makes a question another one, and what a letter is worth."""

import random
from dataclasses import replace
from itertools import islice

import pytest

from ftdojo import tasks
from ftdojo.tasks.finance import mini as questions

TASK = tasks.get("finance/mini")
ITEM = TASK.items("validation")[0]
LETTER = ITEM.facts["letter"]
DRAWN = list(islice(questions.GENERATOR.train(random.Random(0)), 2000))


def test_the_four_options_are_different_and_positive_and_one_is_right():
    for question in DRAWN:
        assert len(set(question.options)) == 4
        assert min(question.options) > 0
        assert question.options.count(questions.value(question)) == 1


@pytest.mark.parametrize("choose", [min, max, lambda options: sorted(options)[1]])
def test_no_habit_of_choosing_a_size_beats_chance_by_much(choose):
    right = [choose(each.options) == questions.value(each) for each in DRAWN]
    assert 0.15 < sum(right) / len(right) < 0.34


def test_neither_options_nor_wording_move_a_question_to_another_split():
    for question in DRAWN[:300]:
        other = replace(question, options=(1, 2, 3, questions.value(question)), lines=0)
        assert questions.GENERATOR.split_of(other) == "train"


def test_every_calculation_has_a_whole_result():
    for question in DRAWN:
        if question.kind == "ratio":
            assert question.numbers[0] % question.numbers[1] == 0
        if question.kind == "interest":
            assert question.numbers[0] % 100 == 0


@pytest.mark.parametrize(
    "output", [f"Answer: {LETTER}", f"3 * 4 = 12\nAnswer: {LETTER}", f"{LETTER}", f"({LETTER})"]
)
def test_the_right_letter_is_right_as_financeiq_reads_it(output):
    assert TASK.grade(output, ITEM).score == 1.0


@pytest.mark.parametrize("output", ["", "The result is 60.", "12", "Answer:"])
def test_without_a_letter_an_output_is_unreadable(output):
    grade = TASK.grade(output, ITEM)
    assert (grade.score, grade.readable) == (0.0, False)


def test_a_right_calculation_counts_even_where_the_letter_is_wrong():
    wrong = next(each for each in questions.LETTERS if each != LETTER)
    grade = TASK.grade(f"{ITEM.facts['steps']}\nAnswer: {wrong}", ITEM)
    assert (grade.score, grade.secondary["steps_right"]) == (0.0, 1.0)
