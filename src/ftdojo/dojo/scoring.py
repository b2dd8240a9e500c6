"""Passes over held-out items, kept by content: equal weights on an equal split are scored once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from ftdojo.dojo import scorer_faults
from ftdojo.dojo.run import Run
from ftdojo.errors import WorkerError
from ftdojo.evaluation import Race, evaluate, judged, report, scores
from ftdojo.evaluation.engine import Calibrating
from ftdojo.records import (
    Completion,
    EvaluationReport,
    Graded,
    Item,
    Message,
    PassAdvanced,
    Split,
    Weights,
    WorkerLost,
)
from ftdojo.stats import lot
from ftdojo.store import Kind, dump, load

SCORES_VERSION = "3"
"""Raised whenever grading could give other scores for equal outputs, or entries are written otherwise."""
CHUNK = 128
PART_ITEMS = 40
"""A race looks about this often; smaller parts decode in smaller, slower batches."""


@dataclass(frozen=True, kw_only=True)
class _Pass:
    """The outputs of one pass, the wall time it took when it was made, and the calibration beside it (0: none)."""

    graded: tuple[Graded, ...]
    seconds: float
    calibration_s: float = 0.0


class Scorer:
    """Scores one set of weights, or the base, on a split."""

    def __init__(self, run: Run, *, name: str, weights: Weights | None) -> None:
        self._run, self.name, self._weights = run, name, weights

    def score(
        self,
        split: Split,
        items: Sequence[Item],
        *,
        rival: Sequence[Graded] = (),
        limit: int | None = None,
    ) -> tuple[list[Graded], EvaluationReport]:
        """Return the graded items and their report, racing against ``rival`` if one is given.

        ``limit`` scores that many of ``items`` only, the same ones for everybody; more, where more are known already.

        What this run's folder holds of the pass already is taken as it is; then what the cache holds. The report's
        ``seconds`` are those of the pass when it was made: forecasts rest on them.
        """
        run, began = self._run, time.monotonic()
        asked = _some(items, limit)
        found = self._kept(split) or self._passed(
            split, asked, rival, whole=len(asked) == len(items)
        )
        if split == "validation" and found.calibration_s:
            run.forecast.known(self.name, found.calibration_s)
        if not run.folder.predictions(self.name, split):  # else it was booked when it was made
            run.folder.save_predictions(self.name, split, found.graded)
            queries = {"validation_queries": 1} if split == "validation" else {}
            elapsed = time.monotonic() - began
            run.ledger.charge("eval", seconds=elapsed, experiment=self.name, **queries)
        made = report(
            found.graded,
            run.task,
            split=split,
            items=asked if len(found.graded) <= len(asked) else items,
            seconds=found.seconds,
            raced_out=len(found.graded) < len(asked),
        )
        if run.judge:
            made = judged(made, found.graded, run.task, items, run.judge)
        return list(found.graded), made

    def is_kept(self, split: Split) -> bool:
        """Return whether this pass was made before, by whatever run, and costs nothing now."""
        key = self._key(split)
        return self._run.cache.entry(self._kind(split), key) is not None

    def _kept(self, split: Split) -> _Pass | None:
        """Return a pass that was made before: by this run, or by any other with equal weights."""
        text = self._run.cache.get_text(self._kind(split), self._key(split))
        cached = load(_Pass, text) if text else None
        stored = self._run.folder.predictions(self.name, split)
        if not stored:
            return cached
        return replace(cached or _Pass(graded=(), seconds=0.0), graded=tuple(stored))

    def _passed(
        self, split: Split, items: Sequence[Item], rival: Sequence[Graded], *, whole: bool
    ) -> _Pass:
        task, run = self._run.task, self._run
        run.engine.start()  # a cold start is not a part of what a pass takes
        before = _calibration(run)
        began, race = time.monotonic(), None
        if rival and task.aggregate.kind != "macro-f1":
            chunks = max(2, len(items) // PART_ITEMS)
            race = Race(
                rival=scores(rival, task.aggregate), direction=task.direction, chunks=chunks
            )
        with scorer_faults.recorded(run):
            graded, raced_out = evaluate(
                items,
                task,
                generate=self._generate,
                chunk=CHUNK,
                race=race,
                on_progress=lambda done, of: run.emit(
                    PassAdvanced(experiment=self.name, split=split, done=done, of=of)
                ),
            )
        seconds = time.monotonic() - began
        beside = calibrate(run, before)
        made = _Pass(graded=tuple(graded), seconds=seconds, calibration_s=beside)
        if whole and not raced_out:
            run.cache.put_text(self._kind(split), self._key(split), dump(made))
        return made

    def _generate(self, prompts: Sequence[tuple[Message, ...]]) -> Sequence[Completion]:
        return self._run.engine.generate(
            prompts, decoding=self._run.task.decoding, weights=self._weights
        )

    def _kind(self, split: Split) -> Kind:
        """Keep what every run asks of the base apart: the cells of a bench share it.

        Not every run scores the base on ``confirm``. Were that shared, the first run that does would pay for the rest.
        """
        return "base-scores" if self._weights is None and split != "confirm" else "scores"

    def _key(self, split: Split) -> str:
        task, model = self._run.task, self._run.model.identity
        return self._run.cache.key(
            SCORES_VERSION,
            self._weights.digest if self._weights else model,
            model,
            task.name,
            str(task.version),
            split,
            dump(task.decoding),
            *self._run.engine.identity(),
        )


def calibrate(run: Run, before: float = 0.0) -> float:
    """Tell the forecast how long a fixed piece of work takes now, or on average now and ``before``; return the seconds.

    0 stands for a calibration that was not made: the worker was lost, or the engine makes none.
    """
    made = [seconds for seconds in (before, _calibration(run)) if seconds]
    if not made:
        return 0.0
    run.forecast.calibrated(fmean(made))
    return fmean(made)


def _calibration(run: Run) -> float:
    if not isinstance(run.engine, Calibrating):
        return 0.0
    try:
        return run.engine.calibrate()
    except WorkerError as error:  # whoever needs the worker next starts another
        run.emit(WorkerLost(message=str(error)))
        return 0.0


def _some(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """Return ``limit`` items in their order, chosen by their ids alone; a smaller choice lies within a larger one."""
    if limit is None or limit >= len(items):
        return items
    dealt = sorted(items, key=lambda item: lot(item.id))
    chosen = {item.id for item in dealt[:limit]}
    return [item for item in items if item.id in chosen]
