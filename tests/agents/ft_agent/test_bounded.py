"""A prompt does not grow with the run: what is told of the past is bounded, and so is what is told of the task."""

from dataclasses import replace

import pytest

from ftdojo.agents.ft_agent.history import LESSONS, LINES, history
from ftdojo.agents.ft_agent.notes import Analysed, Checked, Dossier, Drafted, Planned
from ftdojo.agents.ft_agent.prompting import prompt
from ftdojo.agents.showing import setting
from ftdojo.records import (
    BASE,
    CheckReport,
    Failure,
    FailureKind,
    Feedback,
    Stage,
    Status,
    Submission,
)

LONG = "word " * 2000


def run(count, seen, evaluated):
    """Return notes and experiments of ``count`` iterations in which everybody is talkative."""
    notes, made = [], []
    for at in range(1, count + 1):
        files = Submission(plan=f"{at}", data=f"# {at}\n{LONG}", train=LONG)
        facts = {"turn": at, "candidate": 1}
        notes += [
            Planned(
                **facts,
                candidates=1,
                parent=BASE,
                why_parent=LONG[:1000],
                hypothesis=LONG[:1200],
                data_change=LONG[:1200],
                training_change=LONG[:1200],
                kept=LONG[:1200],
                changes="both",
                reuse_data=False,
                exploring=False,
                predicted_score=0.5,
                predicted_seconds=1.0,
            ),
            Drafted(**facts, attempt=0, submission=replace(files, plan="first"), note=LONG),
            Checked(**facts, attempt=0, failure=failure(at)),
            Drafted(**facts, attempt=1, submission=files, note=LONG),
            Checked(**facts, attempt=1),
            Analysed(
                experiment=f"e{at}",
                findings=(LONG[:420],) * 30,
                effect=f"effect {at}",
                diagnosis=LONG[:1200],
                lesson=f"lesson {at} {LONG[:500]}",
            ),
        ]
        made.append(experiment(f"e{at}", files, evaluated(at / 1000)))
    return notes, replace(seen, experiments=tuple(made), best="e1" if made else BASE)


def failure(at):
    return Failure(
        stage=Stage.STATIC, kind=FailureKind.SCHEMA, message=f"fault {at} {LONG}", log_tail=LONG
    )


def experiment(name, submission, report):
    from ftdojo.records import Experiment

    feedback = Feedback(check=CheckReport(stages=()), evaluation=report)
    return Experiment(
        id=name, parent=BASE, submission=submission, status=Status.DONE, feedback=feedback
    )


@pytest.fixture
def size(paper_observation, evaluated_on_paper):
    def measured(count):
        notes, seen = run(count, paper_observation, evaluated_on_paper)
        dossier = Dossier(sources=(LONG[:1300],) * 12, combine=LONG[:900], answer=LONG[:900])
        past = history(notes, seen, parent=f"e{count}", remembers=True)
        turns = prompt(
            "plan",
            **setting(seen),
            past=past,
            cases=[],
            dossier=dossier,
            parent=BASE,
            why_parent="It is the best.",
            exploring=False,
            single_factor=False,
            plans=True,
            may_finish=True,
            designs=[{"id": "e9", "data_py": LONG[:4000]}] * 2,
            chooses=True,
            candidate=1,
            candidates=1,
            earlier=[],
        )
        return sum(len(turn["content"]) for turn in turns), past

    return measured


def test_a_prompt_at_iteration_50_is_hardly_longer_than_at_iteration_20(size):
    sizes = {count: size(count)[0] for count in (5, 20, 50, 200)}
    assert sizes[5] < sizes[20]
    assert sizes[50] <= sizes[20] * 1.01
    assert sizes[200] <= sizes[20] * 1.02
    assert sizes[200] < 80_000


def test_what_has_no_line_is_counted(size):
    _, past = size(50)
    assert len(past.others) == LINES
    assert past.untold == 50 - 2 - LINES
    assert len(past.lessons) == LESSONS
    assert past.lessons[-1].startswith("lesson 50")
