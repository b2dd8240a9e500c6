"""The benchmarks still run and still mean what their tables say; how fast anything is, no test asks."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from ftdojo.records import Budget, Machine, RunSpec
from ftdojo.store import Ledger, RunConfig, RunFolder

ROOT = Path(__file__).parent.parent
LOOP, TRL, PLAIN = "bare PyTorch loop", "TRL SFTTrainer", "transformers generate"


def bench(*options, out):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--out", str(out), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "FTDOJO_HOME": str(out / "runs")}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def called():
    """Return a function that runs the benchmarks in this process, where their libraries are loaded already."""

    def call(*options, out):
        told, said, code = io.StringIO(), io.StringIO(), None
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(told), redirect_stderr(said):
            patch.syspath_prepend(ROOT)
            from benchmarks import __main__ as program
            from benchmarks import processes

            for name, value in (processes.WARM | {"FTDOJO_HOME": str(out / "runs")}).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["benchmarks", "--quick", "--out", str(out), *options])
            try:
                program.main()
            except SystemExit as end:
                code = end.code
        ended = code if isinstance(code, int) else int(bool(code))
        message = code if isinstance(code, str) else ""
        return subprocess.CompletedProcess(
            options, ended, told.getvalue(), said.getvalue() + message
        )

    return call


def contests(out):
    (file,) = out.glob("*.json")
    return {each["name"]: each for each in json.loads(file.read_text())["contests"]}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="module")
def quick(called, out):
    ran = called("--only", "training", "--only", "validation", "--rounds", "2", out=out)
    assert ran.returncode == 0, ran.stderr
    return ran


@pytest.fixture
def measure(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import measure

    return measure


def scale(measure, **changes):
    from dataclasses import replace

    return replace(measure.QUICK, **changes)


def test_training_is_compared_with_a_bare_loop_and_with_trl_in_every_round(quick, out):
    found = contests(out)["training, batch 8"]
    assert list(found["readings"]) == ["ftdojo", LOOP, TRL]
    assert all(len(values) == 2 and min(values) > 0 for values in found["readings"].values())
    ours, theirs = found["readings"]["ftdojo"], found["readings"][TRL]
    assert found["ratios"][TRL] == [one / other for one, other in zip(ours, theirs, strict=True)]


def test_contestants_take_turns(quick):
    told = [line for line in quick.stderr.splitlines() if ": round " in line][:8]
    assert [line.split(": ")[2].rpartition(" ")[0] for line in told] == [
        *("ftdojo", LOOP, TRL, "matmul peak"),
        *("ftdojo", LOOP, TRL, "matmul peak"),
    ]


def test_a_share_of_the_peak_lies_between_nothing_and_all(quick, out):
    found = contests(out)["training, batch 8, share of the matmul peak"]
    assert all(0 < value < 100 for values in found["readings"].values() for value in values)


def test_both_engines_give_the_same_answers_and_the_table_says_so(quick, out):
    passes = [each for name, each in contests(out).items() if name.startswith("validation pass")]
    assert [list(each["readings"]) for each in passes] == [["ftdojo", PLAIN]] * 2
    assert all("12 of 12 outputs are identical" in each["notes"][0] for each in passes)


def test_stdout_holds_the_tables_and_no_trainer_speaks_there(quick):
    assert "### training, batch 8\n" in quick.stdout
    assert "| TRL SFTTrainer |" in quick.stdout
    assert "train_runtime" not in quick.stdout
    assert "torch 2" in quick.stdout.splitlines()[0]


def test_lower_seconds_are_a_higher_ratio(measure):
    readings = {"ftdojo": [2.0, 4.0], "rival": [6.0, 4.0]}
    told = {"name": "x", "unit": "s", "n": "", "readings": readings}
    assert measure.Contest(**told, higher_is_better=False).ratios("rival") == [3.0, 1.0]
    assert measure.Contest(**told, higher_is_better=True).ratios("rival") == [1 / 3, 1.0]


def test_no_round_begins_that_should_end_too_late(measure):
    turns = measure.take_turns(
        {"ftdojo": lambda: 1.0}, scale(measure, rounds=9, least_rounds=2, within_s=0.0)
    )
    assert turns == {"ftdojo": [1.0, 1.0]}


def test_only_the_figures_of_a_readme_are_replaced(measure, tmp_path):
    from benchmarks import tables

    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{tables.BEGIN}\nold\n{tables.END}\nbelow\n")
    tables.put_into(readme, "| new |")
    assert readme.read_text() == f"above\n{tables.BEGIN}\n\n| new |\n\n{tables.END}\nbelow\n"


def asked():
    return RunConfig(
        id="known",
        spec=RunSpec(
            task="math/mini",
            model="tiny",
            agent="explorer",
            seed=0,
            budget=Budget(wall_s=60.0),
            sandbox="bubblewrap",
        ),
        task_version=1,
        model_digest="ab12",
        created="2026-11-23T15:12:00+00:00",
        ftdojo="0.1.0",
        machine=Machine(
            cpu="x", cores=2, memory_bytes=1, device="cpu", sandbox="bubblewrap", python="3.11"
        ),
    )


def test_the_overhead_of_a_run_is_what_its_ledger_leaves_to_other_work(tmp_path):
    folder = RunFolder.create(tmp_path / "runs", asked())
    clock = iter([0.0, *[100.0] * 20])
    ledger = Ledger(folder.path, clock=lambda: next(clock))
    ledger.open_session()
    ledger.charge("train", seconds=60.0)
    ledger.charge("eval", seconds=25.0)
    assert bench("--only", "overhead", "--run", "known", out=tmp_path).returncode == 0
    found = contests(tmp_path)["share of a run outside training and generation"]
    assert found["readings"]["ftdojo"] == [pytest.approx(15.0)]
    assert "booked to no stage 15" in found["notes"][0]


def test_a_run_that_has_not_begun_is_refused_in_one_line(called, tmp_path):
    RunFolder.create(tmp_path / "runs", asked())
    ran = called("--only", "overhead", "--run", "known", out=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == (
        "benchmarks: The run known has spent no time yet; name one that has ended."
    )


def test_figures_of_a_part_or_of_a_tiny_model_do_not_get_into_the_readme(called, tmp_path):
    ran = called("--readme", out=tmp_path)
    assert ran.returncode == 2
    assert "--readme takes the figures of a whole run: leave out --quick and --only" in ran.stderr


@pytest.mark.slow
def test_starts_and_a_run_of_its_own_are_measured(tmp_path):
    ran = bench("--only", "overhead", "--only", "startup", out=tmp_path)
    assert ran.returncode == 0, ran.stderr
    found = contests(tmp_path)
    assert (
        0 < found["share of a run outside training and generation"]["readings"]["ftdojo"][0] < 100
    )
    starts = [name for name in found if name.startswith("start-up: ")]
    assert len(starts) == 5
    assert all(found[name]["readings"]["ftdojo"][0] > 0 for name in starts)


def test_outputs_that_differ_are_written_again_in_float32_and_the_base_stays_as_it_was(measure):
    import torch

    from benchmarks import setting, validation

    base = setting.load("tiny")
    before = {name: weight.clone() for name, weight in base.model.state_dict().items()}
    items = setting.task().items("validation")[:2]
    apart = {"ftdojo": ["", ""], PLAIN: ["", r"\boxed{1}"]}
    same, again = validation._agreement(base, None, apart, items)
    assert same.startswith("1 of 2 outputs are identical.")
    assert again.startswith("Of the first 1 that differ, 1 are identical when both compute")
    after = base.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(before[name].dtype == after[name].dtype for name in before)


def test_trl_leaves_nothing_behind_in_the_base_that_the_others_use(measure):
    from benchmarks import setting, training

    base = setting.load("tiny")
    assert training.trl(base, setting.rows(base, 2), setting.config(2)) > 0
    assert "forward" not in vars(base.model)
    assert base.model.config.use_cache


@pytest.mark.slow
def test_steps_of_a_long_and_a_short_run_are_the_same_steps(out, tmp_path):
    ran = bench("--only", "steps", out=tmp_path)
    assert ran.returncode == 0, ran.stderr
    (found,) = contests(tmp_path).values()
    assert found["name"] == "a step of a run with 30 experiments"
    (ours,), (short,) = found["readings"]["ftdojo"], found["readings"]["with 10 experiments"]
    assert found["ratios"] == {"with 10 experiments": [short / ours]}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_that_is_killed_again_and_again_ends_as_the_undisturbed_one():
    command = [sys.executable, "-m", "benchmarks.kills", "--kills", "3"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.rstrip().endswith(": 0 faults")
