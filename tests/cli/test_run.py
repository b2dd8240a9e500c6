"""A run from the command line: what it says meanwhile, what it prints at the end, and what can be done with it."""

import json
from pathlib import Path

import pytest

TINY = ("--model", "tiny", "--budget", "10m")
SCORE = {"score", "n", "low", "high"}
KEYS = {"run", "task", "model", "agent", "seed", "status", "chosen", "experiments", "seconds"}
KEYS |= {"base", "test", "base_test", "ledger", "export", "report"}


@pytest.fixture(scope="session")
def result(program, learned):
    """What a run that chose an experiment prints as JSON; resuming an ended run prints its result again."""
    return json.loads(program("resume", "learned", "--json").out)


def test_a_run_ends_with_a_table_of_base_best_and_test(learned):
    assert learned.code == 0, learned.err
    rows = [line.split("  ")[0] for line in learned.out.splitlines()]
    assert rows[:5] == [
        "toy_yes:task",
        "base, validation",
        "e1, validation",
        "base, test",
        "e1, test",
    ]
    labels = [line.partition(":")[0] for line in learned.out.splitlines()[6:]]
    assert labels == ["gain", "chosen", "spent", "model", "report", "ask"]


def test_a_run_tells_what_each_experiment_tries_scores_and_is_worth(learned):
    told = [line[9:] for line in learned.err.splitlines()]
    assert "e1: Say yes" in told
    assert any(line.startswith("base: validation 0.000 [0.000, 0.") for line in told)
    scored = next(line for line in told if line.startswith("e1: validation "))
    assert scored.endswith("], n = 24: better than base")
    assert any(line.startswith("recorded in ") and line.endswith("learned") for line in told)


def test_json_is_one_object_with_every_promised_key(idle, result):
    assert idle.out.count("\n") == 1
    kept = json.loads(idle.out)
    assert min(kept.keys() & KEYS, result.keys() & KEYS) == KEYS
    for part in ("base", "test", "base_test"):
        assert kept[part].keys() >= SCORE
        assert kept[part]["low"] <= kept[part]["score"] <= kept[part]["high"]


def test_a_run_that_keeps_the_base_says_so(idle):
    kept = json.loads(idle.out)
    assert (kept["chosen"], kept["export"], kept["experiments"]) == ("base", "", 0)
    assert kept["test"] == kept["base_test"]


def test_a_run_that_chose_an_experiment_exports_it(result):
    assert (result["chosen"], result["status"]) == ("e1", "finished")
    assert (Path(result["export"]) / "adapter_config.json").is_file()
    assert result["test"]["score"] > result["base_test"]["score"]


def test_resuming_an_ended_run_prints_its_result_again(call, learned):
    again = call("resume", "learned")
    assert (again.code, again.out) == (0, learned.out)


def test_a_run_shows_its_experiments(call, learned):
    shown = json.loads(call("runs", "show", "learned", "--json").out)
    assert [each["id"] for each in shown["tree"]] == ["e1"]
    assert shown["tree"][0]["verdict"] == "better than base"


def test_a_chat_template_is_told_of_recorded_and_asked_for_again(call, home, tmp_path):
    text = "{% for m in messages %}{{ m.content + eos_token }}{% endfor %}{{ '' }}"
    (tmp_path / "mine.jinja").write_text(text)
    idler = ("run", "toy_yes:task", "--agent", "toy_yes:Idler", *TINY, "--name", "templated")
    ended = call(*idler, "--chat-template", "mine.jinja", cwd=tmp_path)
    file = str(tmp_path / "mine.jinja")
    told = f"tiny: the chat template {file} is put on, in place of its own; the token <|im_end|>"
    assert (ended.code, [told in line for line in ended.err.splitlines()].count(True)) == (0, 1)
    assert json.loads((home / "runs/templated/run.json").read_text())["chat_template"] == file
    story = call("report", "templated", "--story").out
    assert (
        f"--chat-template {file}" in story + Path(home / "runs/templated/report.html").read_text()
    )
    assert call("resume", "templated", cwd=home).code == 0


def test_a_report_is_written_and_its_path_printed(call, learned, home):
    ended = call("report", "learned")
    assert ended.out == f"{home / 'runs' / 'learned' / 'report.html'}\n"
    assert Path(ended.out.strip()).read_text(encoding="utf8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ((), "adapter_model.safetensors"),
        (("--merge",), "model.safetensors"),
        (("--gguf",), "*.gguf"),
    ],
)
def test_the_model_leaves_in_each_form(call, learned, tmp_path, form, found):
    to = tmp_path / "taken"
    ended = call("export", "learned", "--to", to, *form)
    assert (ended.code, ended.out) == (0, f"{to}\n"), ended.err
    assert list(to.glob(found))
    assert (to / "README.md").is_file()


def test_the_exported_base_is_not_given_the_score_of_the_selected_model(call, learned, tmp_path):
    ended = call("export", "learned", "--to", tmp_path / "x", "--merge", "--experiment", "base")
    assert ended.code == 0, ended.err
    rows = [
        line.split("|")[2:5]
        for line in (tmp_path / "x" / "README.md").read_text().splitlines()
        if line.startswith(("| base, ", "| this model "))
    ]
    assert rows[0] == rows[1]


def test_an_export_says_nothing_but_where_it_is(program, learned, tmp_path):
    ended = program("export", "learned", "--to", tmp_path / "taken", "--merge", PYTHONWARNINGS="")
    assert (ended.code, ended.err) == (0, "")


def test_an_export_into_a_folder_that_holds_something_is_refused(call, refused, learned, tmp_path):
    (tmp_path / "mine").write_text("dear")
    line = refused(call("export", "learned", "--to", tmp_path), code=2)
    assert line == f"{tmp_path} exists and is not an empty folder; name another one, or delete it."
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_two_forms_at_once_are_refused(call, refused, learned, tmp_path):
    line = refused(call("export", "learned", "--to", tmp_path / "x", "--merge", "--gguf"), code=2)
    assert line == "--merge and --gguf make two different things; export twice."


def test_a_run_that_kept_the_base_has_no_adapter(call, refused, idle, tmp_path):
    line = refused(call("export", "idle", "--to", tmp_path / "x"), code=2)
    assert line.startswith("The run idle kept the base model, so there is no adapter; --merge ")


def test_an_experiment_that_is_not_there_cannot_be_exported(call, refused, learned, tmp_path):
    asked = ("export", "learned", "--to", tmp_path / "x", "--experiment", "e9")
    assert refused(call(*asked), code=2).startswith("No experiment with weights is called 'e9'.")


def test_the_steps_of_a_run_are_exported_as_rows(learned, call, refused, tmp_path):
    to = tmp_path / "steps.jsonl"
    ended = call("export", "learned", "--trajectory", to)
    assert (ended.code, ended.out) == (0, f"{to}\n")
    rows = [json.loads(line) for line in to.read_text("utf8").splitlines()]
    assert [each["action"]["verb"] for each in rows] == ["train", "finish"]
    again = call("export", "learned", "--trajectory", tmp_path / "x", "--trajectory-form", "talk")
    assert "form of a trajectory" in refused(again, code=2)
