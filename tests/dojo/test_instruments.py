"""What is measured for an agent without training: whose losses, what they cost, and where a data script finds them."""

from dataclasses import replace

import pytest

from ftdojo.agents.recipes import Recipe, by_small_loss, submission
from ftdojo.records import Check, Look, Train

KEEP = """import ftkit
rows, losses = ftkit.examples("eager"), ftkit.row_losses("eager@e1")
most = sorted(losses)[len(losses) // 2 - 1]
ftkit.write(row for row, loss in zip(rows, losses, strict=True) if loss <= most)
"""

LOOKED = [("losses", "swapped@e1:11"), ("likelihood", "e1"), ("agreement", ""), ("fits", "9x60")]


@pytest.fixture(scope="module")
def trained(new, toy):
    """A run whose first experiment has learnt what is right."""
    with new("instruments") as made:
        made.reset()
        step = made.step(Train(submission=toy.handed_in(steps=100)))
        assert step.observation.experiments[0].weights
        yield made


def looked(dojo, what, name="", **page):
    step = dojo.step(Look(what=what, name=name, **page))
    assert step.notice == ""
    return step.observation.found


def refused(dojo, what, name=""):
    notice = dojo.step(Look(what=what, name=name)).notice
    assert notice
    return notice


def test_no_instrument_reads_a_confirmation_or_test_item(trained, toy):
    """The first test here, so that each of them measures."""
    toy.READ.clear()
    for what, name in LOOKED:
        looked(trained, what, name)
    assert set(toy.READ) == {"validation"}


def test_what_was_learnt_tells_wrong_rows_from_right_ones(trained):
    means = {
        (source, by): looked(trained, "losses", f"{source}@{by}:40", limit=1)[0]["loss"]
        for source in ("right", "swapped")
        for by in ("base", "e1")
    }
    assert means["swapped", "e1"]["low"] > 2 * means["right", "e1"]["high"]
    assert means["swapped", "base"]["score"] == pytest.approx(means["right", "base"]["score"], 0.3)


def test_rows_come_with_the_greatest_loss_first_and_each_is_named_by_its_number(trained):
    head, *rows = looked(trained, "losses", "swapped@e1:40", limit=100)
    assert (head["rows"], head["measured"], len(rows)) == (400, 40, 40)
    assert [row["loss"] for row in rows] == sorted((row["loss"] for row in rows), reverse=True)
    raw = looked(trained, "source", "swapped", offset=rows[0]["row"], limit=1)[0]
    assert (rows[0]["question"], rows[0]["answer"]) == (raw["question"], raw["answer"])


def test_losses_are_paid_for_once_and_booked_as_data_work(trained):
    def wall_s():
        return trained.step(Look(what="ledger")).observation.spent.data_s

    before = wall_s()
    first = looked(trained, "losses", "mute:30")
    paid = wall_s()
    assert looked(trained, "losses", "mute@base:30") == first
    assert wall_s() - paid < paid - before


def test_the_rows_that_a_script_wrote_are_measured_as_well(trained):
    head, *_ = looked(trained, "losses", "e1@e1:20")
    assert (head["losses"], head["rows"], head["measured"]) == ("e1@e1:20", 400, 20)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("rihgt", "No source or experiment with rows is called 'rihgt'. Did you mean 'right'"),
        ("right@e9", "No experiment is called 'e9'"),
        ("../right", "called '../right'"),
        ("right@base@e1", "called 'right@base'"),
        ("right:0", "called 'right:0'"),
    ],
)
def test_losses_that_cannot_be_had_are_refused_with_the_names_there_are(trained, name, why):
    assert why in refused(trained, "losses", name)


def test_a_data_script_finds_the_wrong_rows_of_a_source_by_their_loss(trained):
    """Whoever always says yes is wrong on the words that end in ``?``."""
    submission = replace(trained.folder.experiments()[0].submission, data=KEEP)
    missing = trained.step(Check(submission=submission)).observation.failure
    assert "look losses eager@e1 first. There are: " in missing.message
    looked(trained, "losses", "eager@e1")
    checked = trained.step(Check(submission=submission)).observation.checked.data
    assert checked.rows == 200
    assert [sample for sample in checked.samples if "?" in sample] == []


def test_a_recipe_by_small_loss_trains_on_the_right_rows_of_a_source(trained):
    recipe = Recipe(phase="climb", sources={"eager": 1.0}, rows=100)
    recipe, looks = by_small_loss(recipe, under="e1", kept=0.5, rows=100)
    seen = [trained.step(look) for look in looks][-1].observation
    filtered = submission(recipe, seen, parent="e1", why="Right rows.", predicted=None)
    checked = trained.step(Check(submission=filtered)).observation.checked.data
    assert 50 <= checked.rows < 60, "rows may tie"
    assert [sample for sample in checked.samples if "?" in sample] == []


