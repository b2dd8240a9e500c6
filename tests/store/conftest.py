"""What the tests of the store share: a run, and its words."""

import pytest

from ftdojo.records import (
    Budget,
    Estimate,
    EvaluationReport,
    Experiment,
    Machine,
    Quantiles,
    Result,
    RunSpec,
    Spend,
    Status,
    Submission,
)
from ftdojo.store import RunConfig, RunFolder

SUBMISSION = Submission(plan="# Less\r\nis more \u2028", data="print('é')\n", train="")


def asked(name="math-mini-explorer-s0"):
    return RunConfig(
        id=name,
        spec=RunSpec(
            task="math/mini",
            model="tiny",
            agent="explorer",
            agent_options={"width": "3"},
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
        sources={"worked": "cd34"},
    )


@pytest.fixture
def config():
    return asked()


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "runs", asked())


@pytest.fixture
def experiment():
    return lambda name, status=Status.DONE: Experiment(
        id=name, parent="base", submission=SUBMISSION, status=status
    )


@pytest.fixture
def report():
    return EvaluationReport(
        metric="accuracy",
        split="validation",
        score=Estimate(score=0.5, n=4, low=0.1, high=0.9),
        planned=4,
        raced_out=False,
        unreadable_share=0.0,
        unfinished_share=0.0,
        secondary={},
        slices={},
        output_tokens=Quantiles(low=1, p50=2, p95=3, high=4, mean=2),
        seconds=1.0,
    )


@pytest.fixture
def result(report):
    return Result(
        status="finished",
        proposed="e1",
        chosen="e1",
        why="best",
        base=report,
        test=report,
        base_test=report,
        gain=None,
        confirmation=None,
        spent=Spend(),
        export="experiments/e1/adapter",
    )
