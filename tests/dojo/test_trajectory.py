"""What an agent learns of its last action, and what the record keeps: each action with its outcome, through a restart."""

import json
from dataclasses import replace

import pytest

from ftdojo.records import Budget, Check, Finish, Look, Shell, Step, Submission, Train
from ftdojo.store import RunFolder, trajectory

BAD = Submission(plan="p", data="open('x', 'w')", train="r: 4\n")
BROKEN = Submission(plan="p", data="pass", train="lerning_rate: 1\n")


def actions(toy):
    """Return a script with every kind of action, carried out and refused; a training among them fails."""
    return [
        Look(what="source", name="right", limit=100),
        Look(what="source", name="wroked"),
        Shell(command="echo hello; exit 3"),
        Shell(command="ls", wall_s=600.0),
        Check(submission=BROKEN),
        Check(submission=toy.handed_in()),
        Train(submission=toy.handed_in(), validate_items=20),
        Train(submission=BAD),
        Train(submission=toy.handed_in(), validate_items=2),
        Look(what="predictions", name="e1", offset=3, limit=5),
        Look(what="ledger"),
        Finish(experiment="e9"),
        Finish(experiment="e1"),
    ]


@pytest.fixture(scope="module")
def played(new, toy):
    """Play the script; return the steps as the agent got them, and the folder."""
    with new("scripted") as dojo:
        first = dojo.reset()
        assert first.last is None
        steps = [dojo.step(action) for action in actions(toy)]
        folder = dojo.folder
    return steps, folder.path


@pytest.fixture
def record(played):
    return trajectory(RunFolder(played[1]))


def without_pages(outcome):
    """Return ``outcome`` as the record keeps it: pages of raw rows and predictions are told by their digest."""
    page = isinstance(outcome.action, Look) and outcome.action.what != "ledger"
    return replace(outcome, found=()) if page else outcome


def test_the_last_action_and_its_outcome_are_in_every_observation(played, toy):
    steps, _ = played
    lasts = [step.observation.last for step in steps]
    assert [each.action for each in lasts] == actions(toy)
    assert [each.number for each in lasts] == list(range(1, len(lasts) + 1))


def test_a_refused_action_says_why_to_the_agent(played):
    notices = {at: step.observation.last.notice for at, step in enumerate(played[0])}
    refused = {at: notice[:30] for at, notice in notices.items() if notice}
    assert refused == {
        1: "No source is called 'wroked'. ",
        3: "wall_s=600.0 must be above 0 a",
        8: "validate_items=2 is too few to",
        11: "Experiment 'e9' has no validat",
    }


def test_an_outcome_says_what_a_check_and_a_training_came_to(played):
    steps, _ = played
    broken, checked, trained, failed = (step.observation.last for step in steps[4:8])
    assert (broken.failure.file, broken.experiment) == ("train.yaml", "")
    assert (checked.failure, checked.checked.data.rows) == (None, 400)
    assert (trained.experiment, trained.failure) == ("e1", None)
    assert 0 < trained.checked.seconds < trained.seconds
    assert (failed.experiment, failed.failure.stage) == ("e2", "dry-run")


def test_the_record_gives_back_equal_actions_and_outcomes(played, record):
    seen = [step.observation.last for step in played[0]]
    assert [each.outcome for each in record] == [without_pages(each) for each in seen]


def test_the_record_gives_back_what_each_observation_had_new(played, record):
    new = [
        (len(seen.experiments), seen.best, seen.spent, seen.outlook)
        for seen in (step.observation for step in played[0][:-1])
    ]
    assert [(each.experiments, each.best, each.spent, each.outlook) for each in record[:-1]] == new


def test_the_reward_is_that_of_the_last_step(played, record):
    def ending(step: Step):
        return (step.reward, step.terminated, step.truncated, step.stopped_by)

    assert [ending(each) for each in record] == [ending(each) for each in played[0]]
    assert record[-1].reward > 0.5


