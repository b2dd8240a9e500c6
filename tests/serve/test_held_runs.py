"""A run in a process of its own: it outlives who started it, ends by itself, and loses nothing when it is killed."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from ftdojo.errors import RunBusy, UsageError
from ftdojo.records import Budget, Guidance, GuidanceHeard, StopRequested
from ftdojo.serve import FinishRequest, LookRequest, Resume, StatusRequest, StopRequest, go_on
from ftdojo.serve.protocol import new_socket, read_kept, write_kept
from ftdojo.store.said import say
from ftdojo.store.trajectory import trajectory

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


LONG = 200_000
"""Steps of a training that nobody waits for."""


@pytest.fixture(scope="module")
def in_training(start, training, until):
    """A run whose first experiment was stopped and kept and whose second was dropped; what was seen while the first ran."""
    run = start("stopped", wall_s=1e6)
    run.quiet()
    job = run.hand_in(training(steps=LONG))["asked"]
    until(lambda: run.standing()["job"]["step"] > 5)
    seen = {
        "source": run.ask(LookRequest(what="source", name="right", limit=2))["entries"],
        "files": run.ask(LookRequest(what="experiment", name="e1"))["entries"],
        "outputs": run.ask(LookRequest(what="predictions", name="base"))["entries"],
        "ledger": run.ask(LookRequest(what="ledger"))["entries"],
        "task": run.ask(TASK)["entries"],
        "feedback": run.ask(LookRequest(what="feedback", name="e1"))["entries"],
        "status": run.ask(StatusRequest()),
        "second": run.send(training("mute").model_dump_json().encode()),
    }
    run.ask(StopRequest())
    kept = run.quiet()
    run.hand_in(training(steps=LONG, seed=1))
    until(lambda: run.standing()["job"]["step"] > 5)
    run.ask(StopRequest(keep=False))
    return run, job, seen, kept, run.quiet()


@pytest.mark.slow
def test_what_needs_no_model_is_shown_while_a_training_runs(in_training):
    _, job, seen, *_ = in_training
    assert all(seen[what] for what in ("source", "outputs", "ledger", "task"))
    assert seen["files"][0]["status"] == "running"
    assert seen["status"]["job"]["id"] == job == "j2"
    assert "busy with j2 (train e1: training, " in seen["second"]["error"]
    assert "one action at a time" in seen["second"]["error"]


@pytest.mark.slow
def test_a_training_that_runs_is_shown_with_loss_and_seconds_left(in_training):
    shown = in_training[2]["feedback"][0]
    assert (shown["status"], shown["stage"], shown["of"]) == ("running", "training", LONG)
    assert 1 <= len(shown["curve"]) <= 12
    assert shown["curve"][-1]["step"] <= shown["step"] + 1
    assert shown["loss"] > 0
    assert 0 < shown["left_s"] < shown["most_s"]


@pytest.mark.slow
def test_a_training_is_stopped_and_validated_or_dropped_as_is_asked(in_training):
    run, _, _, kept, dropped = in_training
    feedback = run.ask(LookRequest(what="feedback", name="e1"))["entries"][0]
    assert feedback["training"]["stopped"] == "stopped"
    assert 5 < feedback["training"]["steps"] < LONG
    assert (kept["experiments"][0]["status"], kept["experiments"][0]["score"]["n"]) == ("done", 60)
    assert (dropped["failure"]["kind"], dropped["failure"]["stage"]) == ("stopped", "train")
    asked = [each for each in run.folder.events() if isinstance(each, StopRequested)]
    assert [(each.experiment, each.keep) for each in asked] == [("e1", True), ("e2", False)]
    with pytest.raises(UsageError, match=r"Only a training can be stopped. Nothing is under way"):
        run.ask(StopRequest())


@pytest.mark.slow
def test_looks_beside_a_training_are_on_record_before_it(in_training):
    outcomes = [each.outcome for each in trajectory(in_training[0].folder)]
    assert [each.number for each in outcomes] == [*range(1, len(outcomes) + 1)]
    assert [each.action.verb for each in outcomes[:5]] == ["look"] * 4 + ["train"]


@pytest.mark.slow
def test_what_a_person_says_is_heard_while_the_agent_waits_and_a_condition_is_kept(
    in_training, until
):
    run = in_training[0]
    say(run.folder, Guidance(text="Short answers."), Guidance(require="output_tokens.p95 <= 0"))

    def heard():
        events = run.folder.events()
        return [each.guidance for each in events if isinstance(each, GuidanceHeard)]

    until(lambda: len(heard()) == 2)
    assert [each["text"] for each in run.standing()["guidance"]] == ["Short answers.", ""]
    with pytest.raises(UsageError, match=r"output_tokens.p95 <= 0 is required, and it has \d"):
        run.hand_in(FinishRequest(experiment="e1"))
    run.kill()
    run.hand_in(FinishRequest())
    assert run.quiet()["best"] == "base"
    assert len(heard()) == 2


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
    left = new_socket()  # as of a process that is killed between the result and its own end
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(left)
    write_kept(run.folder, replace(read_kept(run.folder), socket=left))
    (run.folder.scratch / "build").mkdir(parents=True)
    assert run.ask(StatusRequest())["state"] == "ended"
    assert not run.folder.scratch.exists()
    assert not Path(left).parent.exists()


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
