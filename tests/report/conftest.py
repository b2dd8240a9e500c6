"""A run as the dojo would leave it, at every stage, with eight experiments, failures, a race, and hostile text."""

import math
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ftdojo.records import (
    Budget,
    CheckReport,
    DataReport,
    Direction,
    EvaluationReport,
    Experiment,
    Failure,
    FailureKind,
    Feedback,
    FitReport,
    Grade,
    Graded,
    LossPoint,
    Machine,
    Overlap,
    ProbeReport,
    Quantiles,
    Result,
    RunSpec,
    Spend,
    Stage,
    Status,
    Submission,
    TrainingReport,
    Weights,
    WrongItem,
)
from ftdojo.stats import compare, estimate, quantiles
from ftdojo.store import Ledger, RunConfig, RunFolder

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
SECRET = "SEALED-TEST-ITEM-17"
CODE = """import json
from pathlib import Path

rows = [json.loads(line) for line in (Path("sources") / "worked.jsonl").open()]
kept = [row for row in rows if row["answer"].count("=") >= 2]
with open("train.jsonl", "w") as out:
    for row in kept[:800]:
        out.write(json.dumps({"prompt": row["question"], "completion": row["answer"]}) + "\\n")
"""
YAML = "method: lora\nlearning_rate: 0.0008\nnum_train_epochs: 1\nlora_r: 16\n"
PLAN = """---
parent: {parent}
predicted: 0.4
---
# {title}

Against `{parent}` this changes **one** thing: {title}.

- keep what *worked*
- 800 rows, one epoch

```
rows = kept[:800]
```
"""
# id, parent, title, validation accuracy, rows of a race, last loss
STORY = [
    ("e1", "base", "800 bare answers, as a yardstick", 0.03, None, 1.41),
    ("e2", "base", "800 worked solutions, step by step", 0.31, None, 0.42),
    ("e3", "base", "worked solutions with a share of wrong steps", 0.05, 40, 0.66),
    ("e4", "e2", "twice the learning rate", None, None, None),
    ("e5", "e2", "worked solutions without near duplicates, 1,200 rows", 0.44, None, 0.31),
    ("e6", "e2", "worked and small talk, half and half", 0.29, None, 0.72),
    ("e7", "e5", "a box around every line", None, None, None),
    ("e8", "e5", "rank 32, the rest as before", 0.43, None, 0.29),
]


def config(name="math-mini-explorer-s0-20261123-151200"):
    return RunConfig(
        id=name,
        spec=RunSpec(
            task="math/mini",
            model="smollm2-135m",
            agent="explorer",
            agent_options={"width": "3"},
            seed=0,
            budget=Budget(wall_s=1200.0, max_experiments=12),
            sandbox="bubblewrap",
        ),
        task_version=1,
        model_digest="sha256:5f3a9c0be1d27744",
        created="2026-11-23T15:12:00+00:00",
        ftdojo="0.1.0",
        machine=Machine(
            cpu="Example CPU at 2.9 GHz",
            cores=2,
            memory_bytes=8_200_000_000,
            device="cpu",
            sandbox="bubblewrap",
            python="3.11.9",
        ),
        versions={"torch": "2.13.0", "transformers": "5.23.0"},
        sources={"worked": "sha256:cd34", "answers-only": "sha256:ef56"},
    )


def question(at):
    rng = random.Random(at)
    terms = [rng.randrange(2, 99) for _ in range(3)]
    return f"What is {terms[0]} + {terms[1]} - {terms[2]}?", terms


def graded(accuracy, *, seed, n=100, split="validation"):
    """Answers of a model that gets ``accuracy`` of the items right, the easy ones first."""
    rng = random.Random(seed)
    made = []
    hard = [random.Random(f"hard {at}").random() + 0.4 * rng.random() for at in range(n)]
    for at in range(n):
        rank = sum(each < hard[at] for each in hard) / n
        right = (rank < accuracy) != (rng.random() < 0.02)
        readable = right or rank < accuracy + 0.5
        a, b, c = question(at)[1]
        total = a + b - c if right else a + b - c + rng.choice([-10, -1, 1, 10])
        box = f"\\boxed{{{total}}}" if readable else str(total)
        made.append(
            Graded(
                item=f"{split}-{at:03}",
                output=f"{a} + {b} = {a + b}\n{a + b} - {c} = {total}\n{box}",
                grade=Grade(score=float(right), readable=readable, extracted=str(total)),
                tokens=24,
                finished=True,
                slices={"terms": str(3 + at % 2)},
            )
        )
    return made


