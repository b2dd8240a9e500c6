"""The record of a step: whole actions, bounded size, and one line where it cannot be read."""

import math
from dataclasses import replace

import pytest

from ftdojo.errors import StoreError
from ftdojo.records import (
    ActionTaken,
    CheckReport,
    Comparison,
    Direction,
    Estimate,
    Feedback,
    FinalTestOpened,
    Finish,
    FitReport,
    Look,
    Outcome,
    Outlook,
    Spend,
    Train,
    Verdict,
)
from ftdojo.store import EventLog, trajectory
from ftdojo.store.trajectory import digest_of

FIT = FitReport(peak_bytes=1, tokens_per_s=9.0, steps=4, train_forecast_s=2.0, loss=math.nan)


@pytest.fixture
def take(folder):
    """Return a function that puts an action with this outcome on record, as the log does."""

    def take(outcome):
        event = ActionTaken(
            outcome=outcome,
            experiments=0,
            best="base",
            spent=Spend(wall_s=7.5),
            outlook=Outlook(left_s=math.inf, reserve_s=2.0),
        )
        EventLog(folder)(event)

    return take


def compared(difference):
    return Comparison(
        against="base",
        difference=Estimate(score=difference, n=4, low=-1, high=1),
        fixed=0,
        broken=0,
        p_value=1.0,
        alpha=0.05,
        look=1,
        detectable=0.5,
        verdict=Verdict.UNDECIDED,
    )


def test_a_run_without_steps_has_an_empty_trajectory(folder):
    folder.event(FinalTestOpened(chosen="e1"))
    assert trajectory(folder) == []


def test_the_reports_of_an_experiment_come_from_its_own_record(folder, take, experiment):
    done = replace(experiment("e1"), feedback=Feedback(check=CheckReport(stages=("fit",), fit=FIT)))
    folder.save_experiment(done)
    action = Train(submission=done.submission)
    take(Outcome(action=action, number=1, experiment="e1", checked=done.feedback.check))
    assert "tokens_per_s" not in (folder.path / "events.jsonl").read_text().split('"outlook"')[0]
    (found,) = trajectory(folder)
    assert repr(found.outcome.checked) == repr(done.feedback.check)
    assert (found.outcome.action, found.outlook.left_s) == (action, math.inf)


def test_equal_pages_have_one_digest_and_nothing_has_none():
    page = [{"q": "é\u2028", "n": 1}]
    assert digest_of(page) == digest_of(list(page)) != digest_of([{"q": "é", "n": 1}])
    assert digest_of([]) == ""


@pytest.mark.parametrize(
    ("direction", "reward"), [(Direction.HIGHER, 0.25), (Direction.LOWER, -0.25), (None, 0.25)]
)
def test_the_reward_is_positive_when_better(folder, take, result, direction, reward):
    take(Outcome(action=Look(what="ledger"), number=1))
    take(Outcome(action=Finish(experiment="e1"), number=2))
    test = replace(result.test, direction=direction)
    folder.save_result(replace(result, test=test, gain=compared(0.25)))
    assert [each.reward for each in trajectory(folder)] == [0.0, reward]
    assert [each.terminated for each in trajectory(folder)] == [False, True]


def test_a_run_whose_base_was_kept_earned_nothing(folder, take, result):
    take(Outcome(action=Finish(), number=1))
    folder.save_result(replace(result, gain=None, stopped_by="disk"))
    (only,) = trajectory(folder)
    assert (only.reward, only.truncated, only.stopped_by) == (0.0, True, "disk")


def test_a_damaged_step_is_named_by_its_line(folder, take):
    folder.event(FinalTestOpened(chosen="e1"))
    take(Outcome(action=Look(what="ledger"), number=1))
    path = folder.path / "events.jsonl"
    path.write_text(path.read_text().replace('"what":"ledger"', '"what":"ledge"'))
    with pytest.raises(StoreError, match=r"events.jsonl line 2 is damaged .* outcome\.action"):
        trajectory(folder)
