"""A recipe as three files: the script really runs, and the recipe is read back from the plan."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from ftdojo.agents.recipes import Recipe, by_small_loss, fitted, recipe_of, submission
from ftdojo.errors import UsageError
from ftdojo.records import Experiment, Status, Submission
from ftdojo.submissions import read_rows, read_train

RECIPE = Recipe(phase="probe", sources={"good": 0.75, "fair": 0.25}, rows=40)


@pytest.fixture
def written(world):
    def write(recipe=RECIPE):
        return submission(recipe, world().see(), parent="base", why="A reason.", predicted=0.5)

    return write


@pytest.fixture
def run(tmp_path, written):
    """Return a function that runs the script of a recipe over raw files and returns its rows."""

    def run(recipe, **sources):
        for name, raw in sources.items():
            lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in raw]
            (tmp_path / f"{name}.jsonl").write_text("".join(lines), encoding="utf8")
        env = os.environ | {"FTDOJO_DATA": str(tmp_path), "FTDOJO_LOSSES": str(tmp_path / "losses")}
        (tmp_path / "data.py").write_text(written(recipe).data, encoding="utf8")
        subprocess.run([sys.executable, "data.py"], cwd=tmp_path, env=env, check=True)
        return list(read_rows(tmp_path / "train.jsonl", max_rows=999, max_row_bytes=9999))

    return run


def raw(name, count, answer="yes"):
    return [{"q": f"{name} {at}?", "a": answer} for at in range(count)]


def test_the_script_writes_rows_by_share_with_lineage(run):
    rows = run(RECIPE, good=raw("g", 99), fair=raw("f", 99))
    assert [sum(row.source == name for row in rows) for name in ("good", "fair")] == [30, 10]
    system, user, assistant = rows[0].messages
    assert system["content"] == "Be brief."
    assert user["content"].startswith("Q: ")
    assert assistant["content"] == "yes"


def test_the_script_copes_with_fewer_rows_than_it_hopes_for(run):
    assert len(run(RECIPE, good=raw("g", 3), fair=[])) == 3


def test_a_share_of_no_row_takes_none(run):
    few = replace(RECIPE, rows=1)
    assert [row.source for row in run(few, good=raw("g", 9), fair=raw("f", 9))] == ["good"]


def test_the_script_drops_repeats_long_answers_and_gaps(run):
    bad = [{"q": "G  0?", "a": "again"}, {"q": "long", "a": "w " * 401}, {"q": None, "a": "x"}]
    rows = run(replace(RECIPE, rows=99), good=[*raw("g", 2), *bad], fair=raw("f", 0))
    assert len(rows) == 2


def test_the_script_keeps_a_zero_and_reads_odd_line_ends(run):
    odd = [{"q": "a\u2028b", "a": 0}, {"q": "c\x85d", "a": "e\u2029f"}]
    rows = run(replace(RECIPE, sources={"good": 1.0}), good=odd)
    assert {row.messages[-1]["content"] for row in rows} == {"0", "e\u2029f"}


def test_without_the_task_prompt_the_question_stands_alone(run):
    alone = replace(RECIPE, sources={"good": 1.0}, task_prompt=False)
    assert [len(row.messages) for row in run(alone, good=raw("g", 2))] == [2, 2]


def test_equal_recipes_give_equal_files(written):
    assert written() == written(replace(RECIPE))


def test_a_recipe_is_read_back_from_its_plan(written):
    made = Experiment(id="e1", parent="base", submission=written(), status=Status.DONE)
    assert recipe_of(made) == RECIPE


@pytest.mark.parametrize(
    "plan", ["No front matter.", "---\nrecipe: {phase: x, tempo: 3}\n---\nAnother agent's."]
)
def test_what_others_submitted_is_no_recipe(plan):
    theirs = Submission(plan=plan, data="", train="")
    assert recipe_of(Experiment(id="e1", parent="", submission=theirs, status=Status.DONE)) is None


@pytest.mark.parametrize("rate", [1e-5, 1e-4, 6.25e-05, 0.1])
def test_the_rate_arrives_as_it_was_meant(written, rate):
    assert read_train(written(replace(RECIPE, learning_rate=rate)).train).learning_rate == rate


def test_training_all_weights_names_no_adapter_option(written):
    full = read_train(written(replace(RECIPE, method="full")).train)
    assert full.method == "full"


def measured(folder, **losses):
    (folder / "losses").mkdir()
    for name, values in losses.items():
        lines = [json.dumps({"loss": loss, "tokens": 3}) + "\n" for loss in values]
        (folder / "losses" / f"{name}@e1.jsonl").write_text("".join(lines), encoding="utf8")


def test_a_recipe_keeps_the_rows_of_smallest_loss_of_those_that_were_measured(run, tmp_path):
    recipe, looks = by_small_loss(RECIPE, under="e1", kept=0.5)
    assert [(look.what, look.name) for look in looks] == [
        ("losses", "good@e1"),
        ("losses", "fair@e1"),
    ]
    measured(tmp_path, good=[0.1, 0.4, None, 0.2, 0.3], fair=[None, None])
    rows = run(recipe, good=raw("g", 5), fair=raw("f", 2))
    asked = sorted(row.messages[1]["content"] for row in rows if row.source == "good")
    assert asked == ["Q: g 0?", "Q: g 3?"]
    assert sum(row.source == "fair" for row in rows) == 2, "none was measured, as in a dry run"


def test_only_a_recipe_that_filters_by_losses_names_them(written):
    recipe, _ = by_small_loss(RECIPE, under="e1", kept=0.5, rows=9)
    scripts = [written(each).data for each in (RECIPE, recipe)]
    assert ["losses" in script for script in scripts] == [False, True]
    experiment = Experiment(id="e2", parent="base", status=Status.DONE, submission=written(recipe))
    assert recipe_of(experiment) == recipe


def test_a_filtered_source_has_as_many_rows_as_are_kept(world):
    recipe, _ = by_small_loss(RECIPE, under="e1", kept=0.5, rows=20)
    only = replace(recipe, sources={"good": 1.0}, batch=1)
    assert fitted(only, world().see().sources, passes=10).rows == 10
    assert fitted(only, world().see().sources, passes=500).rows == 10


@pytest.mark.parametrize("kept", [0.0, 1.5])
def test_no_row_or_more_than_all_cannot_be_kept(kept):
    with pytest.raises(UsageError, match="above 0 and be at most 1"):
        by_small_loss(RECIPE, under="e1", kept=kept)
