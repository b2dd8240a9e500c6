"""A run in a process of its own: it outlives who started it, ends by itself, and loses nothing when it is killed."""

import os
from pathlib import Path

import pytest

from ftdojo.errors import FtdojoError, RunBusy, UsageError
from ftdojo.records import Budget
from ftdojo.serve import FinishRequest, LookRequest, Resume, StatusRequest, go_on

TASK = LookRequest(what="task")


def test_the_process_leads_a_session_of_its_own_and_is_nobodys_child(held):
    process = held.process()
    assert os.getsid(process.pid) == process.pid
    assert process.ppid() != os.getpid()
    assert os.getpid() not in [each.pid for each in process.parents()]
    assert (held.folder.path / "play.log").read_text().startswith("run-opened {")


def test_the_record_says_who_plays(held):
    assert held.folder.config.spec.agent == "outside"


def test_time_that_the_agent_thinks_is_counted(held, until):
    first = held.standing()

    def a_second_went_by():
        now = held.standing()
        spent = now["spent"]["wall_s"] > first["spent"]["wall_s"] + 1
        return spent and now["budget"]["left_s"] < first["budget"]["left_s"] - 1

    until(a_second_went_by)


@pytest.mark.slow
def test_while_one_action_runs_a_second_one_is_refused_and_status_answers(start, training):
    run = start("two-agents")
    run.quiet()
    job = run.hand_in(training(sleep_s=4))["asked"]
    with pytest.raises(FtdojoError, match=r"busy with j2 \(train.*one action at a time"):
        run.hand_in(training("mute"))
    with pytest.raises(FtdojoError, match="busy"):
        run.ask(LookRequest(what="ledger"))
    assert run.ask(TASK)["entries"][0]["name"] == "toy"
    assert run.ask(StatusRequest())["job"]["id"] == job == "j2"
    after = run.quiet()
    assert [each["status"] for each in after["experiments"]] == ["done"]
    assert after["last"]["id"] == job


@pytest.mark.slow
def test_a_limit_that_is_reached_while_nobody_plays_ends_the_run(start, until):
    run = start("unplayed", wall_s=16.0)
    run.quiet()
    until(run.folder.result)
    until(lambda: run.process() is None)
    result = run.folder.result()
    assert (result.status, result.stopped_by, result.chosen) == ("truncated", "wall time", "base")
    assert run.ask(StatusRequest())["state"] == "ended"
    assert not Path(run.socket).exists()
    assert (run.folder.path / "report.html").is_file()


@pytest.mark.slow
def test_a_limit_that_a_training_reaches_ends_the_run(start, training, until):
    run = start("limited", max_experiments=1)
    run.quiet()
    run.hand_in(training())
    ended = run.quiet()
    assert (ended["state"], ended["best"]) == ("ended", "e1")
    with pytest.raises(UsageError, match="limited has ended"):
        run.hand_in(training())


@pytest.mark.slow
def test_a_killed_process_is_started_again_and_the_training_goes_on(start, training, until):
    run = start("killed")
    run.quiet()
    job = run.hand_in(training(steps=300, seed=5))["asked"]
    until(lambda: run.standing()["job"]["stage"] == "training")
    before = run.standing()["spent"]["wall_s"]
    run.kill()
    assert run.ask(StatusRequest())["job"]["id"] == job
    assert run.said == [
        "The process that held killed was gone and was started again; j2 (train) goes on."
    ]
    after = run.quiet()
    assert [(each["id"], each["status"]) for each in after["experiments"]] == [("e1", "done")]
    assert (after["last"]["id"], after["last"]["state"]) == (job, "done")
    assert after["spent"]["wall_s"] > before
    run.hand_in(FinishRequest())
    assert run.quiet()["best"] == "e1"


@pytest.mark.slow
def test_a_process_killed_while_it_waits_is_started_again_by_any_verb_and_obeys(start, training):
    run = start("idle")
    run.quiet()
    run.kill()
    assert len(run.ask(LookRequest(what="sources"))["entries"]) == 4
    run.kill()
    assert run.ask(LookRequest(what="ledger"))["entries"]
    run.kill()
    run.hand_in(training("eager", steps=10))
    assert run.said == ["The process that held idle was gone and was started again."] * 3
    assert [each["id"] for each in run.quiet()["experiments"]] == ["e1"]


def test_a_run_that_is_held_is_not_opened_twice(held):
    with pytest.raises(RunBusy, match="is played by process"):
        go_on(held.folder, Resume(folder=held.folder.path), say=print)
    assert held.standing()["state"] == "waiting"


@pytest.mark.slow
def test_a_budget_that_allows_nothing_is_told_and_can_be_replaced(start):
    run = start("poor", wall_s=3.0)
    stopped = run.quiet()
    assert stopped["state"] == "stopped"
    assert stopped["error"].startswith("A budget of 3 s does not allow one experiment here")
    go_on(run.folder, Resume(folder=run.folder.path, budget=Budget(wall_s=600)), say=print)
    assert run.quiet()["state"] == "waiting"


def test_a_run_that_cannot_be_made_is_refused_before_there_is_a_folder(start, home):
    with pytest.raises(UsageError, match="'a/b' is not a name for a run"):
        start("a/b")
    assert not (home / "runs" / "a").exists()