def test_after_a_restart_scripts_still_find_the_losses(new, reopen, toy):
    with new("losses-kept") as dojo:
        dojo.reset()
        looked(dojo, "losses", "right:20")
    script = toy.DATA.format(source="right", rows=9, sleep_s=0)
    script += "import ftkit\nassert ftkit.row_losses('right:20')[0] > 0\n"
    with reopen("losses-kept") as again:
        again.reset()
        step = again.step(Check(submission=replace(toy.handed_in(), data=script)))
        assert step.observation.failure is None


COUNT = """import os, json
folder = os.environ.get("FTDOJO_" + "{word}".upper())
rows = 9 + len(os.listdir(folder)) if folder else 5
with open("train.jsonl", "w") as out:
    for at in range(rows):
        out.write(json.dumps({{"prompt": f"a{{at}}!", "completion": "yes"}}) + "\\n")
"""


def test_rows_built_from_losses_are_built_again_once_there_are_other_ones(trained, toy):
    def rows(word):
        submission = replace(toy.handed_in(), data=COUNT.format(word=word))
        return trained.step(Check(submission=submission)).observation.checked.data.rows

    before = rows("losses")
    looked(trained, "losses", "right@e1:25")
    assert rows("losses") == before + 1
    assert rows("los" + '" + "ses') == 5, "who does not name them is given none"


def test_gold_answers_are_likelier_to_what_has_learnt_them(trained):
    (base,), (found,) = (looked(trained, "likelihood", name) for name in ("base", "e1"))
    assert base["nats_per_token"]["n"] == found["nats_per_token"]["n"] == 60
    assert found["nats_per_token"]["low"] > base["nats_per_token"]["high"]
    gained = found["nats_per_token"]["score"] - base["nats_per_token"]["score"]
    assert found["over_base"]["score"] == pytest.approx(gained)
    assert found["over_base"]["low"] > 0
    assert set(found) == {"likelihood", "items", "nats_per_token", "over_base"}, "no item is shown"


def test_a_likelihood_is_one_validation_query_however_often_it_is_looked_at(trained):
    looked(trained, "likelihood", "e1")
    before = trained.step(Look(what="ledger")).observation.spent.validation_queries
    looked(trained, "likelihood", "e1")
    assert trained.step(Look(what="ledger")).observation.spent.validation_queries == before
    assert before == 4, "two passes and two likelihoods"


def test_sources_that_ask_alike_and_answer_differently_are_found(trained):
    found = looked(trained, "agreement", limit=100)
    pairs = {tuple(each["sources"]): each for each in found if "sources" in each}
    assert (pairs["right", "swapped"]["alike"], pairs["right", "swapped"]["differ"]) == (400, 400)
    assert pairs["eager", "right"]["differ"] == 200
    assert pairs["mute", "right"]["read"] == 0, "no scorer reads what the mute say"
    shown = next(each for each in found if "answers" in each)
    assert shown["answers"]["right"] != shown["answers"]["swapped"]
    named = looked(trained, "agreement", "mute", limit=100)
    assert all("mute" in each.get("sources", each.get("answers")) for each in named)


TRAIN = "per_device_train_batch_size: 4\n"


def test_a_plan_is_forecast_in_proportion_to_its_rows_without_an_experiment(trained):
    before = len(trained.folder.experiments())
    (few,), (many,) = (
        looked(trained, "fits", f"{rows}x60", train=TRAIN) for rows in (40, 4_000_000)
    )
    assert few["tokens_per_row"]["high"] == pytest.approx(60, abs=6)
    assert (few["steps"], few["in_time"], few["in_memory"]) == (10, True, True)
    assert (many["steps"], many["in_time"]) == (1_000_000, False)
    assert many["seconds"] == pytest.approx(100_000 * few["seconds"], rel=0.01)
    assert many["rows_in_time"] == pytest.approx(
        4_000_000 * many["left_s"] / many["seconds"], rel=0.01
    )
    assert len(trained.folder.experiments()) == before


def test_a_plan_may_be_about_rows_like_those_of_a_source_or_an_experiment(trained):
    (like,), (again,) = (looked(trained, "fits", name) for name in ("right:80", "e1"))
    assert (like["rows"], like["steps"]) == (80, 10)
    assert (again["rows"], again["steps"]) == (400, 100), "as its own train.yaml says"
    assert again["peak_bytes"] < again["most_bytes"]


@pytest.mark.parametrize(
    ("name", "train", "why"),
    [
        ("80", "", "by number and tokens, as in 800x120"),
        ("80x60", "learning_rat: 1", "learning_rat"),
        ("80x60", "target_modules: [nowhere]", "nowhere"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_in_one_line(trained, name, train, why):
    notice = trained.step(Look(what="fits", name=name, train=train)).notice
    assert why in notice
    assert "\n" not in notice


def test_only_a_plan_takes_a_train_yaml(trained):
    notice = trained.step(Look(what="ledger", train=TRAIN)).notice
    assert "look ledger takes no train" in notice
