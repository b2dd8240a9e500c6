"""The rivals in the same dojo: a tool loop, a folder of submissions, a person."""

import json

import pytest

from ftdojo.agents import enlist
from ftdojo.agents.manual import Human
from ftdojo.agents.notebook import Notebook
from ftdojo.agents.react.agent import KINDS
from ftdojo.errors import UsageError
from ftdojo.records import BASE, Check, Finish, Look, Shell, Train
from ftdojo.testing.llm import Said
from ftdojo.testing.planner import tool_user


@pytest.fixture(scope="module")
def looped(played):
    return played("react", tool_user, agent="react", experiments=5)


def notes(run):
    return Notebook(run.folder.path / "agent" / "notes.jsonl", KINDS).notes()


def test_a_tool_loop_looks_checks_trains_and_finishes_with_the_best(looped):
    tools = [note.tool for note in notes(looped) if type(note).__name__ == "Called"]
    assert tools == ["shell", "look", "check", "train", "train", "finish"]
    assert looped.folder.result().chosen == "e2"
    assert looped.step.reward > 0.5


def test_each_call_sees_what_the_last_one_led_to(looped):
    second, third, _, fifth = looped.server.requests[1:5]
    assert "exit_code 0" in second.last
    assert "ocltcxc!" in third.last
    assert "e1: " in fifth.last
    assert "against base (parent and best): " in fifth.last
    assert (
        "with the system text as the first turn" in second.last
        or "the question put into" in second.last
    )


def test_files_that_are_left_out_are_those_checked_last(looped):
    first, second = looped.experiments
    assert first.submission.data.count("64)") == 1
    assert second.submission.data.count("400)") == 1


@pytest.mark.slow
def test_a_tool_loop_that_says_nothing_usable_ends_with_the_base(played):
    run = played("react-mute", lambda request: Said(text="What a day."), agent="react")
    assert run.step.terminated
    result = run.folder.result()
    assert (result.chosen, result.status) == (BASE, "gave up")
    assert "gave no usable answer to 'call/1/again-2' in 3 tries" in result.gave_up
    assert run.server.tally.replies == 9  # three calls for help, three tries each


@pytest.mark.slow
def test_calls_out_of_range_are_answered_and_survived(played):
    def wild(request):
        said = json.loads(tool_user(request).text)
        if said["tool"] == "shell":
            said["command"] = ""
        if said["tool"] == "look":
            said["name"] = "everything at once"
        return Said(text=json.dumps(said))

    run = played("react-wild", wild, agent="react", experiments=1)
    assert len(run.experiments) == 1
    second, third = run.server.requests[1:3]
    assert "refused: A command of 0 characters cannot be run; write 1 to 20000." in second.last
    assert "refused: No look is called 'everything'." in third.last


@pytest.mark.slow
def test_a_folder_of_submissions_is_played_in_order(played, looped):
    folder = looped.folder.path / "experiments"
    run = played("script", tool_user, agent="script", experiments=9, **{"from": str(folder)})
    assert [each.submission for each in run.experiments] == [
        each.submission for each in looped.experiments
    ]
    assert run.folder.result().chosen == looped.folder.result().chosen
    assert run.server.requests == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "'' is none; give one: -o from=FOLDER"),
        ({"from": "/no/such"}, "'/no/such' is none"),
        ({"form": "x"}, "Did you mean 'from'"),
    ],
)
def test_a_folder_that_cannot_be_played_is_one_line(options, why):
    with pytest.raises(UsageError, match=why):
        enlist("script", seed=0, options=options)


def test_a_submission_without_a_file_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "plan.md").write_text("Try.")
    with pytest.raises(UsageError, match=r"a/data.py cannot be read \(No such file"):
        enlist("script", seed=0, options={"from": str(tmp_path)})


def test_a_person_types_actions_and_is_helped_when_they_are_wrong(
    paper_observation, tmp_path, capsys
):
    for name in ("plan.md", "data.py", "train.yaml"):
        (tmp_path / name).write_text(name)
    typed = iter(
        [
            "",
            "loook",
            "look source good",
            "sh ls",
            f"check {tmp_path}",
            "train /none",
            f"train {tmp_path}",
        ]
    )

    def ask(prompt):
        for line in typed:
            return line
        raise EOFError

    human = Human(ask=ask)
    actions = [human.act(paper_observation) for _ in range(5)]
    assert [type(each) for each in actions] == [Look, Shell, Check, Train, Finish]
    said = capsys.readouterr().err
    assert "look source NAME" in said
    assert "/none must hold plan.md, data.py, train.yaml." in said
