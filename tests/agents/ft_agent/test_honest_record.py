"""What is told of an experiment is what it was: its true difference, its plan after repairs, its time; and when to stop."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tool_evidence import compared, experiment, loss_curve

from ftdojo.agents.enlisting import Backing
from ftdojo.agents.ft_agent.agent import FtAgent
from ftdojo.agents.ft_agent.changes import differences
from ftdojo.agents.ft_agent.means import fits, useful_s
from ftdojo.agents.ft_agent.notes import Turn
from ftdojo.agents.ft_agent.options import read_options
from ftdojo.agents.ft_agent.planning import is_single_factor_due
from ftdojo.records import Submission, Verdict
from ftdojo.testing.llm import Said
from ftdojo.testing.planner import competent

TRAIN = "learning_rate: 1e-3\nper_device_train_batch_size: 8\n"


@pytest.fixture
def pair(paper_rows):
    """Return a function that makes an experiment built on another one, from their files and rows."""

    def made(data="d", train=TRAIN, rows=640, verdict=Verdict.WORSE):
        first = experiment(data=replace(paper_rows(640, {}), digest="1"))
        first = replace(first, submission=Submission(plan="", data="d", train=TRAIN))
        against = replace(compared(-0.1), against="e1", verdict=verdict)
        second = experiment(
            data=replace(paper_rows(rows, {}), digest="1" if data == "d" else "2"),
            training=loss_curve([1.0] * 9),
            comparisons={"parent": against},
        )
        files = Submission(plan="", data=data, train=train)
        return first, replace(second, id="e2", parent="e1", submission=files)

    return made


def test_the_true_difference_names_rows_and_options_as_they_were_and_are(pair):
    first, second = pair(data="other", train=TRAIN.replace("1e-3", "2e-3"), rows=818)
    told = differences(second, first)
    assert told.startswith("What really changed against e1: ")
    assert "rows 640 to 818" in told
    assert "learning_rate 0.001 to 0.002" in told
    assert "batch" not in told
    assert "the same 640 rows" in differences(pair()[1], first)
    assert differences(first, None) == ""


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({"data": "other", "train": TRAIN + "r: 32\n"}, True),
        ({"data": "other", "train": TRAIN + "r: 32\n", "verdict": Verdict.UNDECIDED}, False),
        ({"data": "other", "train": TRAIN + "max_steps: 99\n"}, False),
        ({"train": TRAIN + "r: 32\n"}, False),
    ],
)
def test_one_thing_at_a_time_is_due_after_a_compound_change_that_did_harm(
    pair, paper_observation, change, due
):
    seen = replace(paper_observation, experiments=pair(**change))
    assert is_single_factor_due(seen) is due


def test_an_experiment_that_never_trained_makes_nothing_due(pair, paper_observation):
    first, second = pair(data="other", train=TRAIN + "r: 32\n")
    failed = replace(second, feedback=replace(second.feedback, comparisons={}))
    assert not is_single_factor_due(replace(paper_observation, experiments=(first, failed)))


def test_a_plan_goes_on_from_what_was_tried_though_nothing_is_surely_better(
    tmp_path, paper_observation, experiment_on_paper
):
    backing = Backing(seed=0, run="r", folder=tmp_path, llm=SimpleNamespace())
    agent = FtAgent(backing, read_options({"cases": "off"}))
    made = [replace(experiment_on_paper(0.1 * at), id=f"e{at}") for at in (1, 3, 2)]
    for count, parent in ((0, "base"), (2, "e3"), (3, "base")):
        seen = replace(paper_observation, experiments=tuple(made[:count]))
        assert agent._proposal(seen, Turn(4)).parent == parent
    assert agent._proposal(replace(seen, best="e3"), Turn(4)).parent == "e3"


def test_a_prompt_says_what_a_row_costs_and_how_many_fit(paper_observation):
    # 600 s, of them 5 for a validation and 2 for a check; 500 tokens a second
    told = "\n".join(fits(paper_observation))
    assert "About 590 s can go into the next training" in told
    assert "100 tokens 0.2 s (at most 3000 fit now)" in told


def test_an_experiment_of_use_sees_a_tenth_of_the_longest_training(pair, paper_observation):
    assert useful_s(paper_observation) == 5.0 + 20.0
    first, second = pair()
    long = replace(second.feedback, training=replace(loss_curve([1.0]), tokens=500_000))
    seen = replace(paper_observation, experiments=(first, replace(second, feedback=long)))
    assert useful_s(seen) == 5.0 + 2.0 + 0.1 * 500_000 / 500


def test_a_planner_ends_the_run_when_nothing_that_fits_can_win(played):
    def done(request):
        said = json.loads(competent(request).text)
        return Said(text=json.dumps(said | {"finish": True} if "finish" in said else said))

    run = played("done", done, experiments=9)
    assert run.purposes == ["design/1", "plan/2/1"]
    assert run.folder.result().status == "finished"
    # Both designs were trained, and the better one is what the plan was to build on.
    assert [each.id for each in run.experiments] == ["e1", "e2"]
    plan = run.server.requests[-1].last
    best = re.search(r"It builds on (e[12]): of 2 designs it taught most", plan)[1]
    table = plan[plan.index("## Designs that were compared") :]
    assert re.search(r"^- (e[12]): Rows of", table, re.MULTILINE)[1] == best
