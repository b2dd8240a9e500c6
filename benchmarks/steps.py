"""What a step costs by itself, in a run with few experiments and in one with many.

One real experiment is made, and both runs are filled with copies of it: its record, predictions, weights, ledger and
log. Then each takes the same steps, which train nothing: a look at the ledger, a check that fails at once, and a finish
that is refused. What they cost is what the dojo itself takes for any step. It is read in processor time: how long a disk
takes to write a line is the same for both, and varies more than what is compared.
"""

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import setting
from benchmarks.measure import OURS, Contest, Scale, say, take_turns
from ftdojo.dojo import Dojo, make, resume
from ftdojo.records import Action, Check, Finish, Look, Submission, Train
from ftdojo.store import RunFolder, codec

MODEL, FEW, STEPS = "tiny", 10, 8
AIM = ">= 0.83x"
"""A step of the long run may cost 1.2 times what it costs in the short one."""
DATA = """import json, os
with open(os.environ["FTDOJO_DATA"] + "/{name}.jsonl") as raw, open("train.jsonl", "w") as out:
    for line in list(raw)[:400]:
        row = json.loads(line)
        out.write(json.dumps({{"prompt": row["{asked}"], "completion": row["{answer}"]}}) + "\\n")
"""
TRAINED = "method: lora\nlearning_rate: 1e-3\nper_device_train_batch_size: 8\nmax_steps: 50\n"
BROKEN = Submission(plan="A try.", data="pass\n", train="lerning_rate: 1\n")
ACTIONS: Sequence[Action] = (
    Look(what="ledger"),
    Check(submission=BROKEN),
    Finish(experiment="no-such-experiment"),
)


def run(scale: Scale) -> list[Contest]:
    """Return the contest of a run of ``scale.experiments`` experiments with one of ten."""
    few = f"with {FEW} experiments"
    with tempfile.TemporaryDirectory() as root, ExitStack() as held:
        made = _first(Path(root))
        contestants = {
            name: partial(_step_ms, held.enter_context(_filled(made, count)))
            for name, count in ((OURS, scale.experiments), (few, FEW))
        }
        readings = take_turns(contestants, scale)
    return [
        Contest(
            name=f"a step of a run with {scale.experiments} experiments",
            unit="ms of processor time",
            higher_is_better=False,
            n=f"median of {STEPS} rounds of {len(ACTIONS)} steps that train nothing",
            readings=readings,
            aims={few: AIM},
        )
    ]


def _first(root: Path) -> RunFolder:
    """Make a run with one real experiment."""
    with make(setting.TASK, model=MODEL, budget="10h", root=root) as dojo:
        dojo.reset()
        step = dojo.step(Train(submission=_submission()))
        assert step.observation.experiments[0].weights, step.observation.failure
        return dojo.folder


def _submission() -> Submission:
    source = next(each for each in setting.task().sources if each.name == setting.SOURCE)
    data = DATA.format(name=source.name, asked=source.prompt_field, answer=source.response_field)
    return Submission(plan="A try.", data=data, train=TRAINED)


def _filled(made: RunFolder, count: int) -> Dojo:
    """Return a dojo over a copy of ``made`` with ``count`` experiments, restored and ready for a step."""
    say(f"steps: a run with {count} experiments")
    path = made.path.with_name(f"with-{count}")
    shutil.copytree(made.path, path)
    folder = RunFolder(path)
    (first,) = folder.experiments()
    for at in range(2, count + 1):
        copy = replace(first, id=f"e{at}")
        to = folder.experiment_dir(copy.id)
        shutil.copytree(folder.experiment_dir(first.id), to)
        (to / "experiment.json").write_text(codec.dump(copy), encoding="utf8")
    for name in ("ledger.jsonl", "events.jsonl"):
        _repeat(path / name, count)
    dojo = resume(path)
    dojo.reset()
    return dojo


def _repeat(log: Path, count: int) -> None:
    """Add to a log what it says of the first experiment once more for each of the others."""
    of_first = [line for line in log.read_text("utf8").splitlines() if '"e1"' in line]
    with log.open("a", encoding="utf8") as more:
        for at in range(2, count + 1):
            more.writelines(line.replace('"e1"', f'"e{at}"') + "\n" for line in of_first)


def _step_ms(dojo: Dojo) -> float:
    """Return the milliseconds of processor time that one step takes."""
    took = []
    for _ in range(STEPS):
        began = time.process_time()
        for action in ACTIONS:
            dojo.step(action)
        took.append(1000 * (time.process_time() - began) / len(ACTIONS))
    return median(took)
