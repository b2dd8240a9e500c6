"""math/mini: what is asked, what is held out, and what an answer is worth."""

import random
from itertools import accumulate, islice, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo import tasks
from ftdojo.tasks.math import mini

TASK = tasks.get("math/mini")
ITEM = TASK.items("validation")[0]
TERMS = mini.terms_of(ITEM.messages[-1]["content"])
TOTAL = sum(TERMS)


def score(output):
    return TASK.grade(output, ITEM).score


def test_the_items_are_the_same_ones_in_every_process():
    asked = [item.messages[-1]["content"] for item in TASK.items("test")[:2]]
    assert asked == ["What is 59 + 8 + 89 - 8?", "What is 34 + 9 - 7 - 13?"]


def test_no_partial_sum_of_a_question_is_below_zero():
    drawn = islice(mini.distinct(random.Random(0), split="train"), 2000)
    assert min(min(accumulate(terms)) for terms in drawn) == 0


@given(st.lists(st.integers(1, 99), min_size=3, max_size=4), st.randoms(use_true_random=False))
def test_neither_order_nor_signs_move_a_question_to_another_split(numbers, rng):
    signed = [each * rng.choice((1, -1)) for each in numbers]
    assert {mini.split_of(order) for order in permutations(signed)} == {
        mini.split_of(tuple(numbers))
    }


@pytest.mark.parametrize("seed", range(5))
def test_no_seed_makes_a_training_generator_ask_a_held_out_question(seed):
    held_out = {
        item.messages[-1]["content"] for s in ("validation", "test") for item in TASK.items(s)
    }
    drawn = islice(mini.distinct(random.Random(seed), split="train"), 1000)
    assert held_out.isdisjoint(map(mini.question, drawn))


@given(st.lists(st.integers(-99, 99).filter(bool), min_size=2, max_size=5))
def test_a_question_can_be_read_back(terms):
    terms = (abs(terms[0]), *terms[1:])
    assert mini.terms_of(mini.question(terms)) == terms


@pytest.mark.parametrize(
    "answer",
    [f"{TOTAL}", f"${TOTAL}$", f" {TOTAL} ", f"{TOTAL}.0", f"{TOTAL}".replace("-", "\u2212")],
)
def test_the_right_number_in_a_box_is_right_however_it_is_dressed(answer):
    assert score(f"so \\boxed{{{answer}}}") == 1.0


def test_the_last_box_counts():
    assert score(f"\\boxed{{{TOTAL}}} no, \\boxed{{{TOTAL + 1}}}") == 0.0
    assert score(f"\\boxed{{{TOTAL + 1}}} no, \\boxed{{{TOTAL}}}") == 1.0


@pytest.mark.parametrize(
    "output", ["", f"The answer is {TOTAL}.", f"\\boxed{{{TOTAL}", "\\boxed{}", "\\boxed{x}"]
)
def test_an_answer_without_a_number_in_a_box_is_unreadable(output):
    grade = TASK.grade(output, ITEM)
    assert (grade.score, grade.readable) == (0.0, False)


def test_a_wrong_number_is_readable_and_wrong_and_may_be_near():
    near, far = (TASK.grade(f"\\boxed{{{TOTAL + off}}}", ITEM) for off in (2, 3))
    assert (near.score, near.readable, near.secondary["near"]) == (0.0, True, 1.0)
    assert (far.score, far.readable, far.secondary["near"]) == (0.0, True, 0.0)


def test_a_slip_costs_its_own_step_and_no_other():
    item = next(item for item in TASK.items("test") if item.slices["terms"] == "4")
    lines = item.gold.splitlines()
    slipped = mini.step(*_slip(mini.terms_of(item.messages[-1]["content"])))
    output = "\n".join([*lines[:2], slipped, lines[-1]])
    assert TASK.grade(output, item).secondary["steps_right"] == pytest.approx(2 / 3)


def _slip(terms):
    return sum(terms[:3]), terms[3], sum(terms) + 1


def test_a_step_with_another_number_is_not_the_one_asked_for():
    first, second = mini.steps(TERMS)[:2]
    other = second.replace(f" {abs(TERMS[2])} =", f" {abs(TERMS[2]) + 1} =")
    assert TASK.grade(f"{first}\n{other}", ITEM).secondary["steps_right"] == 1 / (len(TERMS) - 1)


def test_many_right_steps_that_were_not_asked_for_win_nothing():
    grade = TASK.grade("1 + 1 = 2\n" * 500 + ITEM.gold, ITEM)
    assert grade.secondary["steps_right"] == 0.0


@given(st.text() | st.text(alphabet="\\boxed{}0123456789-+= \n,.$"))
def test_any_text_has_a_grade(output):
    grade = TASK.grade(output, ITEM)
    assert grade.score in (0.0, 1.0)
    assert all(0 <= value <= 1 for value in grade.secondary.values())
    assert grade.readable or grade.score == 0.0


@pytest.mark.parametrize("part", ["\\boxed{", "{", "\\boxed{1}", "1 + 1 = 2\n", "\\boxed "])
def test_a_huge_answer_is_graded_by_its_tail(part):
    assert score(part * 500_000 + f"\n\\boxed{{{TOTAL}}}") == 1.0
