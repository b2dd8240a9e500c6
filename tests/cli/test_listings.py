"""Listings: a table for people, JSON for programs, and nothing else on stdout."""

import json
import re

import pytest


@pytest.mark.parametrize(
    "args",
    [
        ("tasks", "list"),
        ("tasks", "show", "math/mini"),
        ("tasks", "check", "toy_yes:task"),
        ("sources", "list", "toy_yes:task"),
        ("sources", "show", "toy_yes:task", "answers"),
        ("models", "list"),
        ("models", "pull", "tiny"),
        ("models", "check", "tiny"),
        ("runs", "list"),
        ("runs", "show", "learned"),
        ("runs", "compare", "learned", "idle"),
    ],
    ids=" ".join,
)
def test_a_listing_prints_a_table_or_json(call, idle, args):
    plain, as_json = call(*args), call(*args, "--json")
    assert (plain.code, as_json.code) == (0, 0), plain.err + as_json.err
    assert plain.out.strip()
    assert "\x1b" not in plain.out
    assert json.loads(as_json.out)
    assert as_json.out.count("\n") == 1


def test_tasks_are_listed_with_what_they_measure(call):
    rows = {row["name"]: row for row in json.loads(call("tasks", "list", "--json").out)}
    assert rows["math/mini"]["direction"] == "higher"
    assert rows["math/mini"]["test"] >= 200


def test_a_task_that_keeps_every_promise_says_so(call):
    ended = call("tasks", "check", "math/mini")
    assert (ended.code, ended.err) == (0, "")
    said = ended.out.splitlines()
    assert said[0] == "math/mini keeps every promise."
    assert said[1].startswith("validation: 100 items can show a difference of 26 points")


def test_a_task_whose_answers_may_outgrow_the_context_of_a_model_is_warned_of_it(call):
    assert "has a context" not in call("tasks", "check", "math/mini", "--model", "tiny").out
    ended = call("tasks", "check", "toy_yes:wordy", "--model", "tiny")
    assert re.search(r"and tiny has a context of [\d,]+: longer answers are cut\.", ended.out)
    assert ended.code == call("tasks", "check", "toy_yes:wordy").code


def test_a_task_that_breaks_a_promise_fails_its_check(call):
    ended = call("tasks", "check", "toy_yes:broken")
    assert ended.code == 1
    assert "The scorer gives the gold answer" in ended.out
    assert "ftdojo: toy_yes:broken breaks" in ended.err


def test_no_runs_yet_is_said_as_talk(call, tmp_path):
    ended = call("runs", "list", "--runs", tmp_path)
    assert (ended.code, ended.out.split()[0]) == (0, "run")
    assert ended.err == f"There are no runs in {tmp_path}; `ftdojo run TASK` makes one.\n"
    assert json.loads(call("runs", "list", "--runs", tmp_path, "--json").out) == []


def test_runs_are_listed_with_their_scores(call, idle):
    rows = {row["run"]: row for row in json.loads(call("runs", "list", "--json").out)}
    assert rows["learned"]["test"] > rows["learned"]["base"]
    assert (rows["idle"]["chosen"], rows["learned"]["chosen"]) == ("base", "e1")


def test_a_run_without_experiments_says_so(call, idle):
    assert call("runs", "show", "idle").err == "The run idle has no experiments.\n"


def test_two_runs_are_compared_item_by_item(call, idle):
    found = json.loads(call("runs", "compare", "learned", "idle", "--json").out)
    assert (found["run"], found["against"], found["verdict"]) == ("learned", "idle", "better")
    assert found["difference"]["n"] == 24
    assert call("runs", "compare", "learned", "idle").out.startswith("learned minus idle: +")
