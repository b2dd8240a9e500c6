"""An experiment that breaks what a person requires is not chosen."""

import pytest

from ftdojo.dojo.leaderboard import Leaderboard
from ftdojo.evaluation import evaluate
from ftdojo.records import BASE, Completion


@pytest.fixture(scope="module")
def board(toy):
    """The base is wrong everywhere, ``e1`` is right everywhere."""
    items = toy.task.items("validation")

    def graded(right):
        texts = {item.messages[-1]["content"]: item.gold if right else "hm" for item in items}

        def generate(prompts):
            return [
                Completion(text=texts[each[-1]["content"]], tokens=1, finished=True)
                for each in prompts
            ]

        return evaluate(items, toy.task, generate=generate, chunk=100)[0]

    made = Leaderboard(toy.task, graded(False))
    made.add("e1", graded(True))
    return made


def test_what_is_left_out_is_not_best_and_may_come_back(board):
    assert board.best == "e1"
    board.leave_out(["e1"])
    assert board.best == BASE
    board.leave_out([])
    assert board.best == "e1"
