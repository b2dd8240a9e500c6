"""A bench from the command line: run whole, broken off and gone on with, read, and refused in one line."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

MATRIX = """name: toys
tasks: ["toy_yes:task"]
agents: [{name: "toy_yes:Learner", label: learner}, {name: "toy_yes:Idler", label: idler}]
models: [tiny]
seeds: [0, 1]
budget: 5m
baseline: idler
"""
PROGRAM = (sys.executable, "-m", "ftdojo.cli.main")
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Return a function that writes the matrix with words replaced."""
    folder = tmp_path_factory.mktemp("matrices")

    def write(**changes):
        text = MATRIX
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        path = folder / f"{len(list(folder.iterdir()))}.yaml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": "seds"}, "'seds' is unknown, the nearest is seeds; known: name, tasks, models,"),
        ({"Learner": "Lerner"}, "The agent 'toy_yes:Lerner' (toy_yes:Lerner) cannot be imported:"),
        (
            {"label: idler": "polic: x"},
            "agents, entry 2: 'polic' is unknown, the nearest is policy",
        ),
        ({"toy_yes:task": "math/mimi"}, "No task is called 'math/mimi'. Did you mean 'math/mini'?"),
        ({"baseline: idler": "baseline: ider"}, "the baseline 'ider' is unknown, the nearest is"),
    ],
)
def test_a_bad_matrix_is_one_line_with_exit_code_2(call, refused, asked, changes, said):
    line = refused(call("bench", asked(**changes)), code=2)
    assert said in line


def test_a_matrix_that_is_not_there_is_one_line(call, refused):
    line = refused(call("bench", "nosuch.yaml"), code=2)
    assert line.startswith("nosuch.yaml cannot be read (No such file or directory); give the path")


def test_two_ways_not_to_run_are_refused_together(call, refused, asked):
    line = refused(call("bench", asked(), "--table", "--dry-run"), code=2)
    assert line == "--table and --dry-run show two different things; call twice."


def test_a_dry_run_shows_cells_and_time_and_writes_nothing(call, asked, tmp_path):
    ended = call("bench", asked(), "--dry-run", "--jobs", 3, "--to", tmp_path / "b")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count(" missing\n") == 4
    assert "4 of 4 runs to do, 3 at a time, 300 s each: at most 10 min, and what" in ended.out
    assert not (tmp_path / "b").exists()


def test_a_dry_run_as_json_is_one_object(call, asked, tmp_path):
    told = json.loads(call("bench", asked(), "--dry-run", "--json", "--to", tmp_path).out)
    assert (told["waiting"], told["jobs"], told["most_s"]) == (4, 1, 1200.0)
    assert [each["agent"] for each in told["cells"]] == ["learner", "idler"] * 2


def test_a_table_of_nothing_shows_what_is_missing(call, asked, tmp_path):
    ended = call("bench", asked(), "--table", "--to", tmp_path / "b")
    assert ended.code == 0
    assert ended.out.count("0 of 2") == 4
    assert not (tmp_path / "b").exists()


@pytest.fixture(scope="module")
def failed(program, asked, tmp_path_factory):
    """A bench whose one cell names a model that is not there; where it is and how it ended, twice."""
    one = {', {name: "toy_yes:Idler", label: idler}': "", "baseline: idler": ""}
    to = tmp_path_factory.mktemp("failed")
    path = asked(**one, **{"[tiny]": "[tinny]", "[0, 1]": "[0]"})
    return to, path, [program("bench", path, "--to", to) for _ in range(2)]


def test_a_failed_run_is_counted_and_its_reason_kept(failed, call):
    to, path, (ended, _) = failed
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == (
        f"ftdojo: 1 of 1 runs failed, for the reasons in {to / 'bench.md'}; the same command tries them again."
    )
    told = json.loads(call("bench", path, "--table", "--json", "--to", to).out)
    (row,), (kept,) = told["rows"], told["cells"]
    assert (row["failed"], row["finished"], row["test"]) == (1, 0, None)
    assert kept["reason"].startswith("No model is called 'tinny'. Did you mean 'tiny'?")
    assert "No model is called 'tinny'" in (to / "bench.md").read_text()


def test_a_failed_run_is_tried_again_by_the_same_command(failed):
    to, _, (_, again) = failed
    assert again.code == 1
    noted = [json.loads(line)["what"] for line in (to / "cells.jsonl").read_text().splitlines()]
    assert noted == ["begun", "failed"] * 2


def test_a_progress_line_says_what_became_of_each_cell(failed):
    *_, first, second, last = failed[2][0].err.splitlines()
    assert first.endswith(" s  1/1 toy_yes:task, learner, tinny, seed 0: started")
    assert " s  1/1 toy_yes:task, learner, tinny, seed 0: failed: No model is" in second
    assert last.startswith("ftdojo: ")


