"""A custom scorer: what it must return, and what its faults look like."""

import json

import pytest

from ftdojo import tasks
from ftdojo.errors import ScorerError, UsageError
from ftdojo.tasks.check import prove
from ftdojo.tasks.own.new import NewTask, make_folder

CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Quito")
GOOD = "    return {'score': float(output == gold), 'readable': output in {'Oslo', 'Rome', 'Lima', 'Cairo', 'Quito'}}\n"


@pytest.fixture
def task_with(tmp_path):
    """Return a function that makes a task of 60 rows with the scorer of the code it is given."""

    def made(code):
        data, scorer = tmp_path / "rows.jsonl", tmp_path / "mine.py"
        asked = [f"Which city has the code {at * 7919}?" for at in range(60)]
        rows = [{"question": each, "answer": CITIES[at % 5]} for at, each in enumerate(asked)]
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        scorer.write_text(code)
        return tasks.get(
            str(make_folder(NewTask(name="codes", data=data, scorer=scorer, to=tmp_path)).folder)
        )

    return made


def errors(task):
    return [each.message for each in prove(task) if each.severity == "error"]


def fault(task, output="x"):
    """Return the one line that grading ``output`` is answered with."""
    with pytest.raises(ScorerError) as raised:
        task.grade(output, task.items("test")[0])
    said = str(raised.value)
    assert said.isprintable()
    assert len(said) < 1000
    return said


def test_a_custom_scorer_grades(task_with):
    task = task_with(
        "def grade(output, gold):\n"
        "    return {'score': float(gold in output), 'readable': bool(output), 'length': len(output)}\n"
    )
    item = task.items("test")[0]
    wrong = task.grade("No", item)
    assert task.grade(f"It is {item.gold}", item).score == 1
    assert (wrong.readable, wrong.secondary) == (True, {"length": 2})


def test_a_scorer_that_knows_its_format_keeps_every_promise(task_with):
    assert errors(task_with("def grade(output, gold):\n" + GOOD)) == []


@pytest.mark.parametrize(
    "returned",
    [
        "float(output == gold)",
        "output == gold",
        "None",
        "{'score': 1.0}",
        "{'readable': True}",
    ],
)
def test_a_grade_without_readable_is_refused_and_the_check_names_the_line(task_with, returned):
    task = task_with(f"\n\ndef grade(output, gold):\n    return {returned}\n")
    said = fault(task)
    assert "scorer.py, line 3: grade returned " in said
    assert "'readable': whether the output is an answer at all, right or wrong" in said
    assert any("scorer.py, line 3" in message for message in errors(task))


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("{'score': 2, 'readable': True}", "'score' must be 0 to 1"),
        ("{'score': float('nan'), 'readable': True}", "'score' must be 0 to 1"),
        ("{'score': 'high', 'readable': True}", "'score' must be 0 to 1"),
        ("{'score': 1, 'readable': True, 'words': 'two'}", "'words' must be a finite number"),
    ],
)
def test_an_entry_that_is_not_its_number_is_named(task_with, returned, said):
    assert said in fault(task_with(f"def grade(output, gold):\n    return {returned}\n"))


def test_a_scorer_whose_readable_means_right_would_tell_the_answers_and_is_named(task_with):
    task = task_with(
        "def grade(output, gold):\n"
        "    return {'score': float(output == gold), 'readable': output == gold}\n"
    )
    assert any("tells which answers are right" in message for message in errors(task))


def test_a_bug_in_a_scorer_is_raised_with_file_and_line_instead_of_scoring_nothing(task_with):
    task = task_with("def grade(output, gold):\n    value = 0\n    return 1 / value\n")
    assert "scorer.py, line 3: the scorer raised ZeroDivisionError: " in fault(task)
    assert any("scorer.py, line 3" in message for message in errors(task))


def test_a_bug_below_a_library_call_is_placed_where_the_scorer_made_the_call(task_with):
    task = task_with(
        "import json\ndef helper(text):\n    return json.loads(text)\n"
        "def grade(output, gold):\n    return helper(output)\n"
    )
    assert "scorer.py, line 3: the scorer raised JSONDecodeError" in fault(task, output="{")


def test_a_bug_that_only_training_rows_hit_is_found_by_the_check(task_with, tmp_path):
    task_with(
        "def grade(output, gold):\n    if output == 'Bonn':\n        raise KeyError(output)\n"
        + GOOD
    )
    with (tmp_path / "codes" / "train.jsonl").open("a") as train:
        train.write(json.dumps({"question": "Which city has no code?", "answer": "Bonn"}) + "\n")
    found = errors(tasks.get(str(tmp_path / "codes")))
    assert any("scorer.py, line 3: the scorer raised KeyError" in message for message in found)


@pytest.mark.parametrize(
    "raised",
    [
        "ValueError('two\\nlines\\x1b[31m\\u2028' + 10_000 * 'x')",
        "type('A\\nB', (Exception,), {})('x')",
        "type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})()",
        "SystemExit(3)",
        "RecursionError",
    ],
)
def test_whatever_a_scorer_raises_makes_one_printable_line(task_with, raised):
    assert "scorer.py, line 2" in fault(
        task_with(f"def grade(output, gold):\n    raise {raised}\n")
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def grad(): pass", "has no function grade"),
        ("import json\nimport nothing_here", r"mine.py, line 2: the scorer cannot be imported"),
        ("x = 1\ndef grade(:", r"mine.py, line 2: the scorer cannot be imported"),
        ("raise SystemExit", "cannot be imported: SystemExit; fix it there"),
    ],
)
def test_a_scorer_file_without_a_scorer_is_one_clear_line(task_with, code, said):
    with pytest.raises(UsageError, match=said):
        task_with(code)
