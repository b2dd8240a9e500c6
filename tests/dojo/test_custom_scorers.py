"""A custom scorer that fails ends the run in one line; once it is fixed, the run goes on with nothing lost."""

import json

import pytest

from ftdojo.errors import ScorerError, StoreError
from ftdojo.records import Check, Finish
from ftdojo.tasks.own.new import NewTask, make_folder

SCORER = """
def grade(output, gold):
    {first}
    return {{"score": {score}, "readable": bool(output.strip())}}
"""
RIGHT = "float(output.strip() == gold)"
FAULTY = SCORER.format(first="missing(output) if output == 'boom' else 0", score=RIGHT)
FIXED = SCORER.format(first="pass", score=RIGHT)
BOOM = 'open("train.jsonl", "w").write(\'{"prompt": "?", "completion": "boom"}\\n\' * 40)\n'


@pytest.fixture
def folder(tmp_path):
    """A task of 60 rows whose scorer fails at the output ``boom``."""
    data, scorer = tmp_path / "rows.jsonl", tmp_path / "mine.py"
    rows = [
        {"question": f"Is {at * 7919} even?", "answer": ["no", "yes"][at % 2]} for at in range(60)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scorer.write_text(FAULTY)
    return make_folder(NewTask(name="even", data=data, scorer=scorer, to=tmp_path)).folder


@pytest.fixture
def broken(new, toy, folder, request):
    """Play a check at which the scorer fails; return the run's name."""
    name = request.node.name[5:60]
    submission = type(toy.handed_in())(plan="p", data=BOOM, train="max_steps: 2\n")
    with new(name, task=str(folder)) as dojo:
        dojo.reset()
        with pytest.raises(ScorerError) as caught:
            dojo.step(Check(submission=submission))
    said = str(caught.value)
    assert "scorer.py, line 3: the scorer raised NameError: name 'missing' is not defined" in said
    assert said.endswith(f"Then `ftdojo resume {name}` goes on.")
    return name


def test_with_the_fixed_scorer_the_run_goes_on_where_it_was(broken, reopen, folder):
    (folder / "scorer.py").write_text(FIXED)
    with reopen(broken) as dojo:
        first = dojo.reset()
        step = dojo.step(dojo.begun())
        assert step.observation.checked.data.readable == {"unknown": 1.0}
        assert first.spent.validation_queries == 1
        assert dojo.step(Finish()).terminated


def test_without_a_fix_it_is_ended_at_the_same_place(broken, reopen):
    with reopen(broken) as dojo:
        dojo.reset()
        with pytest.raises(ScorerError, match="line 3"):
            dojo.step(dojo.begun())


def test_a_scorer_that_grades_stored_answers_otherwise_is_refused(broken, reopen, folder):
    (folder / "scorer.py").write_text(SCORER.format(first="pass", score="0.5"))
    with pytest.raises(StoreError, match=r"now grades 12 of 12 stored answers .* otherwise"):
        reopen(broken)


def test_other_rows_beside_a_fixed_scorer_are_refused(broken, reopen, folder):
    (folder / "scorer.py").write_text(FIXED)
    with (folder / "test.jsonl").open("a") as test:
        test.write('{"question": "Is 1000001 even?", "answer": "no"}\n')
    with pytest.raises(StoreError, match="began with version"):
        reopen(broken)


def test_a_scorer_that_fails_at_the_base_leaves_a_run_that_can_be_resumed(new, reopen, folder):
    (folder / "scorer.py").write_text(SCORER.format(first="1 / 0", score=RIGHT))
    with new("scorer-base", task=str(folder)) as dojo, pytest.raises(ScorerError, match="line 3"):
        dojo.reset()
    (folder / "scorer.py").write_text(FIXED)
    with reopen("scorer-base") as dojo:
        assert dojo.reset().base.score.n == 12
