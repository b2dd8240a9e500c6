"""How runs end: by a limit, with the base, after a false gain, or not at all for want of a budget."""

import re
from dataclasses import replace

import pytest

from ftdojo import play
from ftdojo.dojo import environment
from ftdojo.dojo.meter import EXPORT_S
from ftdojo.errors import BudgetError, UnknownName
from ftdojo.records import (
    BASE,
    Budget,
    ConfirmationShortened,
    FailureKind,
    Finish,
    Status,
    Train,
    seconds,
)
from ftdojo.store.trajectory import trajectory


@pytest.fixture
def trained(new, toy):
    """Return a function that trains on one source under a budget and returns the dojo's last step and result."""

    def train(run, source="right", *, task="ftdojo_toy:task", finish=None, **limits):
        with new(run, task=task, budget=Budget(**{"wall_s": 600.0} | limits)) as dojo:
            dojo.reset()
            # Weights of these tests' own: a whole pass that is cached here would not be raced in test_episode.py.
            step = dojo.step(Train(submission=toy.handed_in(source, seed=4)))
            step = dojo.step(Finish(experiment=finish)) if finish else step
            return step, dojo.result

    return train


def test_where_nothing_helped_the_base_is_kept(trained):
    step, result = trained("swapped", "swapped", max_experiments=1)
    assert (step.truncated, step.terminated, step.stopped_by) == (True, False, "experiments")
    assert (result.status, result.chosen, result.export) == ("truncated", BASE, "")
    assert (step.reward, result.gain) == (0.0, None)
    assert result.why.startswith("No gain over the base is beyond noise")
    assert result.test == result.base_test


@pytest.mark.slow
def test_the_limit_on_experiments_ends_the_run_with_its_best(trained):
    step, result = trained("counted", max_experiments=1)
    assert (step.truncated, step.stopped_by) == (True, "experiments")
    assert (result.chosen, result.status) == ("e1", "truncated")
    assert step.reward > 0.9


@pytest.mark.slow
def test_a_full_disk_allowance_ends_the_run_with_its_best(trained):
    step, result = trained("disk", max_disk_bytes=1_200_000)
    assert (step.truncated, step.stopped_by, result.chosen) == (True, "disk", "e1")


@pytest.mark.slow
def test_the_limit_on_training_time_ends_the_run(new, toy):
    with new("train-time", budget=Budget(wall_s=600.0, max_train_s=4.0)) as dojo:
        dojo.reset()
        for seed in range(500, 520):
            step = dojo.step(Train(submission=toy.handed_in(steps=20, seed=seed)))
            if step.truncated:
                break
        assert step.stopped_by == "training time"
        assert dojo.result.spent.train_s >= 2.0


@pytest.mark.slow
def test_the_end_of_the_wall_time_ends_even_a_data_script_and_the_run(new, toy):
    with new("wall", budget=Budget(wall_s=30.0)) as dojo:
        dojo.reset()
        step = dojo.step(Train(submission=toy.handed_in(sleep_s=300)))
        (experiment,) = step.observation.experiments
        assert (step.truncated, step.stopped_by) == (True, "wall time")
        assert (experiment.status, experiment.failure.kind) == (
            Status.FAILED,
            FailureKind.TIMEOUT,
        )
        assert dojo.result.chosen == BASE
        assert dojo.result.spent.wall_s < 45


@pytest.mark.parametrize(("left_s", "items"), [(300.0, 40), (1.0, 30)])
def test_a_late_end_confirms_on_fewer_items_and_says_so(new, toy, left_s, items):
    with new(f"late-{items}") as dojo:
        dojo.reset()
        dojo.step(Train(submission=toy.handed_in(seed=70 + items)))
        ledger = dojo._run.ledger
        ledger._started -= 600.0 - ledger.wall_s() - left_s
        dojo.step(Finish(experiment="e1"))
        events = dojo.folder.events()
        result = dojo.result
    said = "Confirmation used 30 of the 40 held-back items: the time left allowed no more."
    assert (result.chosen, result.confirmation.difference.n) == ("e1", items)
    assert result.why.endswith(said) is (items == 30)
    short = [each for each in events if isinstance(each, ConfirmationShortened)]
    assert short == ([ConfirmationShortened(items=30, of=40)] if items == 30 else [])


