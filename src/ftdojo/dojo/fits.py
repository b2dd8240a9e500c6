"""Fits: what a planned training would take here, in seconds and memory, without a check: one step is measured, or known.

What is planned is a number of rows like those of a source or an experiment, or of a number of tokens, and the text of a
``train.yaml``.
"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ftdojo.checks import foresee, most_bytes, row_tokens
from ftdojo.dojo.measuring import Turns, experiment_of
from ftdojo.dojo.row_losses import require_rows, training_rows
from ftdojo.dojo.run import Run
from ftdojo.errors import UsageError
from ftdojo.records import Failure, Look, Message
from ftdojo.sources import spread
from ftdojo.store import write_atomic
from ftdojo.submissions import TrainConfig, read_train

MOST_MEASURED = 256
"""So many rows, spread evenly, stand for all that are planned."""
WORD = " one"
_MADE_UP = re.compile(r"([1-9][0-9]{0,6})x([1-9][0-9]{0,5})")
_LIKE = re.compile(r"(?P<of>.+?)(?::(?P<rows>[1-9][0-9]{0,6}))?")


def show_fits(run: Run, action: Look) -> dict[str, Any]:
    """Return whether a planned training fits the time left and the memory, and how many rows would.

    ``action.name`` is ``ROWSxTOKENS``, or a source or an experiment for rows like its own, with ``:ROWS`` for how many.
    ``action.train`` is the text of ``train.yaml``; empty, it is the experiment's, or all defaults.

    Raises:
        UsageError: the name or ``train`` is wrong, or the model or the machine refuses it.
    """
    began, name = time.monotonic(), action.name
    made_up = _MADE_UP.fullmatch(name)
    if made_up:
        count, config = int(made_up[1]), _config(run, action.train)
        file = _write(run, [_made_up(run, int(made_up[2]))])
    else:
        of, count, rows = _like(run, name)
        given = action.train
        if not given and of not in run.data.stored:
            given = experiment_of(run, of).submission.train
        config, file = _config(run, given), _write(run, rows)
    tokens, found = foresee(file, config, run, count=count)
    run.ledger.charge("check", seconds=time.monotonic() - began)
    left_s = max(0.0, run.meter.train_left_s())
    most = most_bytes(found, run)
    return {
        "fits": name,
        "rows": count,
        "tokens_per_row": asdict(tokens.tokens),
        "steps": found.steps,
        "tokens_per_s": found.tokens_per_s,
        "seconds": found.train_forecast_s,
        "left_s": left_s,
        "in_time": found.train_forecast_s <= left_s,
        "rows_in_time": int(count * left_s / found.train_forecast_s),
        "peak_bytes": found.peak_bytes,
        "most_bytes": most,
        "in_memory": found.peak_bytes <= most,
    }


def _like(run: Run, name: str) -> tuple[str, int, Sequence[Turns]]:
    """Return whose rows a plan is about, how many there will be, and some of them."""
    parts = _LIKE.fullmatch(name)
    of = name if name in run.data.stored or not parts else parts["of"]
    require_rows(run, of, "Rows of any length are planned by number and tokens, as in 800x120.")
    known = [row for row in training_rows(run, of) if row]
    if not known:
        raise UsageError(f"No row of {of!r} can be trained on; plan with ROWSxTOKENS.")
    count = int(parts["rows"]) if parts and parts["rows"] and of != name else len(known)
    return of, count, [known[at] for at in spread(len(known), MOST_MEASURED)]


def _made_up(run: Run, tokens: int) -> Turns:
    """Return a row of about so many tokens: made of one word, whose tokens are counted first."""
    few = TrainConfig(max_length=131_072)
    counts = [
        row_tokens(_write(run, [_words(run, words)]), few, run).tokens.high for words in (8, 16)
    ]
    each = (counts[1] - counts[0]) / 8 or 1.0
    return _words(run, max(1, round(8 + (tokens - counts[0]) / each)))


def _words(run: Run, count: int) -> Turns:
    return (*run.task.prompt("?"), Message(role="assistant", content=WORD * count))


def _write(run: Run, rows: Sequence[Turns]) -> Path:
    file = run.scratch / "planned.jsonl"
    write_atomic(file, "".join(json.dumps({"messages": turns}) + "\n" for turns in rows))
    return file


def _config(run: Run, text: str) -> TrainConfig:
    read = read_train(text)
    if isinstance(read, Failure):
        raise UsageError(f"train: {read.message}")
    return read if read.objective else read.model_copy(update={"objective": run.objective})
