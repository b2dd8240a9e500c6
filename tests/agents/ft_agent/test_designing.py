"""Designs of a row are compared by short trainings: how many there is time for, how long each is, which one is first."""

from dataclasses import replace

import pytest

from ftdojo.agents.ft_agent.designing import Designer, _planned, probing, shortened
from ftdojo.agents.ft_agent.history import history
from ftdojo.agents.ft_agent.notes import Candidate, Checked, Drafted, Turn
from ftdojo.agents.ft_agent.options import Options
from ftdojo.agents.ft_agent.planning import _chosen
from ftdojo.agents.ft_agent.prompting import ChosenPlanReply
from ftdojo.records import BASE, CheckReport, Experiment, Feedback, Status, Submission
from ftdojo.search import Proposal
from ftdojo.submissions import TrainConfig, read_train

TRAIN = "learning_rate: 1e-3\nnum_train_epochs: 2\nfit: fill\n"


def candidate(at, *, steps=400, forecast_s=800.0, of=2):
    plan = _planned(Turn(1), at, of=of, idea="i", rows="r", score=0.5)
    files = Submission(plan="p", data=f"# {at}", train=TRAIN)
    draft = Drafted(turn=1, candidate=at, attempt=0, submission=files, note="")
    passed = Checked(turn=1, candidate=at, attempt=0, forecast_s=forecast_s, steps=steps)
    return Candidate(plan, drafts=[draft], checks=[passed])


def with_outlook(seen, **facts):
    return replace(seen, outlook=replace(seen.outlook, **facts))


@pytest.mark.parametrize(
    ("outlook", "count"),
    [
        ({}, 3),  # 600 s at 500 tokens a second
        ({"left_s": 200.0}, 2),
        ({"left_s": 100.0}, 0),
        ({"experiments_left": 4}, 0),
        ({"experiments_left": 5}, 2),
        ({"train_tokens_per_s": 31.0}, 0),  # too slow for what tells designs apart
        ({"train_tokens_per_s": 31.0, "left_s": 2500.0}, 3),
    ],
)
def test_as_many_designs_are_compared_as_there_is_time_for(paper_observation, outlook, count):
    designer = Designer(llm=None, options=Options())
    assert designer.count(with_outlook(paper_observation, **outlook)) == count


def test_a_short_training_has_the_steps_that_fit_and_the_other_options_of_the_whole():
    short = read_train(shortened(candidate(1), 60.0).train)
    assert isinstance(short, TrainConfig)
    assert (short.max_steps, short.learning_rate, short.fit) == (30, 1e-3, "refuse")
    whole = candidate(1, forecast_s=50.0)
    assert shortened(whole, 60.0) == whole.drafts[-1].submission


def test_a_plan_may_build_on_another_design_than_the_first_and_on_no_stranger():
    first = Proposal(parent="e1", why="it taught most.")
    said = ChosenPlanReply.model_construct(build_on="e2")
    assert _chosen(said, first, ["e1", "e2"]).parent == "e2"
    said = ChosenPlanReply.model_construct(build_on="e9")
    kept = _chosen(said, first, ["e1", "e2"])
    assert (kept.parent, kept.why) == ("e1", "'e9' is not one of the designs; it taught most.")


def test_a_compared_design_is_told_once(paper_observation, evaluated_on_paper):
    made = [candidate(1), candidate(2)]
    notes = [note for each in made for note in (each.plan, *each.drafts, *each.checks)]
    notes.append(probing(paper_observation, Turn(1, made), Options()))
    trained = [
        Experiment(
            id=f"e{at}",
            parent=BASE,
            submission=files,
            status=Status.DONE,
            feedback=Feedback(check=CheckReport(stages=()), evaluation=evaluated_on_paper(0.1)),
        )
        for at, files in enumerate(
            (*notes[-1].submissions, Submission(plan="", data="", train="")), 1
        )
    ]
    seen = replace(paper_observation, experiments=tuple(trained))
    past = history(notes, seen, parent=BASE, remembers=True)
    assert [each[:3] for each in past.probes] == ["e1:", "e2:"]
    assert [each.split()[0] for each in past.others] == ["e3"]


def test_one_design_that_passed_is_compared_with_nothing(paper_observation):
    turn = Turn(1, [candidate(1), candidate(2)])
    made = probing(paper_observation, turn, Options())
    assert made.candidates == (1, 2)
    assert probing(paper_observation, turn, Options(without=frozenset({"probes"}))) is None
    turn.candidates[1].checks = []
    assert probing(paper_observation, turn, Options()) is None
