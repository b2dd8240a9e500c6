"""One episode from its first observation to its sealed result; the tests of this file share it, in order of use."""

import json
from dataclasses import replace

import pytest

from ftdojo.dojo import make
from ftdojo.errors import RunBusy, UsageError
from ftdojo.records import (
    BASE,
    ActionTaken,
    BaseScored,
    Check,
    ExperimentBegan,
    ExperimentEnded,
    FailureKind,
    FinalEvaluationBegan,
    FinalTestOpened,
    Finish,
    Look,
    PassAdvanced,
    RunEnded,
    RunOpened,
    ShortcutsFound,
    Status,
    Submission,
    Train,
    Verdict,
)
from ftdojo.store import dump


@pytest.fixture(scope="module")
def episode(new, toy):
    """Play the whole episode; what each step led to, by name."""
    told = []
    with new("episode", listeners=[told.append]) as dojo:
        seen = {"dojo": dojo, "told": told, "first": dojo.reset()}
        seen["checked"] = dojo.step(Check(submission=toy.handed_in()))
        seen["right"] = dojo.step(Train(submission=toy.handed_in()))
        seen["swapped"] = dojo.step(Train(submission=toy.handed_in("swapped", plan=PREDICTED)))
        seen["broken"] = dojo.step(
            Train(submission=replace(toy.handed_in(), data="open('x', 'w')"))
        )
        seen["orphan"] = dojo.step(
            Train(submission=toy.handed_in(plan="---\nparent: e9\n---\nNo such parent."))
        )
        seen["brief"] = dojo.step(
            Train(submission=toy.handed_in(seed=7, steps=20), validate_items=20)
        )
        seen["whole"] = dojo.step(Train(submission=toy.handed_in(seed=7, steps=20)))
        seen["too brief"] = dojo.step(Train(submission=toy.handed_in(), validate_items=9))
        seen["looks"] = {name: dojo.step(look) for name, look in LOOKS.items()}
        seen["refused"] = dojo.step(Finish(experiment="e3"))
        with pytest.raises(RunBusy) as caught:
            type(dojo.folder)(dojo.folder.path).lock().__enter__()
        seen["busy"] = str(caught.value)
        seen["last"] = dojo.step(Finish(experiment="e1"))
        yield seen


PREDICTED = "---\nparent: e1\npredicted: 0.25\n---\nThe wrong way round."
LOOKS = {
    "source": Look(what="source", name="right", offset=2, limit=3),
    "past the end": Look(what="source", name="right", offset=10_000),
    "experiment": Look(what="experiment", name="e2"),
    "rows": Look(what="rows", name="e1", offset=1, limit=2),
    "predictions": Look(what="predictions", name="e1", limit=2),
    "base": Look(what="predictions", limit=1),
    "none": Look(what="predictions", name="e3"),
    "hidden": Look(what="predictions", name="e1", offset=15),
    "ledger": Look(what="ledger"),
    "no source": Look(what="source", name="rigth"),
    "no experiment": Look(what="experiment", name="e7"),
    "negative": Look(what="source", name="right", offset=-1),
    "too many": Look(what="source", name="right", limit=101),
    "zero": Look(what="source", name="right", limit=0),
    "no rows": Look(what="rows", name="e3"),
}


def found(episode, name):
    return episode["looks"][name].observation.found


def test_the_training_rows_of_an_experiment_can_be_read(episode):
    shown = found(episode, "rows")
    assert len(shown) == 2
    assert [turn["role"] for turn in shown[0]["messages"]] == ["user", "assistant"]
    assert {row["source"] for row in shown} == {"right"}


def test_the_first_observation_says_what_there_is(episode):
    first = episode["first"]
    assert (first.task.name, first.best) == ("toy", BASE)
    assert (first.task.validation_items, first.task.shown_items) == (60, 15)
    assert [card.name for card in first.sources] == ["right", "swapped", "eager", "mute"]
    assert (first.base.score.score, first.base.score.n) == (0.0, 60)
    assert first.experiments == ()
    assert 0 < first.outlook.left_s < first.budget.wall_s == 600


def test_a_check_reports_every_rung_and_makes_no_experiment(episode):
    observation = episode["checked"].observation
    assert observation.checked.stages == ("static", "dry-run", "data", "fit", "probe")
    assert observation.failure is None
    assert observation.experiments == ()


