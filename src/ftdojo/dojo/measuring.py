"""What rows cost a model: measured by the worker in batches, within the time left, and kept by content."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ftdojo.checks import built
from ftdojo.dojo.run import Run
from ftdojo.errors import UnknownName, UsageError, WorkerError
from ftdojo.records import BASE, Experiment, Message, Weights, WorkerLost
from ftdojo.store import Cache, dump, load, write_atomic
from ftdojo.submissions import Row, TrainConfig, read_train

LOSSES_VERSION = "1"
"""Raised whenever equal rows and weights could be measured otherwise."""
FIRST_ROWS, CHUNK_ROWS = 32, 256
"""So many rows are measured before it is known whether time allows the rest; so many at a time from there on."""
LEAST_S = 60.0
"""A request is given this long even where less is left: what it finds is kept."""
Turns = tuple[Message, ...]


@dataclass(frozen=True, kw_only=True)
class RowLoss:
    """The mean loss of a row's answer in nats a token, and its tokens; None and 0 of a row that was not measured."""

    loss: float | None = None
    tokens: int = 0


def experiment_of(run: Run, name: str) -> Experiment:
    """Return an experiment by its id.

    Raises:
        UnknownName: there is none.
    """
    known = {each.id: each for each in run.folder.experiments()}
    if name not in known:
        raise UnknownName("experiment", name, known)
    return known[name]


def rows_of(run: Run, experiment: Experiment) -> Iterator[Row]:
    """Return the rows that an experiment's script built, read by the objective that it learnt them with.

    Raises:
        UsageError: the script fails now.
    """
    config = read_train(experiment.submission.train)
    named = config.objective if isinstance(config, TrainConfig) else ""
    script, wall_s = experiment.submission.data, run.meter.left_s()
    return built(script, named or run.objective, run, wall_s=wall_s)


def weights_by(run: Run, name: str) -> Weights | None:
    """Return the weights of the experiment called ``name``, None for the base.

    Raises:
        UsageError: there is no such experiment, or it has none.
    """
    if name == BASE:
        return None
    experiment = experiment_of(run, name)
    if experiment.weights is None:
        raise UsageError(
            f"Experiment {name!r} has no weights, it is {experiment.status}; name one that was trained, or {BASE}."
        )
    return run.folder.weights_of(experiment)


def measured(
    run: Run,
    rows: Sequence[Turns],
    *,
    by: str,
    max_length: int,
    tails: Sequence[str] | None = None,
    fewer: str,
) -> list[RowLoss]:
    """Return the loss of each of ``rows``, cut at ``max_length`` tokens, under the weights of ``by``.

    ``tails`` are what alone is measured of the answers, which end with them; ``fewer`` says what to do when time is short.

    Raises:
        UsageError: the time left does not allow it, or the worker fails.
    """
    weights = weights_by(run, by)
    what = json.dumps([rows, tails, max_length]).encode()
    on = (run.model.identity, weights.digest if weights else "")
    key = Cache.key(LOSSES_VERSION, hashlib.sha256(what).hexdigest(), *on, *run.worker.identity())
    text = run.cache.get_text("losses", key)
    if text is None:
        config = TrainConfig(max_length=max_length, per_device_train_batch_size=1)
        found = _measured(run, rows, weights, config, tails, fewer)
        text = "".join(dump(each) + "\n" for each in found)
        run.cache.put_text("losses", key, text)
    return [load(RowLoss, line) for line in text.splitlines()]


def _measured(
    run: Run,
    rows: Sequence[Turns],
    weights: Weights | None,
    config: TrainConfig,
    tails: Sequence[str] | None,
    fewer: str,
) -> list[RowLoss]:
    began, found = time.monotonic(), list[RowLoss]()
    for start, end in pairwise([0, *range(FIRST_ROWS, len(rows), CHUNK_ROWS), len(rows)]):
        _require_time(run, began, start, len(rows), fewer)
        some = None if tails is None else tails[start:end]
        found += _chunk(run, rows[start:end], weights, config, some)
    return found


def _chunk(
    run: Run,
    rows: Sequence[Turns],
    weights: Weights | None,
    config: TrainConfig,
    tails: Sequence[str] | None,
) -> Iterator[RowLoss]:
    file, timeout_s = run.scratch / "to-measure.jsonl", max(LEAST_S, run.meter.left_s())
    write_atomic(file, "".join(json.dumps({"messages": turns}) + "\n" for turns in rows))
    try:
        made = run.worker.losses(file, config, weights=weights, tails=tails, timeout_s=timeout_s)
    except WorkerError as error:
        run.emit(WorkerLost(message=str(error)))
        raise UsageError(f"The losses could not be measured: {error}") from error
    for nats, tokens in zip(made.nats, made.tokens, strict=True):
        yield RowLoss(loss=round(nats / tokens, 6) if tokens else None, tokens=tokens)


def _require_time(run: Run, began: float, done: int, of: int, fewer: str) -> None:
    need_s = (time.monotonic() - began) / done * (of - done) if done else 0.0
    left_s = run.meter.left_s()
    if need_s > left_s:
        raise UsageError(
            f"Measuring {of} rows takes about {need_s:.0f} s more, and {max(0.0, left_s):.0f} s are left; {fewer}."
        )