def report(made, *, split="validation", planned=100, **more):
    wrong = [each for each in made if not each.grade.score][:5]
    shown = [
        WrongItem(
            item=each.item,
            prompt=question(int(each.item[-3:]))[0],
            output=each.output,
            gold="the worked sum",
        )
        for each in wrong
    ]
    slices = {
        f"terms={terms}": estimate([g.grade.score for g in made if g.slices["terms"] == terms])
        for terms in ("3", "4")
    }
    return EvaluationReport(
        metric="exact_match",
        split=split,
        score=estimate([each.grade.score for each in made]),
        planned=planned,
        raced_out=len(made) < planned,
        unreadable_share=sum(not each.grade.readable for each in made) / len(made),
        unfinished_share=0.02,
        secondary={"near": estimate([each.grade.score for each in made])},
        slices=slices,
        output_tokens=quantiles([each.tokens for each in made]),
        seconds=21.4,
        wrong=tuple(shown) if split == "validation" else (),
        **{"unit": "share", "direction": Direction.HIGHER} | more,
    )


def against(made, rival, name, look=1):
    pair = [{each.item: each.grade.score for each in side} for side in (made, rival)]
    kept = {item: score for item, score in pair[1].items() if item in pair[0]}
    found = compare(pair[0], kept, against=name, direction=Direction.HIGHER)
    return replace(found, look=look, alpha=0.05 / look, predicted=0.25)


def data(at):
    return DataReport(
        rows=800,
        bytes=410_000,
        digest=f"sha256:{at:04x}",
        seconds=2.2,
        formats={"prompt-completion": 800},
        tokens=Quantiles(low=41, p50=66, p95=88, high=97, mean=67.1),
        label_tokens=Quantiles(low=12, p50=31, p95=44, high=52, mean=31.5),
        total_tokens=53_680,
        label_share=0.47,
        truncated_share=0.0,
        exact_duplicates=3,
        near_duplicates=14,
        lineage={"worked": 700, "answers-only": 100},
        overlap=Overlap(exact=0, near=1, rows=(17,)),
        samples=(
            "<|im_start|>user\nWhat is 12 + 5 - 3?<|im_end|>\n<|im_start|>assistant\n12 + 5 = 17",
        ),
        log_tail="kept 800 of 2000 rows",
    )


def training(last, seed):
    rng, steps = random.Random(seed), 100
    points = []
    for step in range(1, steps + 1):
        loss = last + (2.9 - last) * math.exp(-step / 12) + rng.gauss(0, 0.05)
        rate = 8e-4 * min(1.0, step / 10) * (1 + math.cos(math.pi * step / steps)) / 2
        points.append(
            LossPoint(
                step=step,
                loss=loss,
                learning_rate=rate,
                grad_norm=1.1,
                tokens=536 * step,
                seconds=0.9 * step,
            )
        )
    return TrainingReport(
        stopped="finished",
        steps=steps,
        planned_steps=steps,
        curve=tuple(points),
        loss_first=points[0].loss,
        loss_last=last,
        tokens=53_680,
        tokens_per_s=590.0,
        peak_bytes=1_900_000_000,
        trainable_params=4_884_480,
        seconds=91.0,
        weights_digest="sha256:0a1b2c3d4e5f6071",
        held_out_loss=((50, last + 0.12), (100, last + 0.06)),
    )


FAILURES = {
    "e4": Failure(
        stage=Stage.TRAIN,
        kind=FailureKind.DIVERGED,
        message="The loss was not finite at step 14; lower learning_rate below 0.0016.",
        file="train.yaml",
        log_tail=f"step 13 loss 8.1\nstep 14 loss nan\n{HOSTILE}",
    ),
    "e7": Failure(
        stage=Stage.PROBE,
        kind=FailureKind.FORMAT_COLLAPSE,
        message="1 of 12 answers could be read after the probe; write the box once, at the end.",
    ),
}


def experiment(at, rivals):
    """One experiment of the story, and its answers; ``rivals`` are (name, answers) of base, parent and best."""
    name, parent, title, accuracy, raced, last = STORY[at]
    made = graded(accuracy, seed=at, n=raced or 100) if accuracy is not None else []
    submission = Submission(plan=PLAN.format(parent=parent, title=title), data=CODE, train=YAML)
    check = CheckReport(
        stages=("static", "dry-run", "data-audit"),
        data=data(at),
        fit=FitReport(
            peak_bytes=1_900_000_000, tokens_per_s=590, steps=100, train_forecast_s=92, loss=2.9
        ),
        probe=ProbeReport(steps=4, loss_first=2.9, loss_last=2.4, readable=0.75),
        seconds=9.0,
    )
    if name in FAILURES:
        return (
            Experiment(
                id=name,
                parent=parent,
                submission=submission,
                status=Status.FAILED,
                failure=FAILURES[name],
                feedback=Feedback(check=check),
                seconds=31.0,
            ),
            made,
        )
    feedback = Feedback(
        check=check,
        training=training(last, at),
        evaluation=report(made),
        comparisons={
            rival: against(made, theirs, who, look=at + 1)
            for rival, (who, theirs) in rivals.items()
        },
    )
    done = Experiment(
        id=name,
        parent=parent,
        submission=submission,
        status=Status.DONE,
        feedback=feedback,
        weights=Weights(
            path=Path(f"experiments/{name}/adapter"),
            digest="sha256:0a1b2c3d4e5f6071",
            kind="adapter",
        ),
        seconds=124.0,
    )
    return done, made


