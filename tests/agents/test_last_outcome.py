"""Agents that read on from the last outcome: a refusal reaches them with its reason, and a restart takes nothing away."""

from dataclasses import replace

import pytest

from ftdojo.agents.enlisting import Backing
from ftdojo.agents.explorer import Explorer
from ftdojo.agents.ft_agent.agent import FtAgent
from ftdojo.agents.ft_agent.notes import KINDS, Checked, Drafted, Planned
from ftdojo.agents.ft_agent.options import read_options
from ftdojo.agents.manual import Human
from ftdojo.agents.notebook import Notebook
from ftdojo.agents.react.agent import KINDS as CALLS
from ftdojo.agents.react.agent import Called, React, ToolResult, result_of
from ftdojo.records import (
    Check,
    CheckReport,
    Comparison,
    Estimate,
    Failure,
    FailureKind,
    Finish,
    Look,
    Merge,
    Outcome,
    Shell,
    Stage,
    Submission,
    Train,
    Verdict,
)

FILES = Submission(plan="p", data="d", train="t")
FAILURE = Failure(stage=Stage.FIT, kind=FailureKind.TOO_SLOW, message="At most 90 rows fit.")
REFUSED = {
    "look": Outcome(action=Look(what="source", name="x"), notice="No source is called 'x'."),
    "shell": Outcome(action=Shell(command="ls", wall_s=600), notice="wall_s=600 must be above 0."),
    "train": Outcome(action=Train(submission=FILES), notice="validate_items=2 is too few."),
    "finish": Outcome(action=Finish(experiment="e9"), notice="Experiment 'e9' has no weights."),
}


class Mute:
    """A language model that a test does not expect to be asked."""

    def ask_for(self, ask, form):
        raise AssertionError(f"asked {ask.purpose}")


@pytest.fixture
def backing(tmp_path):
    return Backing(seed=0, run="r", folder=tmp_path, llm=Mute())


