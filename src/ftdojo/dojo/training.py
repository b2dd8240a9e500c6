"""The training of one experiment: found in the cache, or done by the worker and put there."""

import os
import shutil
from pathlib import Path
from typing import Literal

from ftdojo.checks import Passed
from ftdojo.dojo.run import Run
from ftdojo.models import tensor_digest
from ftdojo.records import (
    Experiment,
    TrainingBegan,
    TrainingReport,
    TrainingStepped,
    Weights,
    WeightsReused,
)
from ftdojo.store import dump, files, load, require_free
from ftdojo.training.objectives import objective_of
from ftdojo.training.trainer import TrainJob
from ftdojo.training.watch import Keeping, stop_beside

REPORT = "training.json"
UNFINISHED = ("over-budget", "stopped")
KEEP_S = 60.0
"""So often a training keeps its state: a kill costs no more than that."""
SPARE_BYTES = 200 * 2**20


def trained(run: Run, checked: Passed, *, name: str) -> tuple[TrainingReport, Weights]:
    """Return how training went and its weights, in the run folder.

    Raises:
        WorkerError: the worker failed.
        StoreError: the weights cannot be written.
    """
    to = run.folder.experiment_dir(name) / "adapter"
    key = run.cache.key(
        run.model.identity,
        checked.data.digest,
        checked.config.model_dump_json(exclude={"start_from", "fit"}),
        *objective_of(checked.config).identity(),
        *run.trainer.identity(),
        *([f"start={checked.start.digest}"] if checked.start else []),
    )
    entry = run.cache.get("weights", key)
    if entry is None or not _sound(entry):
        require_free(run.scratch, SPARE_BYTES, "the weights of an experiment")
        made, report = _train(run, checked, name, key)
        _place(made, to)
        if report.stopped not in UNFINISHED:  # another run may finish it
            run.cache.put_folder("weights", key, lambda folder: _copy(made, folder))
        shutil.rmtree(made)
    else:
        run.emit(WeightsReused(experiment=name))
        _place(entry, to)
        report = load(TrainingReport, (entry / REPORT).read_text(encoding="utf8"))
        _charge_reused(run, name, report)
    kind: Literal["adapter", "full"] = "adapter" if checked.config.method == "lora" else "full"
    return report, Weights(path=to, digest=report.weights_digest, kind=kind)


def _charge_reused(run: Run, name: str, report: TrainingReport) -> None:
    """Charge what the weights from the cache took when they were made, where the run is to; its own are paid already."""
    own = {each.weights.digest for each in run.folder.experiments() if each.weights}
    if run.folder.config.spec.charge_cached and report.weights_digest not in own:
        run.ledger.charge_reused("train", seconds=report.seconds, experiment=name)


def _train(run: Run, checked: Passed, name: str, key: str) -> tuple[Path, TrainingReport]:
    made = run.scratch / f"weights-{name}"
    shutil.rmtree(made, ignore_errors=True)
    stop = stop_beside(made)
    stop.unlink(missing_ok=True)
    stop.symlink_to(run.folder.stop_path(name).absolute())  # which is written once it is stopped
    job = TrainJob(
        rows=checked.rows,
        config=checked.config,
        base=run.model,
        to=made,
        seconds=max(1.0, run.meter.train_left_s()),
        start=checked.start,
        keeping=Keeping(file=run.folder.checkpoint_path(name), key=key, every_s=KEEP_S),
    )
    run.emit(
        TrainingBegan(
            experiment=name,
            rows=checked.data.rows,
            steps=checked.fit.steps,
            forecast_s=checked.fit.train_forecast_s,
            most_s=job.seconds,
        )
    )
    report = run.trainer.train(
        job,
        on_step=lambda point: run.emit(
            TrainingStepped(experiment=name, point=point, of=checked.fit.steps)
        ),
    )
    run.ledger.charge("train", seconds=report.seconds, experiment=name)
    run.forecast.trained(report.tokens_per_s, promised=checked.fit.tokens_per_s)
    (made / REPORT).write_text(dump(report), encoding="utf8")
    return made, report


def learn_speed(run: Run, done: Experiment, *, restored: bool) -> None:
    """Learn from an experiment how fast trainings go, if it was trained.

    That was learnt already when this controller trained it. Of one that is ``restored`` it is learnt here, unless its weights
    were found in the cache: those came from another time, and perhaps another machine, and say nothing of this one.
    """
    if done.feedback is None or done.feedback.training is None:
        return
    if restored and run.folder.losses_path(done.id).exists():
        fit = done.feedback.check.fit
        run.forecast.trained(
            done.feedback.training.tokens_per_s, promised=fit.tokens_per_s if fit else None
        )


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
