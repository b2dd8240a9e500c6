"""``ftdojo tasks new``: from a file of rows to a folder that every command takes for a task."""

import json

import pytest


def test_a_folder_made_from_a_csv_is_shown_and_proven(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"What follows {at * 31}?,{at * 31 + 1}\n" for at in range(40))
    (tmp_path / "rows.csv").write_text("question,answer\n" + rows)
    made = call("tasks", "new", "next", "--data", "rows.csv")
    assert (made.code, made.out) == (0, "next\n")
    assert "answers: numbers\n" in made.err
    assert "40 rows read: 24 train, 8 validation, 8 test.\n" in made.err
    assert made.err.endswith("Next: `ftdojo tasks check ./next`, then `ftdojo run ./next`.\n")
    checked = call("tasks", "check", "./next")
    assert (checked.code, checked.err) == (0, "")
    assert "./next keeps every promise." in checked.out
    shown = json.loads(call("tasks", "show", "./next", "--json").out)
    assert (shown["name"], shown["test"], shown["metric"]) == ("own/next", 8, "number")


def test_a_broken_task_file_is_one_line_for_every_command(call, refused, tmp_path):
    (tmp_path / "task.toml").write_text("name = 'x'\ncolour = 'red'\n")
    for command in (("tasks", "check"), ("tasks", "show"), ("sources", "list")):
        assert "'colour' is not a key of a task" in refused(call(*command, tmp_path), code=2)


def test_a_wrong_metric_is_answered_with_the_nearest(call, refused, tmp_path):
    made = call("tasks", "new", "x", "--data", tmp_path / "rows.csv", "--metric", "exact")
    assert "Did you mean 'exact_match'?" in refused(made, code=2)


@pytest.mark.slow
def test_a_task_of_ones_own_is_played_broken_off_and_resumed_from_another_folder(
    program, home, tmp_path
):
    """The first call has no time for its training, so it is broken off by its own budget and gone on with."""
    rows = "".join(f"What follows {at * 31}?,{at * 31 + 1}\n" for at in range(40))
    (tmp_path / "rows.csv").write_text("question,answer\n" + rows)
    asked = ("--data", "rows.csv", "--metric", "number")
    assert program("tasks", "new", "next", *asked, cwd=tmp_path).code == 0
    agent = ("--model", "tiny", "--name", "own", "--max-experiments", "2")
    first = program("run", "./next", *agent, "--budget", "1s", cwd=tmp_path)
    assert (first.code, "does not allow one experiment" in first.err) == (1, True)
    again = program("resume", "own", "--budget", "5m", "--json", cwd=home)
    ended = json.loads(again.out)
    assert (ended["run"], ended["status"], ended["test"]["n"]) == ("own", "truncated", 8)
    assert (ended["task"], ended["experiments"]) == (str(tmp_path / "next"), 2)