def test_a_training_that_helps_is_better_than_the_base(episode):
    observation = episode["right"].observation
    (experiment,) = observation.experiments
    comparison = experiment.feedback.comparisons["base"]
    assert experiment.evaluation.score.score > 0.9
    assert (comparison.verdict, comparison.fixed, comparison.broken) == (Verdict.BETTER, 45, 0)
    assert observation.best == "e1"


def test_part_of_the_validation_items_is_scored_where_that_was_asked_for(episode):
    evaluation = episode["brief"].observation.experiment("e5").evaluation
    assert (evaluation.score.n, evaluation.planned, evaluation.raced_out) == (20, 20, False)


def test_a_brief_validation_does_not_stand_in_for_a_whole_one(episode):
    evaluation = episode["whole"].observation.experiment("e6").evaluation
    assert evaluation.planned == 60
    assert evaluation.score.n > 20


def test_too_few_validation_items_are_refused_in_one_line(episode):
    step = episode["too brief"]
    assert step.notice.startswith("validate_items=9 is too few to tell anything; give 10 or more")
    assert len(step.observation.experiments) == 6


def test_a_surely_worse_candidate_is_raced_out_and_held_against_its_parent(episode):
    worse = episode["swapped"].observation.experiment("e2")
    comparison = worse.feedback.comparisons["parent"]
    assert (worse.status, worse.parent) == (Status.DONE, "e1")
    assert worse.evaluation.raced_out
    assert worse.evaluation.score.n == 30
    assert (comparison.against, comparison.verdict) == ("e1", Verdict.WORSE)
    assert comparison.predicted == pytest.approx(0.25 - 1.0)
    assert episode["swapped"].observation.best == "e1"


def test_a_failed_experiment_says_why_and_changes_nothing_else(episode):
    observation = episode["broken"].observation
    assert observation.failure.kind is FailureKind.DATA_SCRIPT
    assert observation.experiment("e3").failure == observation.failure
    assert (observation.experiment("e3").status, observation.best) == (Status.FAILED, "e1")


def test_a_parent_that_does_not_exist_is_named(episode):
    message = episode["orphan"].observation.failure.message
    assert message == "parent 'e9' is not an earlier experiment; name one of base, e1, e2, e3."


def test_raw_rows_are_shown_from_an_offset(episode, toy):
    rows = list(toy.task.sources[0].rows())
    assert list(found(episode, "source")) == rows[2:5]
    assert found(episode, "past the end") == ()


def test_the_files_of_an_experiment_are_shown(episode):
    (files,) = found(episode, "experiment")
    assert (files["id"], files["parent"], files["plan.md"]) == ("e2", "e1", PREDICTED)


def test_predictions_are_shown_with_question_and_gold(episode):
    first, _ = found(episode, "predictions")
    assert first["prompt"].startswith(tuple("rst"))
    assert (first["output"], first["score"], first["readable"]) == (first["gold"], 1.0, True)
    assert found(episode, "base")[0]["score"] == 0.0
    assert found(episode, "none") == ()


def test_the_ledger_shows_what_was_spent(episode):
    (spent,) = found(episode, "ledger")
    assert spent["experiments"] == 6
    assert spent["train_s"] > 0 < spent["left_s"]


@pytest.mark.parametrize(
    ("name", "notice"),
    [
        ("no source", "No source is called 'rigth'. Did you mean 'right'?"),
        ("no experiment", "No experiment is called 'e7'."),
        ("negative", "offset=-1, limit=20 cannot be shown; offset is 0 or more, limit 1 to 100."),
        ("too many", "offset=0, limit=101 cannot be shown"),
        ("zero", "offset=0, limit=0 cannot be shown"),
        ("hidden", "offset=15 cannot be shown: of 60 validation items 15 are shown, with offset"),
    ],
)
def test_a_look_that_cannot_be_answered_says_why_and_changes_nothing(episode, name, notice):
    step = episode["looks"][name]
    assert step.notice.startswith(notice)
    assert (step.terminated, step.truncated, step.reward) == (False, False, 0.0)
    assert step.observation.experiments == episode["too brief"].observation.experiments