def charge(ledger, name):
    ledger.charge("check", seconds=9.0, experiment=name)
    ledger.charge("data", seconds=2.2, experiment=name)
    ledger.charge("train", seconds=60.0, experiment=name, experiments=1)
    ledger.charge("eval", seconds=21.4, experiment=name, validation_queries=1)


class Clock:
    """Seconds that go forward when told to."""

    now = 0.0

    def __call__(self):
        return self.now


def begin(root, **more):
    asked = config()
    folder = RunFolder.create(root, replace(asked, spec=replace(asked.spec, **more)))
    base = graded(0.04, seed=99)
    folder.save_base(report(base))
    folder.save_predictions("base", "validation", base)
    return folder, base


def carry_out(folder, base, count=8):
    """Store ``count`` experiments of the story and their costs; return them."""
    clock = Clock()
    ledger = Ledger(folder.path, clock=clock)
    ledger.open_session()
    ledger.charge("eval", seconds=21.4)
    answers = {"base": base}
    best, done = "base", []
    for at in range(count):
        parent = STORY[at][1]
        rivals = {"base": "base", "parent": parent, "best": best}
        known = {role: (who, answers[who]) for role, who in rivals.items()}
        made, outputs = experiment(at, known)
        folder.save_experiment(made)
        if outputs:
            folder.save_predictions(made.id, "validation", outputs)
            answers[made.id] = outputs
            best = max(best, made.id, key=lambda who: sum(g.grade.score for g in answers[who]))
        charge(ledger, made.id)
        clock.now += 101.0
        done.append(made)
    ledger.heartbeat()
    return done


def seal(folder, chosen="e5", **more):
    """End the run: e5 was chosen, the test scored once."""
    base = graded(0.05, seed=7, n=300, split="test")
    test = graded(0.41, seed=8, n=300, split="test") if chosen != "base" else base
    folder.save_predictions(chosen, "test", [replace(each, output=SECRET) for each in test])
    sealed = report(test, split="test", planned=300)
    hidden = WrongItem(item=SECRET, prompt=SECRET, output=SECRET, gold=SECRET)
    why = "e5 has the best gain over the base: +0.4 observed, +0.391 after shrinking for noise and 6 candidate(s)."
    result = Result(
        status="finished",
        proposed="e5",
        chosen=chosen,
        why=why,
        base=folder.base(),
        test=replace(sealed, wrong=(hidden,)),
        base_test=report(base, split="test", planned=300),
        gain=against(test, base, "base") if chosen != "base" else None,
        confirmation=None,
        spent=Spend(),
        export=str(folder.path / "model"),
    )
    folder.save_result(replace(result, **more))
    return folder.result()


@pytest.fixture(scope="session")
def story():
    """The makers above, for tests that build a run of their own."""
    return sys.modules[__name__]


@pytest.fixture
def new(tmp_path):
    return RunFolder.create(tmp_path / "runs", config())


@pytest.fixture
def running(tmp_path):
    folder, base = begin(tmp_path / "runs")
    carry_out(folder, base, count=5)
    last = folder.experiments()[-1]
    folder.save_experiment(replace(last, id="e6", status=Status.RUNNING, feedback=None))
    return folder


def build_finished(root, **more):
    folder, base = begin(root, **more)
    carry_out(folder, base)
    seal(folder)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    return build_finished(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def kept_base(tmp_path):
    folder, base = begin(tmp_path / "runs")
    carry_out(folder, base)
    seal(folder, chosen="base")
    return folder


@pytest.fixture
def hostile(tmp_path):
    """Every text an agent or a model writes is an attack."""
    folder, base = begin(tmp_path / "runs")
    done = carry_out(folder, base, count=2)
    evil = [replace(each, output=HOSTILE) for each in graded(0.5, seed=5)]
    folder.save_predictions("base", "validation", evil)
    folder.save_predictions("e2", "validation", evil)
    bad = Submission(
        plan=f"---\n{HOSTILE}\n---\n# {HOSTILE}\n`{HOSTILE}`", data=HOSTILE, train=HOSTILE
    )
    failure = replace(FAILURES["e4"], message=HOSTILE, log_tail=HOSTILE, file=HOSTILE)
    folder.save_experiment(replace(done[0], submission=bad, status=Status.FAILED, failure=failure))
    check = replace(
        done[1].feedback.check, data=replace(data(1), lineage={HOSTILE: 1}, samples=(HOSTILE,))
    )
    folder.save_experiment(
        replace(done[1], submission=bad, feedback=replace(done[1].feedback, check=check))
    )
    return folder
