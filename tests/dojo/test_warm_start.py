"""Experiments that go on from the weights of earlier ones; the tests of this file share a run."""

import json
from dataclasses import replace

import pytest

from ftdojo.dojo import start
from ftdojo.dojo.exporting import export
from ftdojo.records import OUTSIDE, Budget, Finish, Look, RunSpec, Train, WeightsReused

pytestmark = pytest.mark.slow
LORA = "r: 8\nlearning_rate: 1e-2\nmax_steps: 40\n"
MORE = "start_from: {start}\nlearning_rate: 1e-3\nmax_steps: 10\neval_share: 0.2\neval_steps: 2\n"


@pytest.fixture(scope="module")
def played(new, toy):
    told = []
    with new("warm", listeners=[told.append]) as dojo:
        dojo.reset()
        for name, train in [
            ("right", LORA),
            ("right", MORE.format(start="e1")),
            ("swapped", MORE.format(start="e2")),
            ("right", MORE.format(start="base") + "r: 8\n"),
        ]:
            files = toy.handed_in(name, rows=100)
            dojo.step(Train(submission=replace(files, train=train)))
        looked = dojo.step(Look(what="experiment", name="e2")).observation.found
        dojo.step(Finish(experiment="e2"))
        yield {"dojo": dojo, "told": told, "looked": looked}


@pytest.fixture(scope="module")
def made(played):
    return {each.id: each for each in played["dojo"].folder.experiments()}


def test_a_warm_training_begins_where_the_other_ended(made):
    first, warm, cold = (made[name].feedback.training for name in ("e1", "e2", "e4"))
    assert warm.loss_first < 0.5 * first.loss_first
    assert cold.loss_first == pytest.approx(first.loss_first, rel=0.2)
    assert warm.weights_digest != cold.weights_digest


def test_the_best_held_out_weights_are_kept_here_too(made):
    report = made["e2"].feedback.training
    assert report.weights_step == min(report.held_out_loss, key=lambda seen: seen[1])[0]


def test_the_record_says_from_which_weights_it_went_on(made, played):
    assert [made[name].start_from for name in ("e1", "e2", "e3", "e4")] == [
        "base",
        "e1",
        "e2",
        "base",
    ]
    assert played["looked"][0]["start_from"] == "e1"


def test_the_export_is_one_adapter_whose_card_names_the_chain(played, tmp_path):
    folder = played["dojo"].folder
    to = export(folder, to=tmp_path / "made", form="adapter", experiment="e3", cache=None)
    assert json.loads((to / "adapter_config.json").read_text())["r"] == 8
    card = (to / "README.md").read_text()
    assert "Training went on from the weights of e2; these are the rows of e1, e2 and e3." in card
    assert "- right: 200 rows" in card
    assert "- swapped: 100 rows" in card
    assert "weights of e1" in (folder.path / "model" / "README.md").read_text()


def test_equal_weights_to_go_on_from_give_equal_weights_from_the_cache(new, toy, played, made):
    """In another run, where the experiments may have other names."""
    told = []
    with new("warm-again", listeners=[told.append]) as dojo:
        dojo.reset()
        files = toy.handed_in("right", rows=100)
        dojo.step(Train(submission=replace(files, train="start_from: e7\n")))
        dojo.step(Train(submission=replace(files, train=LORA)))
        dojo.step(Train(submission=replace(files, train=MORE.format(start="e2"))))
        found = dojo.folder.experiments()
    assert found[2].weights.digest == made["e2"].weights.digest
    assert [each.experiment for each in told if isinstance(each, WeightsReused)] == ["e2", "e3"]


def test_a_run_that_is_told_to_pays_what_cached_trainings_took(toy, home, cache, made):
    spec = RunSpec(
        task="ftdojo_toy:task",
        agent=OUTSIDE,
        model="tiny",
        budget=Budget(wall_s=600.0),
        charge_cached=True,
    )
    files = replace(toy.handed_in("right", rows=100), train=LORA)
    with start(spec, name="paying", root=home / "runs", cache=cache) as dojo:
        dojo.reset()
        spent = [dojo.step(Train(submission=files)).observation.spent.train_s for _ in range(2)]
        walls = dojo.folder.experiments()
    took = made["e1"].feedback.training.seconds
    assert spent == [pytest.approx(took)] * 2, "its own are paid"
    assert walls[0].feedback.spent.wall_s > took