def test_finishing_what_has_no_weights_is_refused(episode):
    step = episode["refused"]
    assert (
        step.notice
        == "Experiment 'e3' has no validated weights; finish one of base, e1, e2, e5, e6."
    )
    assert not step.terminated
    assert step.observation.experiments == episode["too brief"].observation.experiments


def test_a_second_controller_is_turned_away(episode):
    assert episode["busy"].startswith("The run episode is played by process")


def test_the_reward_is_the_gain_on_the_test_and_paid_once(episode):
    steps = [each for each in episode.values() if hasattr(each, "reward")]
    paid = [each.reward for each in steps if each.reward]
    result = episode["dojo"].result
    assert paid == [result.test.score.score - result.base_test.score.score]
    assert paid[0] > 0.9
    assert (episode["last"].terminated, episode["last"].truncated) == (True, False)


def test_the_result_is_sealed_with_its_confirmation_and_its_model(episode):
    result, folder = episode["dojo"].result, episode["dojo"].folder
    assert (result.status, result.proposed, result.chosen) == ("finished", "e1", "e1")
    assert (result.confirmation.difference.n, result.test.score.n) == (40, 140)
    assert (folder.path / result.export / "model.safetensors").is_file()
    assert folder.result() == result


@pytest.mark.parametrize("action", [Look(what="ledger"), Finish(), None])
def test_a_step_after_the_end_is_refused_in_one_line(episode, toy, action):
    with pytest.raises(UsageError, match=r"^The run episode has ended; make another\.$"):
        episode["dojo"].step(action or Train(submission=toy.handed_in()))


def test_no_observation_and_no_event_holds_a_test_question(episode, toy):
    steps = [each for each in episode.values() if hasattr(each, "observation")]
    steps += episode["looks"].values()
    seen = "".join(map(dump, [episode["first"], *(each.observation for each in steps)]))
    told = json.dumps([str(each) for each in episode["told"]])
    events = (episode["dojo"].folder.path / "events.jsonl").read_text()
    questions = toy.words("test", 140) + toy.words("confirm", 40)
    assert toy.words("validation", 60)[0] in seen, "the search works"
    assert not [word for word in questions if word in seen + told + events]


def test_the_test_is_opened_once_after_the_choice(episode):
    kinds = [type(each) for each in episode["dojo"].folder.events()]
    assert kinds.count(FinalTestOpened) == 1
    assert kinds.index(FinalEvaluationBegan) < kinds.index(FinalTestOpened) < kinds.index(RunEnded)
    scored = [each.split for each in episode["told"] if isinstance(each, PassAdvanced)]
    # Another run of this session may have made an equal pass, which is then not made again.
    first = scored.index("test") if "test" in scored else len(scored)
    assert "validation" not in scored[first:]


def test_what_was_done_is_recorded_in_order(episode):
    kinds = [type(each) for each in episode["dojo"].folder.events()]
    assert kinds[:3] == [RunOpened, ShortcutsFound, BaseScored]
    assert kinds.count(ExperimentBegan) == kinds.count(ExperimentEnded) == 6
    assert kinds.count(ActionTaken) == 7 + 1 + len(LOOKS) + 2


def test_a_step_before_the_reset_is_refused(new):
    with new("too-early") as dojo:
        with pytest.raises(UsageError, match=r"^Call reset\(\) before step\(\)\.$"):
            dojo.step(Look(what="ledger"))
        assert dojo.begun() is None


def test_a_run_folder_that_exists_is_not_taken_over(episode, new):
    from ftdojo.errors import StoreError

    with pytest.raises(
        StoreError, match=r"exists and is not empty\. Go on with it by `ftdojo resume"
    ):
        new("episode")


def test_a_seed_out_of_range_is_refused():
    with pytest.raises(UsageError, match=r"seed=-1 must lie in 0 to 4294967295\."):
        make("math/mini", model="tiny", seed=-1)


def test_submissions_are_kept_as_files(episode):
    folder = episode["dojo"].folder.submission_dir("e2")
    kept = Submission(
        plan=(folder / "plan.md").read_text(),
        data=(folder / "data.py").read_text(),
        train=(folder / "train.yaml").read_text(),
    )
    assert kept == episode["swapped"].observation.experiment("e2").submission
