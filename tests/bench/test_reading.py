"""A cell's outcome is read from its run folder alone, whatever state that is in."""

from dataclasses import replace

import pytest

from ftdojo.bench import BenchFolder, State, cells, outcome
from ftdojo.records import (
    Budget,
    CheckReport,
    Estimate,
    EvaluationReport,
    Experiment,
    Feedback,
    Grade,
    Graded,
    Machine,
    Quantiles,
    Result,
    RunSpec,
    Spend,
    Status,
    Submission,
)
from ftdojo.store import Ledger, RunConfig, RunFolder

MACHINE = Machine(cpu="x", cores=2, memory_bytes=1, device="cpu", sandbox="x", python="3.11")
CONFIG = RunConfig(
    id="",
    spec=RunSpec(
        task="math/mini",
        model="tiny",
        agent="explorer",
        seed=0,
        budget=Budget(wall_s=60.0),
        sandbox="bubblewrap",
    ),
    task_version=1,
    model_digest="ab12",
    created="2026-11-23T15:12:00+00:00",
    ftdojo="0.1.0",
    machine=MACHINE,
)


def report(score, *, raced_out=False):
    one = Quantiles(low=1, p50=1, p95=1, high=1, mean=1)
    return EvaluationReport(
        metric="exact_match",
        split="validation",
        score=Estimate(score=score, n=2, low=0.0, high=1.0),
        planned=2,
        raced_out=raced_out,
        unreadable_share=0.0,
        unfinished_share=0.0,
        secondary={},
        slices={},
        output_tokens=one,
        seconds=1.0,
        unit="share",
    )


def experiment(name, score, *, status=Status.DONE, raced_out=False):
    evaluation = report(score, raced_out=raced_out)
    return Experiment(
        id=name,
        parent="base",
        submission=Submission(plan="", data="", train=""),
        status=status,
        feedback=Feedback(check=CheckReport(stages=()), evaluation=evaluation),
    )


def result(chosen, test):
    return Result(
        status="finished",
        proposed=chosen,
        chosen=chosen,
        why="",
        base=report(0.2),
        test=report(test),
        base_test=report(0.1),
        gain=None,
        confirmation=None,
        spent=Spend(wall_s=50.0, experiments=3),
        export="",
    )


@pytest.fixture
def place(tmp_path):
    return BenchFolder(tmp_path)


@pytest.fixture
def one(matrix):
    return cells(matrix())[0]


@pytest.fixture
def begun(place, one):
    """A run folder as a cell leaves it when it has just begun."""
    return RunFolder.create(place.path, replace(CONFIG, id=one.id))


@pytest.fixture
def read(place, one):
    return lambda: outcome(one, place, place.failures())


def test_a_sealed_run_is_read_with_its_items_and_the_best_it_found(begun, read):
    best, worse = experiment("e1", 0.9), experiment("e2", 0.5)
    lucky = experiment("e3", 1.0, raced_out=True)
    for each in (best, worse, lucky, experiment("e4", 1.0, status=Status.FAILED)):
        begun.save_experiment(each)
    grade = Grade(score=1.0, readable=True)
    given = Graded(item="t1", output="1", grade=grade, tokens=1, finished=True)
    begun.save_predictions("e2", "test", [given])
    begun.save_result(result("e2", 0.6))
    found = read()
    assert found.state is State.FINISHED
    assert (found.run.test, found.run.base, found.run.found, found.run.kept) == (0.6, 0.1, 0.9, 0.5)
    assert (found.run.items, found.run.unit) == ({"t1": 1.0}, "share")
    assert (found.run.played, found.spent.experiments) == ("1 ab12", 3)


def test_a_run_that_kept_the_base_kept_what_the_base_scored(begun, read):
    begun.save_result(result("base", 0.1))
    assert (read().run.found, read().run.kept) == (0.2, 0.2)


def test_a_run_whose_agent_gave_up_counts_and_is_named(begun, read):
    begun.save_result(replace(result("base", 0.1), gave_up="Its model says nothing."))
    found = read()
    assert (found.state, found.reason) == (State.FINISHED, "Its model says nothing.")


def test_a_run_without_an_end_is_unfinished_and_its_cost_is_known(begun, read, one):
    ledger = Ledger(begun.path)
    ledger.charge("train", seconds=4.0, experiment="e1", experiments=1)
    assert (read().state, read().spent.train_s, read().run) == (State.UNFINISHED, 4.0, None)


def test_a_failure_counts_until_the_cell_is_begun_again(place, read, one):
    assert read().state is State.MISSING
    place.begin(one)
    place.end(one, "no such model")
    assert (read().state, read().reason) == (State.FAILED, "no such model")
    place.begin(one)
    assert (read().state, read().reason) == (State.MISSING, "")


def test_a_run_that_got_its_result_is_finished_whatever_was_noted(begun, place, read, one):
    place.end(one, "the report could not be written")
    begun.save_result(result("base", 0.1))
    assert (read().state, read().reason) == (State.FINISHED, "")


@pytest.mark.parametrize("name", ["result.json", "ledger.jsonl", "run.json"])
def test_a_damaged_run_is_a_failure_that_names_the_file(begun, read, name):
    if name == "run.json":
        begun.save_result(result("base", 0.1))
    (begun.path / name).write_text("{broken\n")
    found = read()
    assert found.state is State.FAILED
    assert f"{begun.path / name}" in found.reason
    assert "\n" not in found.reason


def test_isolated_cells_share_models_and_nothing_that_was_built_or_learned(place, one, tmp_path):
    shared = tmp_path / "shared"
    (shared / "models" / "tiny").mkdir(parents=True)
    (shared / "weights").mkdir()
    own = place.cache(one, shared)
    assert (own / "models" / "tiny").is_dir()
    assert {each.name for each in own.iterdir()} == {
        "models",
        "downloads",
        "datasets",
        "sources",
        "base-scores",
    }
    assert place.cache(one, shared) == own
    place.forget_cache(one)
    assert (shared / "models" / "tiny").is_dir()
    assert not own.exists()