def test_calibrations_beside_the_passes_scale_the_reserve(new, toy):
    with new("calibrated") as dojo:
        dojo.reset()
        step = dojo.step(Train(submission=toy.handed_in(seed=79)))
        meter = dojo._run.meter
        before = meter.reserve_s() - EXPORT_S
        assert before == pytest.approx(step.observation.outlook.reserve_s - EXPORT_S)
        meter.forecast.calibrated(3 * max(meter.forecast._recent))
        assert meter.reserve_s() - EXPORT_S == pytest.approx(3 * before)


@pytest.mark.slow
def test_a_gain_that_confirmation_does_not_show_is_turned_down(trained):
    step, result = trained("skewed", "eager", task="ftdojo_toy:skewed", finish="e1")
    assert (result.proposed, result.chosen, step.reward) == ("e1", BASE, 0.0)
    assert (
        result.why == "e1 was no better than the base on 20 held-back items, so the base is kept."
    )
    assert result.confirmation.difference.score == 0.0


@pytest.mark.slow
def test_what_is_right_on_validation_only_earns_nothing(trained):
    step, result = trained("unconfirmed", "eager", task="ftdojo_toy:unconfirmed", finish="e1")
    validated = step.observation.experiment("e1").evaluation.score.score
    assert (validated, result.chosen, step.reward) == (1.0, "e1", 0.0)
    assert result.confirmation is None
    assert "e1 met a stricter level instead of a confirmation: better than the base" in result.why


@pytest.mark.slow
def test_what_is_not_surely_better_is_turned_down_where_no_items_confirm_it(trained):
    step, result = trained("unsure", "swapped", task="ftdojo_toy:unconfirmed", finish="e1")
    assert (result.proposed, result.chosen, step.reward) == ("e1", BASE, 0.0)
    assert result.why == (
        "e1 is better than the base with a probability of 0.00 by validation, and 0.92 is needed where a task has no "
        "held-back items to confirm it on, so the base is kept."
    )


@pytest.mark.slow
def test_validation_questions_are_no_training_rows(new, toy):
    rows = [{"prompt": word, "completion": "yes"} for word in toy.words("validation", 60)]
    script = f"import json\nrows = {rows}\nopen('train.jsonl', 'w').write('\\n'.join(map(json.dumps, rows)))"
    with new("memoriser") as dojo:
        dojo.reset()
        made = toy.handed_in()
        step = dojo.step(Train(submission=type(made)(plan="p", data=script, train=made.train)))
        assert step.observation.failure.kind is FailureKind.CONTAMINATED
        assert dojo.step(Finish(experiment=step.observation.best)).reward == 0.0


def test_a_budget_too_small_names_one_that_is_enough(new, reopen):
    with new("poor", budget="3s") as dojo, pytest.raises(BudgetError) as caught:
        dojo.reset()
    line = str(caught.value)
    assert line.startswith("A budget of 3 s does not allow one experiment here: validation and")
    enough = re.search(r"`ftdojo resume poor --budget (\d+s)` goes on with this run\.$", line)
    with reopen("poor", budget=Budget(wall_s=seconds(enough[1]))) as again:
        assert again.reset().outlook.left_s > 0
        assert again.step(Finish()).terminated


def test_a_new_budget_is_remembered_by_later_resumes(new, reopen):
    with new("rebudgeted", budget="3s"):
        pass
    with reopen("rebudgeted", budget=Budget(wall_s=900.0)):
        pass
    with reopen("rebudgeted") as again:
        assert again.reset().budget == Budget(wall_s=900.0)
        assert again.folder.config.spec.budget == Budget(wall_s=3.0)