def test_a_page_is_told_by_its_digest_and_not_stored(played, record):
    page = played[0][0].observation.found
    assert len(page) == 100
    lines = (played[1] / "events.jsonl").read_text().splitlines()
    steps = [line for line in lines if json.loads(line)["kind"] == "action-taken"]
    assert page[50]["question"] not in steps[0]
    assert len(steps[0]) < 2000
    pages = {each.outcome.digest for each in record if each.outcome.digest}
    assert len(pages) == 4  # two pages, a shell command, the ledger


def test_after_a_restart_the_last_outcome_is_still_there(new, reopen):
    script = [
        Shell(command="ls", wall_s=600.0),
        Look(what="source", name="right", limit=3),
        Check(submission=BROKEN),
    ]
    with new("restarted") as dojo:
        dojo.reset()
    for action in script:
        with reopen("restarted") as dojo:
            dojo.reset()
            before = dojo.step(action).observation.last
        with reopen("restarted") as again:
            assert again.reset().last == before
            assert again.begun() is None


def test_a_training_that_ended_before_a_kill_is_written_down_and_its_pace_known_after_it(
    new, reopen, toy
):
    action = Train(submission=toy.handed_in(steps=20, seed=41))
    with new("unwritten") as dojo:
        dojo.reset()
        before = dojo.step(action).observation.last
        pace = dojo._run.forecast.pace
        log = dojo.folder.path / "events.jsonl"
        lines = log.read_text().splitlines(keepends=True)
        log.write_text("".join(each for each in lines if '"kind":"action-taken"' not in each))
        dojo.folder.set_pending(
            action
        )  # as a kill between the experiment's end and its step leaves it
    with reopen("unwritten") as again:
        last = again.reset().last
        assert again._run.forecast.pace == pytest.approx(pace) != 1.0
        assert again.begun() is None
        assert replace(last, seconds=0.0) == replace(before, seconds=0.0)
        assert [each.outcome for each in trajectory(again.folder)] == [last]


def test_an_end_game_that_a_kill_interrupted_is_one_step_of_the_record(new, reopen):
    with new("interrupted") as dojo:
        dojo.reset()
        dojo.step(Look(what="ledger"))
        dojo.step(Finish(experiment="base"))
        (dojo.folder.path / "result.json").unlink()  # as a kill just before it was sealed leaves it
        dojo.folder.set_pending(Finish(experiment="base"))
    with reopen("interrupted") as again:
        again.reset()
        last = again.step(again.begun())
        verbs = [each.outcome.action.verb for each in trajectory(again.folder)]
    assert last.terminated
    assert verbs == ["look", "finish"]


def test_an_action_that_came_after_the_limit_is_on_record_as_not_carried_out(new, reopen, toy):
    with new("too-late") as dojo:
        dojo.reset()
        dojo.step(Train(submission=BAD))
    with reopen("too-late", budget=Budget(wall_s=600.0, max_experiments=1)) as again:
        again.reset()
        step = again.step(Look(what="ledger"))
        _, late = trajectory(again.folder)
    assert (step.truncated, step.stopped_by) == (True, "experiments")
    notice = "The limit on experiments was reached before this could be carried out."
    assert step.observation.last.notice == late.outcome.notice == notice
    assert (late.truncated, late.stopped_by) == (True, "experiments")


def test_a_limit_that_ends_a_run_while_its_agent_thinks_is_not_an_action(new, reopen, toy):
    with new("thinking") as dojo:
        dojo.reset()
        dojo.step(Train(submission=BAD))
    with reopen("thinking", budget=Budget(wall_s=600.0, max_experiments=1)) as again:
        again.reset()
        step = again.expire()
        (only,) = trajectory(again.folder)
    assert (step.truncated, step.stopped_by) == (True, "experiments")
    assert (only.outcome.action.verb, only.truncated) == ("train", True)


def test_without_a_limit_nothing_expires(new):
    with new("unexpired") as dojo:
        dojo.reset()
        step = dojo.expire()
        assert (step.truncated, dojo.result) == (False, None)
