"""A coding agent's view: a whole episode by shell verbs, a kill in its middle, and what is said of a wrong call."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ftdojo.serve import guide
from ftdojo.serve.protocol import remove_socket

TINY = ("--model", "tiny", "--budget", "10m")


@pytest.fixture(scope="module")
def toy():
    sys.path.insert(0, str(Path(__file__).parent.parent / "toys"))
    import ftdojo_toy

    yield ftdojo_toy
    sys.path.pop(0)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """The runs of this module; processes that still hold one are ended afterwards."""
    made = tmp_path_factory.mktemp("played")
    yield made
    for kept in made.glob("*/play.json"):
        kill(kept.parent)
        remove_socket(json.loads(kept.read_text())["socket"])


@pytest.fixture(scope="module")
def play(program, room):
    """Call a verb of ``ftdojo play`` as a process."""
    return lambda *args: program("play", *args, FTDOJO_HOME=room)


@pytest.fixture(scope="module")
def write(toy, tmp_path_factory):
    """Return a function that writes a submission into a folder and returns the folder."""

    def written(*name, **how):
        texts, folder = toy.handed_in(*name, **how), tmp_path_factory.mktemp("try")
        (folder / "plan.md").write_text(texts.plan)
        (folder / "data.py").write_text(texts.data)
        (folder / "train.yaml").write_text(texts.train)
        return folder

    return written


def kill(folder):
    """Kill the process that holds a run, if one does."""
    with contextlib.suppress(psutil.NoSuchProcess):
        found = psutil.Process(json.loads((folder / "play.json").read_text())["pid"])
        if "ftdojo.serve.daemon" in found.cmdline():
            os.kill(found.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def episode(play, write):
    """How each verb of one whole run ended, in order."""
    good, bad = write(), write("nobody")
    run = ("--run", "episode")
    calls = {
        "start": ("start", "ftdojo_toy:task", *TINY, "--name", "episode"),
        "validated": ("status", *run, "--wait", "60"),
        "task": ("look", "task", *run, "--json"),
        "rows": ("look", "source", "right", "--limit", "2", *run),
        "failed": ("check", bad, *run, "--wait", "60", "--json"),
        "checked": ("check", good, *run, "--wait", "60"),
        "train": ("train", good, *run, "--json"),
        "trained": ("status", *run, "--wait", "60", "--json"),
        "feedback": ("look", "feedback", "e1", *run),
        "rough": ("train", write(seed=1), *run, "--validate-items", "20", "--wait", "60"),
        "status": ("status", *run),
        "finish": ("finish", "e1", *run, "--json"),
        "finished": ("finish", *run, "--wait", "120", "--json"),
        "again": ("finish", *run),
        "after": ("status", *run),
        "late": ("train", good, *run),
    }
    return {name: play(*call) for name, call in calls.items()}


@pytest.mark.slow
def test_every_verb_of_an_episode_does_as_it_is_told(episode):
    refused = {name: each for name, each in episode.items() if each.code}
    assert {name: each.code for name, each in refused.items()} == {"late": 2}
    assert refused["late"].err.startswith(
        "ftdojo: The run episode has ended; `ftdojo play status --run"
    )


@pytest.mark.slow
def test_long_verbs_return_a_job_at_once_and_are_polled(episode):
    assert "j1 (start" in episode["start"].out
    assert "last:     j1 (start): done" in episode["validated"].out
    train, trained = json.loads(episode["train"].out), json.loads(episode["trained"].out)
    assert train["job"]["id"] == train["asked"] == trained["last"]["id"] == "j4"
    assert (trained["state"], trained["best"]) == ("waiting", "e1")
    finish = json.loads(episode["finish"].out)
    assert (finish["state"], finish["job"]["verb"]) == ("busy", "finish")
    assert 0 <= finish["job"]["left_s"] <= finish["budget"]["reserve_s"]
    assert trained["experiments"][0]["verdict"] == "better"


@pytest.mark.slow
def test_looks_and_checks_show_what_an_agent_needs(episode):
    assert json.loads(episode["task"].out)["entries"][0]["template"] == "{question}"
    assert episode["rows"].out.count("question: ") == 2
    assert episode["rows"].out.endswith("# more: --offset 2\n")
    failed = json.loads(episode["failed"].out)["failure"]
    assert (failed["stage"], failed["kind"], failed["file"]) == (
        "dry-run",
        "data-script",
        "data.py",
    )
    assert "stages:   static, dry-run, data, fit, probe\n" in episode["checked"].out
    assert "verdict: better" in episode["feedback"].out


@pytest.mark.slow
def test_status_lists_the_experiments_and_what_is_left(episode):
    lines = episode["status"].out.splitlines()
    assert lines[1] == "state:    waiting for you; the clock runs"
    assert re.match(r"left:     \d+ s for you; \d+ s set aside for the end", lines[2])
    assert [line.split()[:3] for line in lines[-2:]] == [
        ["e1", "base", "done"],
        ["e2", "base", "done"],
    ]
    assert lines[-1].split()[6] == "20"


@pytest.mark.slow
def test_the_end_is_told_as_by_a_run_and_can_be_asked_for_again(episode, program, room):
    finished = json.loads(episode["finished"].out)["result"]
    assert (finished["chosen"], finished["agent"], finished["status"]) == (
        "e1",
        "outside",
        "finished",
    )
    assert finished["test"]["score"] > 0.9
    shown = program("resume", "episode", FTDOJO_HOME=room).out
    assert shown == episode["again"].out == episode["after"].out
    assert shown.splitlines()[4].startswith("e1, test")


@pytest.mark.slow
def test_runs_list_names_it_as_played_from_outside(episode, program, room):
    rows = json.loads(program("runs", "list", "--json", FTDOJO_HOME=room).out)
    assert [each["agent"] for each in rows if each["run"] == "episode"] == ["outside"]


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_training_loses_nothing(play, write, room):
    run = ("--run", "killed")
    play("start", "ftdojo_toy:task", *TINY, "--name", "killed", "--wait", "60")
    play("train", write(steps=400, seed=7), *run)
    until(lambda: "training" in play("status", *run).out)
    kill(room / "killed")
    after = play("status", *run)
    assert after.err == (
        "The process that held killed was gone and was started again; j2 (train) goes on.\n"
    )
    assert "state:    busy for " in after.out
    assert "last:     j2 (train e1): done" in play("status", *run, "--wait", "120").out
    finished = json.loads(play("finish", *run, "--json", "--wait", "120").out)["result"]
    assert (finished["chosen"], finished["experiments"]) == ("e1", 1)


@pytest.mark.slow
def test_a_budget_that_allows_nothing_is_told_and_resume_gives_another(
    play, program, refused, room
):
    started = play(
        "start", "ftdojo_toy:task", "--model", "tiny", "--budget", "3s", "--name", "poor"
    )
    assert started.code == 0
    line = refused(play("status", "--run", "poor", "--wait", "60"), code=1)
    assert line.startswith("A budget of 3 s does not allow one experiment here")
    told = play("status", "--run", "poor", "--json")
    assert (told.code, json.loads(told.out)["state"]) == (1, "stopped")
    resumed = program("resume", "poor", "--budget", "10m", FTDOJO_HOME=room)
    assert (resumed.code, "poor" in resumed.out) == (0, True), resumed.err
    play("status", "--run", "poor", "--wait", "60")
    kept = play("finish", "base", "--run", "poor", "--json", "--wait", "120")
    assert (json.loads(kept.out)["result"]["chosen"], kept.code) == ("base", 0)


def until(found):
    end = time.monotonic() + 60
    while not found():
        assert time.monotonic() < end, f"{found} never came true"


def test_a_run_that_nobody_plays_from_outside_is_refused(call, refused, idle, tmp_path):
    line = refused(call("play", "status", FTDOJO_HOME=tmp_path), code=2)
    assert line == (
        f"No run in {tmp_path} is played from outside; `ftdojo play start TASK` makes one."
    )
    line = refused(call("play", "finish", "--run", "nope"), code=2)
    assert line.startswith("No run is called 'nope'.")
    line = refused(call("play", "look", "task", "--run", "idle"), code=2)
    assert line.startswith("The run idle is played by toy_yes:Idler, not from outside; ")


def test_a_view_that_is_not_there_is_answered_with_the_nearest(call, refused):
    line = refused(call("play", "look", "tsk"), code=2)
    assert line.startswith("No view is called 'tsk'. Did you mean 'task'? Known: agreement, base")


def test_a_wrong_start_is_refused_before_anything_is_made(call, refused, tmp_path):
    wrong = {
        ("nope", *TINY): "No task is called 'nope'.",
        ("toy_yes:task", "--budget", "soon"): "'soon' is not a duration",
        ("toy_yes:task", *TINY, "--sandbox", "none"): "No sandbox is called 'none'.",
        ("toy_yes:task", "--model", "no/such:model"): "",
        ("toy_yes:task", *TINY, "--name", "../x"): "'../x' is not a name for a run",
        ("toy_yes:task", *TINY, "--base-url", "http://x"): "--base-url http://x: no language model",
    }
    for asked, said in wrong.items():
        ended = call("play", "start", *asked, FTDOJO_HOME=tmp_path)
        assert ended.err.splitlines()[-1].startswith(f"ftdojo: {said}")
        assert (ended.code, ended.out) in {(1, ""), (2, "")}
    assert list(tmp_path.iterdir()) == []


def test_a_submission_with_a_file_missing_is_refused_without_asking_anybody(
    call, refused, tmp_path
):
    (tmp_path / "plan.md").write_text("a plan")
    line = refused(call("play", "train", tmp_path), code=2)
    assert line.startswith(f"{tmp_path / 'data.py'} is missing; a submission is plan.md, data.py")


def test_of_several_runs_one_has_to_be_named(call, refused, idle, home, tmp_path):
    for name in ("one", "two"):
        config = json.loads((home / "runs" / "idle" / "run.json").read_text())
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(
            json.dumps(config | {"id": name, "spec": config["spec"] | {"agent": "outside"}})
        )
    line = refused(call("play", "status", FTDOJO_HOME=tmp_path), code=2)
    assert line == "Several runs are being played: one, two. Name one with --run."


def test_the_guide_is_a_page_and_its_commands_are_of_this_machine(call):
    page = call("play", "guide").out
    assert page == guide() + "\n"
    assert len(page.splitlines()) < 110
    assert "<<" not in re.sub(r"<<'EOF'", "", page)
    command = re.search(r"^(.+) play start math/mini", page, re.MULTILINE)[1]
    shown = subprocess.run([*shlex.split(command), "--version"], capture_output=True, text=True)
    assert shown.stdout.startswith("ftdojo ")


@pytest.mark.slow
def test_the_example_of_the_guide_works_as_typed(environment, tmp_path):
    (script,) = re.findall(r"^```sh\n(.*?)^```$", guide(), re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        env=environment | {"FTDOJO_HOME": str(tmp_path / "runs")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if line[0] != "j"]) == (
        0,
        [],
    )
    result = json.loads((tmp_path / "runs" / "guide-example" / "result.json").read_text())
    assert result["status"] == "finished"
    assert (tmp_path / "runs" / "guide-example" / "experiments" / "e1").is_dir()
