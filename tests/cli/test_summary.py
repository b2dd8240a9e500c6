"""How a run ends on the screen where the base stands: with the reason, and with what went wrong first."""

import json
import re
import shutil

import pytest

from ftdojo.records import (
    Budget,
    CheckReport,
    Experiment,
    Failure,
    FailureKind,
    Feedback,
    Stage,
    Status,
    Submission,
)
from ftdojo.store import RunFolder

LEAK = "66 training row(s) hold held-out questions;\n\x1b[31mleave them out."


def scored(name, evaluation):
    submission = Submission(plan="# Try\n", data="", train="")
    return Experiment(
        id=name,
        parent="base",
        submission=submission,
        status=Status.DONE,
        feedback=Feedback(check=CheckReport(stages=()), evaluation=evaluation),
    )


def failed(name, message):
    failure = Failure(stage=Stage.DATA, kind=FailureKind.CONTAMINATED, message=message)
    submission = Submission(plan="# Try\n", data="", train="")
    return Experiment(
        id=name, parent="base", submission=submission, status=Status.FAILED, failure=failure
    )


@pytest.fixture
def closing(call, home, idle, learned, tmp_path):
    """Return how a copy of a run ends when these failures are among its experiments."""

    def lines(run, *messages, also_scored=False, budgets=2.0):
        folder = RunFolder(shutil.copytree(home / "runs" / run, tmp_path / run))
        if also_scored:
            result = folder.result()
            folder.save_experiment(scored("e6", result.base))
            folder.set_budget(Budget(wall_s=budgets * result.spent.wall_s))
        for at, message in enumerate(messages, start=7):
            folder.save_experiment(failed(f"e{at}", message))
        ended = call("resume", folder.path)
        assert ended.code == 0, ended.err
        return ended.out.splitlines()

    return lines


def test_a_kept_base_names_the_one_failure_on_one_safe_line(closing):
    said = "66 training row(s) hold held-out questions; [31mleave them out."
    assert f"failed:   e7: {said}" in closing("idle", LEAK)


def test_of_many_failures_the_first_is_told_and_cut(closing):
    (line,) = (line for line in closing("idle", "word " * 999, LEAK) if line.startswith("failed:"))
    assert line.startswith("failed:   e7, the first of 2 that failed: word word")
    assert line.endswith(" ...")
    assert len(line) < 460


def test_failures_are_not_told_where_an_experiment_was_chosen(closing):
    assert not [line for line in closing("learned", LEAK) if line.startswith("failed:")]


def test_an_agent_that_gave_up_is_told_from_one_that_found_nothing_better(
    call, home, idle, tmp_path
):
    folder = shutil.copytree(home / "runs" / "idle", tmp_path / "idle")
    told = json.loads((folder / "result.json").read_text())
    why = "openai/m gave no usable answer to 'plan/3/1' in 3 tries.\x1b[31m"
    sealed = json.dumps(told | {"status": "gave up", "gave_up": why})
    (folder / "result.json").write_text(sealed)
    ended = call("resume", folder)
    safe = why.replace("\x1b", " ")
    assert ended.code == 3
    assert f"gave up: {safe}" in " ".join(ended.out.split())
    last = ended.err.splitlines()[-1]
    written_out = why.replace("\x1b", r"\u001b")
    assert last == f"ftdojo: The agent gave up, and the result is that of base: {written_out}"
    ended = call("resume", folder, "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["status"], told["gave_up"]) == (3, "gave up", why)
    assert "gave up" in (folder / "report.html").read_text()


def test_a_kept_base_without_failures_says_its_reason_alone(closing):
    labels = [line.partition(":")[0] for line in closing("idle")[4:]]
    assert labels == ["chosen", "spent", "model", "report", "ask"]


def test_a_kept_base_whose_trainings_had_little_time_names_a_larger_budget(closing):
    (line,) = (line for line in closing("idle", also_scored=True) if line.startswith("short:"))
    assert "0 of " in line
    assert re.search(r"`--budget \d+m` would give training several times as much", line)


def test_a_run_that_took_longer_than_its_budget_says_by_how_much(closing):
    run = closing("idle", also_scored=True, budgets=0.5)
    (line,) = (line for line in run if line.startswith("spent:"))
    assert re.match(r"spent:    \d+ of \d+ s \(\d+ s over\), ", line)
    assert not [line for line in closing("learned") if " s over)" in line]


def test_a_run_that_left_most_of_its_budget_was_not_short_of_time(closing):
    ended = closing("idle", also_scored=True, budgets=3.0)
    assert not [line for line in ended if line.startswith("short:")]
