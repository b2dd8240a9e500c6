"""The record of a step: whole actions, bounded size, and one line where it cannot be read."""

import math
from dataclasses import replace

import pytest

from ftdojo.errors import StoreError
from ftdojo.records import (
    CheckReport,
    Comparison,
    Direction,
    Estimate,
    Feedback,
    Finish,
    FitReport,
    Look,
    Outcome,
    Outlook,
    Spend,
    Train,
    Verdict,
)
from ftdojo.store import trajectory
from ftdojo.store.trajectory import STEP, digest_of, facts_of

FIT = FitReport(peak_bytes=1, tokens_per_s=9.0, steps=4, train_forecast_s=2.0, loss=math.nan)


class Seen:
    """As much of an observation as is written down."""

    experiments, best = (), "base"
    spent, outlook = Spend(wall_s=7.5), Outlook(left_s=math.inf, reserve_s=2.0)

    def __init__(self, last):
        self.last = last


@pytest.fixture
def take(folder):
    """Return a function that puts a step with this outcome on record."""
    return lambda outcome: folder.event(STEP, **facts_of(Seen(outcome)))


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
    folder.event("reset")
    assert trajectory(folder) == []


def test_the_reports_of_an_experiment_come_from_its_own_record(folder, take, experiment):
    done = replace(experiment("e1"), feedback=Feedback(check=CheckReport(rungs=("fit",), fit=FIT)))
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


def test_a_record_that_knows_actions_by_their_class_only_is_refused_in_one_line(folder):
    folder.event("action", action="Look")
    with pytest.raises(
        StoreError, match=r"line 1 is damaged or was written by another version"
    ) as caught:
        trajectory(folder)
    assert "\n" not in str(caught.value)


def test_a_damaged_step_is_named_by_its_line(folder, take):
    folder.event("reset")
    take(Outcome(action=Look(what="ledger"), number=1))
    path = folder.path / "events.jsonl"
    path.write_text(path.read_text().replace('"what":"ledger"', '"what":"ledge"'))
    with pytest.raises(StoreError, match=r"events.jsonl line 2 is damaged .* outcome\.action"):
        trajectory(folder)
