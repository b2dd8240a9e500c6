"""A run as rows for agents that learn: nothing of the test is in them, and what is in them is what happened."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ftdojo.dojo import start
from ftdojo.errors import StoreError, UsageError
from ftdojo.llm import Exchange, Exchanges, Reply, Usage
from ftdojo.records import (
    Budget,
    Check,
    Direction,
    Finish,
    Look,
    Outcome,
    RunSpec,
    Submission,
    Train,
    parse_action,
)
from ftdojo.report import write_rows
from ftdojo.store import RunFolder, codec, trajectory

TOYS = Path(__file__).parent.parent / "toys"


@pytest.fixture(scope="module")
def played(warm_workers, tmp_path_factory):
    """A run that tries a bad source, then a good one, then a bad one again, and ends with the good one."""
    place = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOYS)
        patch.setenv("OMP_NUM_THREADS", "1")
        from ftdojo_toy import handed_in

        script = [
            Look(what="source", name="right", limit=5),
            Look(what="source", name="wrong"),
            Check(submission=Submission(plan="p", data="pass", train="lerning_rate: 1\n")),
            Train(submission=handed_in("eager", steps=20)),
            Train(submission=handed_in()),
            Train(submission=handed_in("swapped", steps=20)),
            Finish(experiment="e2"),
        ]
        budget = Budget(wall_s=600.0)
        spec = RunSpec(task="ftdojo_toy:task", agent="outside", model="tiny", budget=budget)
        with start(spec, name="rows", root=place, cache=place / "cache") as dojo:
            dojo.reset()
            for action in script:
                dojo.step(action)
    return place / "rows"


@pytest.fixture
def folder(played):
    return RunFolder(played)


@pytest.fixture
def rows(folder, tmp_path):
    """Return a function that exports rows and reads them back."""

    def exported(form="steps", folder=folder):
        count = write_rows(folder, tmp_path / form, form)
        found = [json.loads(line) for line in (tmp_path / form).read_text("utf8").splitlines()]
        assert len(found) == count
        return found

    return exported


def test_actions_and_outcomes_come_back_as_they_are_on_record(rows, folder):
    for row, made in zip(rows(), trajectory(folder), strict=True):
        values = dict(row["action"])
        assert parse_action(values.pop("verb"), values) == made.outcome.action
        fields = dict(row["outcome"])
        fields.pop("validation")
        action = json.loads(codec.dump(made.outcome))["action"]
        assert codec.load(Outcome, json.dumps(fields | {"action": action})) == made.outcome


def test_an_observation_is_what_the_steps_before_led_to(rows):
    found = rows()
    seen = [each["observation"] for each in found]
    assert [len(each["experiments"]) for each in seen] == [0, 0, 0, 0, 1, 2, 3]
    assert (seen[0]["best"], seen[0]["last"], seen[-1]["best"]) == ("base", None, "e2")
    assert seen[2]["last"] == {"step": 2, "notice": found[1]["outcome"]["notice"]} != ""
    assert seen[-1]["experiments"][1]["validation"]["score"] == 1.0


def test_rewards_sum_to_the_validated_gain_of_what_was_handed_in(rows, folder):
    found = [each["reward"] for each in rows()]
    base = folder.scored_base().score.score
    assert sum(found) == pytest.approx(1.0 - base)
    assert [at for at, each in enumerate(found) if each > 0.1][-1] == 4
    assert (found[0], found[1], found[2], found[5], found[6]) == (0.0,) * 5


def test_finishing_with_a_worse_one_costs_what_it_is_worse(rows, folder):
    """The result decides, so it is put back afterwards."""
    kept = (folder.path / "result.json").read_text("utf8")
    try:
        result = replace(folder.result(), proposed="base")
        (folder.path / "result.json").write_text(codec.dump(result), "utf8")
        found = [each["reward"] for each in rows()]
    finally:
        (folder.path / "result.json").write_text(kept, "utf8")
    assert found[-1] < 0
    assert sum(found) == pytest.approx(0.0)


def test_where_lower_is_better_a_lower_score_is_rewarded(rows, folder):
    path = folder.path / "experiments" / "base" / "evaluation.json"
    kept = path.read_text("utf8")
    try:
        path.write_text(codec.dump(replace(folder.base(), direction=Direction.LOWER)), "utf8")
        assert rows()[4]["reward"] < 0
    finally:
        path.write_text(kept, "utf8")


def test_a_row_holds_nothing_of_the_test(rows, folder, tmp_path):
    before, path = rows(), folder.path / "result.json"
    kept, result = path.read_text("utf8"), folder.result()
    try:
        path.write_text(codec.dump(replace(result, gain=None, test=result.base_test)), "utf8")
        (tmp_path / "steps").unlink()
        assert rows() == before
    finally:
        path.write_text(kept, "utf8")
    held_out = [each.item for each in folder.predictions(result.chosen, "test")]
    assert not [each for each in held_out if each in json.dumps(before)]


def test_each_request_of_the_agent_is_a_chat_with_the_reward_of_the_step_it_led_to(
    rows, folder, tmp_path
):
    lines = [json.loads(each) for each in (folder.path / "events.jsonl").read_text().splitlines()]
    times = [each["t"] for each in lines if each["kind"] == "action-taken"]
    talked = RunFolder(tmp_path / "talked")
    talked.path.mkdir()
    for name in ("run.json", "events.jsonl", "experiments", "result.json"):
        (talked.path / name).symlink_to(folder.path / name)
    exchanges = Exchanges(talked.path / "llm")
    for purpose, role, at in (
        ("call/1", "planner", 0),
        ("call/5", "planner", 4),
        ("data/weak/abc", "weak", 4),
        ("judge/x", "judge", 6),
    ):
        exchanges.add(
            Exchange(
                purpose=purpose,
                role=role,
                model="openai/m",
                digest="d",
                messages=({"role": "user", "content": "What next?"},),
                reply=Reply(text="train", finish="stop", model="m", usage=Usage()),
                t=times[at],
            )
        )
    steps, found = rows("steps", talked), rows("chat", talked)
    assert [(each["purpose"], each["step"]) for each in found] == [("call/1", 1), ("call/5", 5)]
    assert found[1]["messages"] == [
        {"role": "user", "content": "What next?"},
        {"role": "assistant", "content": "train"},
    ]
    assert found[1]["reward"] == steps[4]["reward"] > 0
    assert found[0]["return"] == pytest.approx(sum(each["reward"] for each in steps))


def test_a_run_without_a_language_model_has_no_chat(rows):
    with pytest.raises(UsageError, match="asked no language model"):
        rows("chat")


def test_a_run_without_steps_and_a_file_that_is_there_are_refused(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "run.json").symlink_to(folder.path / "run.json")
    with pytest.raises(StoreError, match="no steps"):
        write_rows(RunFolder(tmp_path / "empty"), tmp_path / "none.jsonl")
    (tmp_path / "there").write_text("precious")
    with pytest.raises(UsageError, match="there already"):
        write_rows(folder, tmp_path / "there")
    assert (tmp_path / "there").read_text() == "precious"
