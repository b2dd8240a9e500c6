"""The training of one experiment: found in the cache, or done by the worker and put there."""

import os
import shutil
from pathlib import Path
from typing import Literal

from ftdojo.checks import Passed
from ftdojo.dojo.parts import Parts
from ftdojo.models import tensor_digest
from ftdojo.records import TrainingReport, TrainingStepped, Weights, WeightsReused
from ftdojo.store import dump, files, load, require_free
from ftdojo.training.objectives import objective_of
from ftdojo.training.trainer import TrainJob

REPORT = "training.json"
SPARE_BYTES = 200 * 2**20


def trained(parts: Parts, checked: Passed, *, name: str) -> tuple[TrainingReport, Weights]:
    """Return how training went and its weights, in the run folder.

    Raises:
        WorkerError: the worker failed.
        StoreError: the weights cannot be written.
    """
    to = parts.folder.experiment_dir(name) / "adapter"
    key = parts.cache.key(
        parts.model.identity,
        checked.data.digest,
        checked.config.model_dump_json(),
        *objective_of(checked.config).identity(),
        *parts.trainer.identity(),
    )
    entry = parts.cache.get("weights", key)
    if entry is None or not _sound(entry):
        require_free(parts.scratch, SPARE_BYTES, "the weights of an experiment")
        made, report = _train(parts, checked, name)
        _place(made, to)
        if report.stopped != "over-budget":  # another run may have the time to finish it
            parts.cache.put_folder("weights", key, lambda folder: _copy(made, folder))
        shutil.rmtree(made)
    else:
        parts.emit(WeightsReused(experiment=name))
        _place(entry, to)
        report = load(TrainingReport, (entry / REPORT).read_text(encoding="utf8"))
    kind: Literal["adapter", "full"] = "adapter" if checked.config.method == "lora" else "full"
    return report, Weights(path=to, digest=report.weights_digest, kind=kind)


def _train(parts: Parts, checked: Passed, name: str) -> tuple[Path, TrainingReport]:
    made = parts.scratch / f"weights-{name}"
    shutil.rmtree(made, ignore_errors=True)
    job = TrainJob(
        rows=checked.rows,
        config=checked.config,
        base=parts.model,
        to=made,
        seconds=max(1.0, parts.meter.train_left_s()),
    )
    report = parts.trainer.train(
        job,
        on_step=lambda point: parts.emit(
            TrainingStepped(experiment=name, point=point, of=checked.fit.steps)
        ),
    )
    parts.ledger.charge("train", seconds=report.seconds, experiment=name)
    parts.meter.train_tokens_per_s = report.tokens_per_s
    parts.context.pace *= report.tokens_per_s / checked.fit.tokens_per_s
    (made / REPORT).write_text(dump(report), encoding="utf8")
    return made, report


def _sound(entry: Path) -> bool:
    """Return whether cached weights are still those that were trained."""
    report = load(TrainingReport, (entry / REPORT).read_text(encoding="utf8"))
    return tensor_digest(entry) == report.weights_digest


def _place(made: Path, to: Path) -> None:
    """Put weights into the run folder, whole or not at all."""
    part = to.with_name(to.name + ".part")
    with files.writing(to):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _copy(made, part)
        shutil.rmtree(to, ignore_errors=True)
        part.rename(to)


def _copy(made: Path, to: Path) -> None:
    for each in made.iterdir():
        if each.name != "manifest.json":
            _link(each, to / each.name)


def _link(one: Path, other: Path) -> None:
    """Give a file a second name, which costs no room; copy it where that cannot be."""
    try:
        os.link(one, other)
    except OSError:
        shutil.copyfile(one, other)