@pytest.mark.parametrize("outcome", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_told_to_a_tool_loop_by_its_reason(paper_observation, outcome):
    assert result_of(outcome, paper_observation) == f"refused: {outcome.notice}"


def test_a_failed_check_is_told_with_its_message_and_its_seconds(paper_observation):
    outcome = Outcome(action=Check(submission=FILES), failure=FAILURE, seconds=12.4)
    told = result_of(outcome, paper_observation)
    assert told.startswith("failed at fit (too-slow) after 12 s: At most 90 rows fit.")


def test_a_result_is_about_what_was_done_and_not_what_was_asked(paper_observation):
    outcome = Outcome(action=Shell(command="ls"), found=({"exit_code": 0, "output": 'a\n"b"'},))
    assert result_of(outcome, paper_observation) == 'exit_code 0\na\n"b"'


def test_a_page_is_plain_text_and_says_how_to_go_on(paper_observation):
    found = tuple({"item": f"v{at}", "output": 'so\n"yes"' + "x" * 900} for at in range(10))
    look = Look(what="predictions", name="e1", offset=20, only="wrong")
    told = result_of(Outcome(action=look, found=found), paper_observation)
    assert told.startswith('--- 20\nitem: v0\noutput:\nso\n"yes"x')
    assert told.endswith("\nMore: predictions e1 wrong 24")
    assert len(told) < 4100
    whole = result_of(Outcome(action=look, found=found[:2]), paper_observation)
    assert "More:" not in whole


def test_a_rival_is_named_once_with_what_it_is(paper_observation, experiment_on_paper):
    made = experiment_on_paper(0.5)
    found = Comparison(
        against="base",
        difference=Estimate(score=0.2, n=60, low=0.1, high=0.3),
        fixed=12,
        broken=0,
        p_value=0.01,
        alpha=0.02,
        look=1,
        detectable=0.2,
        verdict=Verdict.BETTER,
    )
    rivals = {"base": found, "parent": found, "best": replace(found, against="e4")}
    made = replace(made, feedback=replace(made.feedback, comparisons=rivals))
    seen = replace(paper_observation, experiments=(made,))
    told = result_of(Outcome(action=Train(submission=FILES), experiment=made.id), seen)
    assert "against base (parent): +0.200, better" in told
    assert "against e4 (best): +0.200, better" in told
    assert told.count("against ") == 2


def test_a_fault_of_the_options_alone_says_that_the_script_may_stay(paper_observation):
    fault = replace(FAILURE, file="train.yaml")
    told = result_of(Outcome(action=Check(submission=FILES), failure=fault), paper_observation)
    assert "leave data_py empty" in told


@pytest.mark.parametrize("outcome", REFUSED.values(), ids=REFUSED)
def test_a_person_is_shown_why_an_action_was_refused(paper_observation, outcome, capsys):
    Human(ask=lambda prompt: "look ledger").act(replace(paper_observation, last=outcome))
    assert f"refused: {outcome.notice}\n" in capsys.readouterr().err


def test_a_person_who_comes_back_is_shown_the_last_outcome_and_no_older_one(
    paper_observation, capsys, experiment_on_paper
):
    made = experiment_on_paper(0.5)
    failed = Outcome(action=Check(submission=FILES), number=4, failure=FAILURE)
    seen = replace(paper_observation, experiments=(made,), last=failed)
    Human(ask=lambda prompt: "look ledger").act(seen)
    told = capsys.readouterr().err
    assert "failed at fit: At most 90 rows fit." in told
    assert "e1: 0.500" not in told


def called(at, *, after, tool="look", name="ledger"):
    return Called(at=at, thought="", tool=tool, name=name, after=after)


def test_a_tool_call_that_a_kill_kept_from_being_carried_out_is_made_again(
    backing, paper_observation
):
    book = Notebook(backing.folder / "notes.jsonl", CALLS)
    book.add(called(1, after=0))
    assert React(backing).act(paper_observation) == Look(what="ledger")


def test_a_tool_call_whose_outcome_is_known_after_a_kill_is_not_made_again(
    backing, paper_observation
):
    book = Notebook(backing.folder / "notes.jsonl", CALLS)
    book.add(called(1, after=0))
    book.add(ToolResult(at=1, text="..."))
    book.add(called(2, after=1, name="source x"))
    last = replace(REFUSED["look"], number=2)
    with pytest.raises(AssertionError, match="asked call/3"):
        React(backing).act(replace(paper_observation, last=last))
    again = Notebook(backing.folder / "notes.jsonl", CALLS).notes()
    assert again[-1] == ToolResult(at=2, text="refused: No source is called 'x'.")


@pytest.mark.parametrize(
    ("name", "merge"),
    [
        ("e1 e3 slerp", Merge(parents=("e1", "e3"), method="slerp")),
        ("e1 e2 e3 linear", Merge(parents=("e1", "e2", "e3"))),
    ],
)
def test_a_tool_call_merges_the_experiments_that_it_names(backing, paper_observation, name, merge):
    book = Notebook(backing.folder / "notes.jsonl", CALLS)
    book.add(called(1, after=0, tool="merge", name=name))
    assert React(backing).act(paper_observation) == merge


@pytest.fixture
def drafted(backing):
    """Return FT-Agent's notes, which end with a draft that has to be checked."""
    book = Notebook(backing.folder / "notes.jsonl", KINDS)
    facts = dict.fromkeys(
        ("why_parent", "hypothesis", "data_change", "training_change", "kept", "changes"), ""
    )
    book.add(
        Planned(
            turn=1,
            candidate=1,
            candidates=1,
            parent="base",
            reuse_data=False,
            exploring=False,
            predicted_score=None,
            predicted_seconds=None,
            **facts,
        )
    )
    book.add(Drafted(turn=1, candidate=1, attempt=0, submission=FILES, note=""))
    return book


def checks(backing):
    notes = Notebook(backing.folder / "notes.jsonl", KINDS).notes()
    return [note for note in notes if isinstance(note, Checked)]


def test_ft_agent_takes_in_a_check_that_another_process_began_and_takes_it_in_once(
    backing, drafted, paper_observation
):
    passed = Outcome(
        action=Check(submission=FILES), number=3, checked=CheckReport(stages=("static",))
    )
    seen = replace(paper_observation, last=passed)
    for _ in range(2):  # a new process each time, as after a kill
        action = FtAgent(backing, read_options({"cases": "off"})).act(seen)
        assert action == Train(submission=FILES)
    assert [(note.outcome, note.failure) for note in checks(backing)] == [(3, None)]


def test_ft_agent_does_not_take_a_check_of_other_files_for_its_own(
    backing, drafted, paper_observation
):
    other = Outcome(action=Check(submission=replace(FILES, train="r: 4")), number=3)
    agent = FtAgent(backing, read_options({"cases": "off"}))
    assert agent.act(replace(paper_observation, last=other)) == Check(submission=FILES)
    assert checks(backing) == []


def test_a_check_that_the_infrastructure_lost_counts_each_time_it_was_made(
    backing, drafted, paper_observation
):
    lost = replace(FAILURE, kind=FailureKind.INFRASTRUCTURE)
    agent = FtAgent(backing, read_options({"cases": "off"}))
    for number in (3, 4):
        outcome = Outcome(action=Check(submission=FILES), number=number, failure=lost)
        assert agent.act(replace(paper_observation, last=outcome)) == Check(submission=FILES)
    assert [note.outcome for note in checks(backing)] == [3, 4]


def test_explorer_does_not_look_again_after_a_restart(world):
    paper = world()
    first = Explorer().act(paper.see())
    paper.carry_out(first)
    assert isinstance(first, Check)
    assert not isinstance(Explorer().act(paper.see()), Check)
