"""A run folder gives back what was put in, in order, and refuses what would blur the record."""

import json
from dataclasses import replace

import pytest

from ftdojo.errors import StoreError, UnknownName, UsageError
from ftdojo.records import (
    BaseScored,
    BudgetChanged,
    ExperimentEnded,
    FinalTestOpened,
    Grade,
    Graded,
    LlmChoice,
    Status,
    Train,
)
from ftdojo.store import RunFolder, new_run_id, run_ids

OUTPUTS = [
    Graded(
        item=f"i{n}",
        output="4\n\u2028\x85",
        grade=Grade(score=n, readable=True),
        tokens=3,
        finished=n > 0,
    )
    for n in range(2)
]


def test_a_run_is_found_by_its_id_and_by_its_folder(folder, config, tmp_path, monkeypatch):
    assert RunFolder.open(config.id, tmp_path / "runs").config == config
    assert RunFolder.open(folder.path, tmp_path / "elsewhere").config == config
    monkeypatch.chdir(tmp_path / "runs")
    assert RunFolder.open(config.id, tmp_path / "elsewhere").config == config


def test_an_unknown_run_is_answered_with_the_nearest(folder, tmp_path):
    with pytest.raises(
        UnknownName, match=r"Did you mean 'math-mini-explorer-s0'.*Looked in .*/runs"
    ):
        RunFolder.open("math-mini-explorer-s1", tmp_path / "runs")


def test_a_folder_that_holds_something_is_not_taken(folder, config, tmp_path):
    with pytest.raises(
        StoreError,
        match=r"math-mini-explorer-s0 exists and is not empty\. Go on with it by `ftdojo",
    ):
        RunFolder.create(tmp_path / "runs", config)


def test_an_empty_folder_is_taken_and_so_is_one_whose_making_was_cut_short(config, tmp_path):
    (tmp_path / config.id).mkdir()
    (tmp_path / config.id / ".run.json.0f.part").write_text("half")
    assert RunFolder.create(tmp_path, config).config == config


def test_a_folder_of_a_later_format_is_refused(config, tmp_path):
    folder = RunFolder.create(tmp_path, replace(config, format=3))
    with pytest.raises(
        StoreError, match="has format 3 and this ftdojo reads 2; install the ftdojo that"
    ):
        _ = folder.config


def test_a_damaged_run_is_one_line_with_its_file(folder):
    (folder.path / "run.json").write_text('{"id":"x"}')
    with pytest.raises(
        StoreError, match=r"run.json is damaged .* as a RunConfig, spec: Field required"
    ):
        _ = folder.config


def test_events_come_back_in_order_and_the_log_has_their_time(folder, report):
    nan = replace(report.score, score=float("nan"))
    events = [
        FinalTestOpened(chosen="e1"),
        BaseScored(score=report.score, seconds=2.5),
        ExperimentEnded(experiment="e1", seconds=1.0, score=nan, remarks=("odd",)),
    ]
    for each in events:
        folder.event(each)
    assert repr(folder.events()) == repr(events)
    first = json.loads((folder.path / "events.jsonl").read_text().splitlines()[0])
    assert (first["kind"], first["chosen"], first["t"][10]) == ("final-test-opened", "e1", "T")


def test_a_torn_last_event_is_passed_over_and_a_damaged_one_before_it_is_named(folder):
    folder.event(FinalTestOpened(chosen="e1"))
    with (folder.path / "events.jsonl").open("a") as log:
        log.write('{"kind":"to')
    assert folder.events() == [FinalTestOpened(chosen="e1")]
    (folder.path / "events.jsonl").write_text('{"kind":\n{"kind":"b"}\n')
    with pytest.raises(StoreError, match=r"events.jsonl line 1 is damaged"):
        folder.events()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"t":"x","kind":"reset"}', "its kind is 'reset', not one of announced, run-opened"),
        ('{"t":"x"}', "its kind is None"),
        ('{"t":"x","kind":["a"]}', r"its kind is \['a'\]"),
        ('{"t":"x","kind":"final-test-opened","chosen":7}', "chosen: "),
        ('{"t":"x","kind":"final-test-opened","chosen":"e1","more":1}', "more: "),
    ],
)
def test_an_event_of_no_known_kind_is_refused_with_its_line(folder, line, why):
    (folder.path / "events.jsonl").write_text(f"{line}\n")
    with pytest.raises(StoreError, match=f"line 1 is damaged or was written by another .*{why}"):
        folder.events()


def test_the_budget_last_given_is_in_force_and_what_was_asked_for_stays(folder, config):
    assert folder.budget == config.spec.budget
    more = replace(config.spec.budget, wall_s=7200.0, max_disk_bytes=10**9)
    folder.set_budget(config.spec.budget)  # nothing new: no event
    folder.set_budget(more)
    folder.set_budget(more)
    assert RunFolder(folder.path).budget == more
    assert RunFolder(folder.path).config == config
    assert folder.events() == [BudgetChanged(budget=more)]


def test_experiments_come_back_in_the_order_of_their_numbers(folder, experiment):
    for name in ("e10", "e2", "e1"):
        folder.save_experiment(experiment(name))
    (folder.path / "experiments" / "extra").mkdir()
    (folder.path / "experiments" / "extra" / "experiment.json").write_text("not ours")
    assert folder.experiments() == [experiment("e1"), experiment("e2"), experiment("e10")]