@pytest.mark.parametrize(
    ("limit", "named"),
    [({"max_experiments": 0}, "experiments"), ({"max_train_s": 1.0}, "training time")],
)
def test_another_limit_that_allows_nothing_is_refused(new, limit, named):
    budget = Budget(wall_s=600.0, **limit)
    with new(f"nothing-{len(named)}", budget=budget) as dojo, pytest.raises(BudgetError) as caught:
        dojo.reset()
    expected = (
        f"The limit on {named} does not allow one experiment; make another run with a higher one."
    )
    assert str(caught.value) == expected


@pytest.mark.slow
def test_equal_work_is_not_paid_for_twice(trained, home):
    _, first = trained("paid", finish="e1")
    _, second = trained("free", finish="e1")
    assert second.spent.train_s == 0.0
    assert second.test.score == first.test.score
    assert second.test.seconds == first.test.seconds
    assert '"weights-reused"' in (home / "runs/free/events.jsonl").read_text()


def test_a_run_killed_as_its_final_evaluation_began_still_says_which_limit_ended_it(
    new, reopen, toy, monkeypatch
):
    def killed(*args, **how):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "finalize", killed)
    with new("cut-off", budget=Budget(wall_s=600.0, max_experiments=1)) as dojo:
        dojo.reset()
        with pytest.raises(KeyboardInterrupt):
            dojo.step(Train(submission=replace(toy.handed_in(), data="1 +")))
    monkeypatch.undo()
    with reopen("cut-off", budget=Budget(wall_s=900.0)) as again:
        again.reset()
        step = again.step(again.begun())
        assert (step.truncated, step.stopped_by) == (True, "experiments")
        assert (again.result.status, again.result.chosen) == ("truncated", BASE)
        assert [each.outcome.action.verb for each in trajectory(again.folder)] == ["train"]


@pytest.mark.slow
def test_two_runs_of_one_seed_agree_to_the_bit_in_weights_outputs_and_choice(
    new, toy, tmp_path, fresh_workers
):
    played = []
    for name in ("one", "two"):
        with new(f"seed-{name}", seed=7, cache=tmp_path / name) as dojo:
            play(toy.Player(7), dojo)
        folder, result = dojo.folder, dojo.result
        weights = [path.read_bytes() for path in sorted(folder.path.rglob("*.safetensors"))]
        files = sorted(folder.path.rglob("predictions-*.jsonl"))
        outputs = [(path.name, path.read_bytes()) for path in files]
        submitted = [each.submission for each in folder.experiments()]
        played.append((submitted, weights, outputs, result.chosen, result.test.score))
        assert weights
        assert len(outputs) > len(submitted)
    assert played[0] == played[1]


@pytest.mark.slow
def test_an_ended_experiment_is_not_begun_again_and_looks_are_not_counted_twice(new, reopen, toy):
    with new("between") as dojo:
        dojo.reset()
        action = Train(submission=toy.handed_in())
        spent = dojo.step(action).observation.spent
        dojo.folder.set_pending(action)  # as a kill right after the experiment leaves it
    with reopen("between") as again:
        observation = again.reset()
        assert again.begun() is None
        assert observation.spent.validation_queries == spent.validation_queries
        assert [each.id for each in observation.experiments] == ["e1"]
        assert observation.best == "e1"


def test_an_unknown_run_is_refused_with_the_known_ones(reopen):
    with pytest.raises(UnknownName, match=r"No run is called 'nowhere'\."):
        reopen("nowhere")


def test_a_model_that_learnt_what_the_scorer_cannot_read_is_told_exactly_that(new, toy):
    """One readable row among many passes the check; the model learns the others."""
    made = toy.handed_in("mute", steps=120)
    head = 'made["completion"] = "yes" if line == list(open(os.environ["FTDOJO_DATA"] + "/mute.jsonl"))[0] else "hm"'
    data = made.data.replace("        out.write", f"        {head}\n        out.write")
    with new("unread", budget=Budget(wall_s=600.0)) as dojo:
        dojo.reset()
        seen = dojo.step(Train(submission=replace(made, data=data))).observation
    made = seen.experiments[0]
    assert made.evaluation.unreadable_share == 1.0
    (said,) = made.feedback.remarks
    assert said.startswith("None of the 60 validation outputs (one is 'hm') can be read")
    assert "although the training was learnt" in said
