"""The raw sources of math/mini: each is as good and as bad as its card says."""

import re
from itertools import pairwise

import pytest

from ftdojo import tasks

TASK = tasks.get("math/mini")
SOURCES = {source.name: list(source.rows()) for source in TASK.sources}


def steps(text):
    return re.findall(r"^(-?\d+) ([+-]) (\d+) = (-?\d+)$", text, flags=re.M)


def right(text):

    return all(int(a) + int(sign + b) == int(c) for a, sign, b, c in steps(text))


@pytest.mark.parametrize("name", ["worked", "drills"])
def test_worked_solutions_are_right_and_end_in_their_last_result(name):
    for row in SOURCES[name]:
        assert right(row["solution"])
        assert f"\\boxed{{{steps(row['solution'])[-1][3]}}}" in row["solution"]


def test_four_in_ten_pieces_of_homework_slip_once_and_carry_on():
    rows = SOURCES["homework"]
    wrong = [row for row in rows if not right(row["solution"])]
    assert 0.35 < len(wrong) / len(rows) < 0.45
    for row in rows:
        lines = steps(row["solution"])
        assert all(after[0] == before[3] for before, after in pairwise(lines))


def test_prose_is_right_but_has_no_box():
    for row in SOURCES["worked-prose"]:
        assert right(row["response"])
        assert "boxed" not in row["response"]
        assert row["response"].splitlines()[-1].rstrip(".").split()
        assert steps(row["response"])[-1][3] in row["response"].splitlines()[-1]


def test_the_answer_key_shows_results_only():
    assert all(re.fullmatch(r"\\boxed\{-?\d+\}", row["answer"]) for row in SOURCES["answers"])


def test_drills_repeat_a_few_questions_that_worked_has_too():
    def plain(row):
        return " ".join(row["question"].casefold().split())

    drilled = {plain(row) for row in SOURCES["drills"]}
    assert len(drilled) == 40
    assert drilled <= {plain(row) for row in SOURCES["worked"]}


def test_no_two_worked_questions_have_the_same_numbers():
    asked = [tuple(sorted(re.findall(r"\d+", row["question"]))) for row in SOURCES["worked"]]
    assert len(set(asked)) == len(asked) == 2000