def test_an_experiment_is_replaced_as_it_goes_on(folder, experiment):
    folder.save_experiment(experiment("e1", Status.RUNNING))
    folder.save_experiment(experiment("e1"))
    assert folder.experiments() == [experiment("e1")]


def test_the_submitted_files_lie_beside_their_experiment_byte_for_byte(folder, experiment):
    folder.save_experiment(experiment("e1"))
    files = {
        path.name: path.read_bytes().decode() for path in folder.submission_dir("e1").iterdir()
    }
    asked = experiment("e1").submission
    assert files == {"plan.md": asked.plan, "data.py": asked.data, "train.yaml": asked.train}


@pytest.mark.parametrize("name", ["", "e0", "e01", "../e1", "e1/..", "e1\n", "E1", "best"])
def test_a_name_that_is_no_experiment_reaches_no_folder(folder, name):
    with pytest.raises(
        UsageError, match=r"is not an experiment's id; ids are e1, e2, \.\.\. and base"
    ):
        folder.experiment_dir(name)


def test_outputs_come_back_per_split(folder):
    folder.save_predictions("base", "validation", OUTPUTS)
    folder.save_predictions("e1", "confirm", OUTPUTS[:1])
    assert folder.predictions("base", "validation") == OUTPUTS
    assert folder.predictions("e1", "confirm") == OUTPUTS[:1]
    assert folder.predictions("e1", "validation") == []


def test_a_damaged_output_is_named_by_its_line(folder):
    folder.save_predictions("e1", "test", OUTPUTS)
    path = folder.experiment_dir("e1") / "predictions-test.jsonl"
    path.write_text(path.read_text().replace('"item":"i1"', '"item":1'))
    with pytest.raises(StoreError, match=r"predictions-test.jsonl line 2 is damaged .*item: "):
        folder.predictions("e1", "test")


def test_the_base_and_the_result_are_absent_until_known(folder, report, result):
    assert (folder.base(), folder.result()) == (None, None)
    folder.save_base(report)
    folder.save_result(result)
    assert (folder.base(), folder.result()) == (report, result)


def test_what_a_stage_takes_for_granted_is_missed_in_one_line(folder, experiment, report):
    with pytest.raises(StoreError, match=r"no score of its base model any more; restore exp"):
        folder.scored_base()
    with pytest.raises(StoreError, match=r"^The experiment e1 of .* has no weights; choose one"):
        folder.weights_of(experiment("e1"))
    folder.save_base(report)
    assert folder.scored_base() == report


def test_a_sealed_run_is_not_sealed_again(folder, result):
    folder.save_result(result)
    with pytest.raises(StoreError, match=r"result.json exists and is written only once"):
        folder.save_result(replace(result, chosen="base"))
    assert folder.result() == result


def test_the_chosen_action_is_pending_until_it_ends(folder, experiment):
    action = Train(submission=experiment("e1").submission)
    folder.set_pending(action)
    assert RunFolder(folder.path).pending() == action
    folder.clear_pending()
    folder.clear_pending()
    assert folder.pending() is None


def test_the_disk_a_run_takes_is_the_sum_of_its_files(folder):
    before = folder.disk_bytes()
    folder.experiment_dir("e1").mkdir(parents=True)
    (folder.experiment_dir("e1") / "adapter.safetensors").write_bytes(b"\0" * 4096)
    assert folder.disk_bytes() - before == 4096


def test_an_id_says_what_the_run_is_and_is_not_taken(tmp_path):
    first = new_run_id("math/mini", "my.agents:Greedy", 3, tmp_path)
    assert first.startswith("math-mini-my.agents-greedy-s3-20")
    (tmp_path / first).mkdir()
    assert new_run_id("math/mini", "my.agents:Greedy", 3, tmp_path) != first


def test_only_folders_with_a_run_in_them_are_runs(folder, config, tmp_path):
    (tmp_path / "runs" / "notes").mkdir()
    assert run_ids(tmp_path / "runs") == [config.id]
    assert run_ids(tmp_path / "nowhere") == []


def test_everything_in_a_run_is_json_that_any_tool_reads(folder, experiment, result):
    folder.save_experiment(experiment("e1"))
    folder.save_result(result)
    for path in folder.path.rglob("*.json"):
        json.loads(path.read_text(), parse_constant=pytest.fail)


def test_a_run_from_before_an_option_was_there_still_opens(folder, config):
    path = folder.path / "run.json"
    old = json.loads(path.read_text())
    del old["spec"]["llm"], old["spec"]["budget"]["max_llm_usd"]
    path.write_text(json.dumps(old))
    assert RunFolder(folder.path).config == config


def test_a_run_remembers_whom_it_asks(tmp_path, config):
    choice = LlmChoice(models={"planner": "openai/gpt", "weak": "openai/mini"}, base_url="http://x")
    made = RunFolder.create(
        tmp_path / "more", replace(config, spec=replace(config.spec, llm=choice))
    )
    assert RunFolder(made.path).config.spec.llm == choice
