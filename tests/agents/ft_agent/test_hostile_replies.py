"""Whatever a model replies with can be noted, found again and handed in: no answer on record poisons a run."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.agents.ft_agent.notes import KINDS, Analysed, Turn
from ftdojo.agents.ft_agent.planning import _planned
from ftdojo.agents.ft_agent.prompting import PlanReply, ReadingReply
from ftdojo.agents.ft_agent.writing import _drafted
from ftdojo.agents.notebook import Notebook
from ftdojo.agents.react.agent import Call
from ftdojo.errors import LlmUnusable
from ftdojo.llm import Reply, Usage
from ftdojo.llm.forms import read
from ftdojo.records import BASE, Finish, Train, parse_action
from ftdojo.search import Proposal
from ftdojo.store.codec import dump_action, load_action
from ftdojo.submissions import Plan, read_plan

ODD = st.text(
    st.sampled_from("ab \n\0\x1b\x85\u2028\ud83d\ude00\udfff\ufeff'\"{}[]`:#-%\\"), max_size=12
)
NUMBER = st.sampled_from([0, 1, -1, 0.5, 1e308, -1e308, 1e-320, 10**300])


def said(cls, **values):
    """Return the reply with these values as a ``cls``, whole or with a comma too many."""
    text = json.dumps(values)
    for each in (text, f"<think>{text}</think>```json\n{text[:-1]},}}\n```"):
        reply = Reply(text=each, finish="stop", model="m", usage=Usage())
        try:
            yield read(reply, cls)
        except LlmUnusable:
            yield None


def noted(folder, *notes):
    book = Notebook(folder / "notes.jsonl", KINDS)
    for note in notes:
        book.add(note)
    assert Notebook(folder / "notes.jsonl", KINDS).notes() == book.notes()


@given(texts=st.lists(ODD, min_size=4, max_size=4), numbers=st.tuples(NUMBER, NUMBER))
@settings(max_examples=60, deadline=None)
def test_a_plan_and_its_files_of_odd_letters_and_numbers_are_kept(tmp_path_factory, texts, numbers):
    one, two, three, four = texts
    plans = said(
        PlanReply,
        hypothesis=one,
        data_change=two,
        training_change=three,
        kept=four,
        changes="both",
        reuse_data=False,
        exploring=False,
        predicted_score=numbers[0],
        predicted_seconds=numbers[1],
        data_py=one,
        train_yaml=two,
        edits=[{"file": "data.py", "find": two or "x", "replace": three}],
        note=four,
    )
    for reply in filter(None, plans):
        plan = _planned(reply, Turn(1), Proposal(parent=BASE, why="first"), 1)
        draft = _drafted(reply, plan, {"data.py": "", "train.yaml": ""}, attempt=0)
        noted(tmp_path_factory.mktemp("notes"), plan, draft)
        action = Train(submission=draft.submission)
        assert load_action(dump_action(action)) == action
        assert isinstance(read_plan(draft.submission.plan), Plan)


@given(texts=st.lists(ODD, min_size=3, max_size=3), confidence=NUMBER)
@settings(max_examples=60, deadline=None)
def test_a_reading_of_odd_letters_is_kept(tmp_path_factory, texts, confidence):
    one, two, three = texts
    values = {"diagnosis": one, "evidence": two, "lesson": three, "attribution": "data"}
    for reply in filter(None, said(ReadingReply, confidence=confidence, **values)):
        fields = reply.model_dump()
        noted(
            tmp_path_factory.mktemp("notes"),
            Analysed(experiment="e1", findings=(), effect="", **fields),
        )


@given(texts=st.lists(ODD, min_size=3, max_size=3), tool=st.sampled_from(["shell", "finish"]))
@settings(max_examples=60, deadline=None)
def test_a_call_of_odd_letters_spells_an_action_that_can_be_recorded(texts, tool):
    one, two, three = texts
    values = {
        "thought": one,
        "tool": tool,
        "command": two,
        "name": three,
        "data_py": "",
        "train_yaml": "",
    }
    for call in filter(None, said(Call, **values)):
        fields = {"command": call.command} if tool == "shell" else {"experiment": call.name}
        action = parse_action(tool, fields)
        assert load_action(dump_action(action)) == action
        assert "\0" not in str(fields)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", '"NaN"', "1" + "0" * 5000]
)
def test_a_prediction_that_is_no_number_is_asked_for_again(number):
    values = dict.fromkeys(("hypothesis", "data_change", "training_change", "kept"), "x")
    values |= {"changes": "both", "reuse_data": False, "exploring": False, "edits": []}
    values |= {"data_py": "x", "train_yaml": "x", "note": "x"}
    text = json.dumps({**values, "predicted_score": 1.5, "predicted_seconds": 2.0}).replace(
        "1.5", number
    )
    for each in (text, f"{text[:-1]},}}"):
        with pytest.raises(LlmUnusable):
            read(Reply(text=each, finish="stop", model="m", usage=Usage()), PlanReply)


def test_the_reason_for_giving_up_is_recorded_with_the_end():
    action = Finish(experiment="e2", gave_up="The model said \x1b nothing.")
    assert load_action(dump_action(action)) == action