@pytest.fixture(scope="module")
def whole(program, asked, tmp_path_factory):
    """A bench that was run to its end, two cells at a time; where it is and what it printed."""
    to = tmp_path_factory.mktemp("whole")
    ended = program("bench", asked(), "--to", to, "--jobs", 2, "--json")
    assert ended.code == 0, ended.err
    return to, json.loads(ended.out)


def stamps(folder):
    """Return when each file below ``folder`` was last changed."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_whole_bench_compares_what_its_run_folders_hold(whole):
    to, told = whole
    results = {path.parent.name: json.loads(path.read_text()) for path in to.glob("*/result.json")}
    assert {each["run"]: each["test"] for each in told["cells"]} == {
        run: result["test"]["score"]["score"] for run, result in results.items()
    }
    learner, idler = told["rows"]
    assert (learner["finished"], idler["finished"]) == (2, 2)
    assert learner["test"]["score"] > idler["test"]["score"] == 0.0
    assert (learner["against"]["wins"], learner["against"]["over_items"]["n"]) == (2, 24)
    assert learner["against"]["over_items"]["low"] > 0
    assert [each["contender"] for each in told["overall"]] == ["learner", "idler"]
    assert told["overall"][0]["mean_rank"] == 1.0


@pytest.mark.slow
def test_the_files_of_a_bench_say_what_was_printed(whole):
    to, told = whole
    assert json.loads((to / "bench.json").read_text()) == told
    assert "4 of 4 runs finished, 0 failed." in (to / "bench.md").read_text()
    assert list((to / "caches").iterdir()) == []


@pytest.mark.slow
def test_the_base_is_scored_once_for_all_cells(whole):
    to, _ = whole
    where = "*/experiments/base/evaluation.json"
    (alone,) = [json.loads(path.read_text())["seconds"] for path in to.glob(f"base/{where}")]
    cells = [json.loads(path.read_text())["seconds"] for path in to.glob(where)]
    assert cells == [alone] * 4, "the seconds are those of the pass when it was made"


@pytest.mark.slow
def test_the_same_call_again_runs_nothing_and_says_the_same(whole, program, asked):
    to, told = whole
    before = {path.parent: stamps(path.parent) for path in to.glob("*/result.json")}
    again = program("bench", asked(), "--to", to, "--json")
    assert json.loads(again.out) == told
    assert {folder: stamps(folder) for folder in before} == before
    assert again.err.count(": kept: test ") == 5, "four cells and the base"


class Broken:
    """A bench in a process of its own, to be broken off."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def off(self, to, *, finished, by):
        """Break it off once so many cells are finished and another has begun; return its children and its end."""
        until(lambda: len(list(to.glob("*/result.json"))) >= finished)
        until(lambda: len(list(to.glob("*/ledger.jsonl"))) > finished)
        children = psutil.Process(self.process.pid).children(recursive=True)
        os.kill(self.process.pid, by)
        return children, self.process.communicate(timeout=PATIENCE_S)[1]


def until(found):
    end = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < end, found
        time.sleep(0.05)


@pytest.mark.slow
def test_a_bench_broken_off_goes_on_and_runs_no_finished_cell_again(
    program, environment, asked, tmp_path
):
    command = [*PROGRAM, "bench", str(asked()), "--to", str(tmp_path)]
    children, said = Broken(command, environment).off(tmp_path, finished=1, by=signal.SIGINT)
    assert said.splitlines()[-1] == (
        "ftdojo: interrupted with 1 of 4 runs finished; the same command goes on."
    )
    assert psutil.wait_procs(children, timeout=30)[1] == []
    first = {path.parent: stamps(path.parent) for path in tmp_path.glob("*/result.json")}
    children, _ = Broken(command, environment).off(tmp_path, finished=2, by=signal.SIGKILL)
    assert psutil.wait_procs(children, timeout=30)[1] == []
    second = {path.parent: stamps(path.parent) for path in tmp_path.glob("*/result.json")}
    ended = program("bench", str(asked()), "--to", str(tmp_path), "--json")
    assert ended.code == 0, ended.err
    assert [each["finished"] for each in json.loads(ended.out)["rows"]] == [2, 2]
    assert (len(first), len(second)) == (1, 2)
    for kept in (first, second):
        assert {folder: stamps(folder) for folder in kept} == kept
    assert ended.err.count(": resumed") == 1


@pytest.mark.slow
def test_a_second_bench_in_the_same_folder_is_refused(program, environment, asked, tmp_path):
    command = [*PROGRAM, "bench", str(asked()), "--to", str(tmp_path)]
    first = Broken(command, environment)
    until(lambda: (tmp_path / "cells.jsonl").exists())
    second = program("bench", asked(), "--to", tmp_path)
    shown = program("bench", asked(), "--to", tmp_path, "--table")
    first.process.kill()
    first.process.communicate()
    assert second.code == 1
    assert second.err == (
        f"ftdojo: Another `ftdojo bench` is at work in {tmp_path}; wait for it, or read it with --table.\n"
    )
    assert shown.code == 0
