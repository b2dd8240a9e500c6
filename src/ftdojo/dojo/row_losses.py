"""Row losses: what each row of a source, or of an experiment's data, costs the base or trained weights.

A model learns what most rows of a clean source have in common before it learns the slips of another one, so rows with a
small loss are more often right (Arpit et al. 2017, arXiv 1706.05394; Han et al. 2018, arXiv 1804.06872). Losses are per
token of the answer, in nats. They are written where data scripts read them, one line a row, and never change afterwards.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ftdojo.checks import lay_losses
from ftdojo.dojo.measuring import RowLoss, Turns, experiment_of, measured, rows_of, weights_by
from ftdojo.dojo.run import Run
from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import BASE, Message
from ftdojo.sources import each_row, spread
from ftdojo.stats import estimate, quantiles
from ftdojo.store import RunFolder, dump, load, write_atomic
from ftdojo.submissions import ShapeError, conversation
from ftdojo.worker import MAX_ROW_BYTES

MOST_TOKENS = 1024
"""Longer rows are cut, as a training cuts them unless it says otherwise."""
TEXT = 2000
_NAME = re.compile(r"(?P<of>.+?)(?:@(?P<by>base|e[1-9][0-9]{0,5}))?(?::(?P<rows>[1-9][0-9]{0,6}))?")


@dataclass(frozen=True, kw_only=True)
class AskedLosses:
    """Whose rows (a source, or an experiment's data), by whose weights, and how many of them; None is all."""

    of: str
    by: str = BASE
    rows: int | None = None

    @property
    def name(self) -> str:
        """Under which they are asked for, and kept."""
        return f"{self.of}@{self.by}" + (f":{self.rows}" if self.rows else "")


def show_losses(run: Run, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield what the losses called ``name`` are like, then the rows, those with the greatest loss first.

    ``name`` is ``SOURCE``, or an experiment for the rows that its script built, then ``@base`` (the default) or
    ``@EXPERIMENT`` for whose weights, then ``:ROWS`` for that many rows, spread evenly.

    Raises:
        UsageError: there is no such source, experiment or weights; no row can be measured, or not within the time left.
    """
    asked, began = _asked(run, name), time.monotonic()
    turns = training_rows(run, asked.of)
    found = _kept(run.folder, asked.name) or _measured(run, asked, turns)
    run.ledger.charge("data", seconds=time.monotonic() - began)
    known = [(each.loss, at) for at, each in enumerate(found) if each.loss is not None]
    yield _summary(asked, found, [loss for loss, _ in known])
    for loss, at in sorted(known, key=lambda each: (-each[0], each[1])):
        question, answer = (turn["content"][:TEXT] for turn in (turns[at] or ())[-2:])
        tokens = found[at].tokens
        yield {"row": at, "loss": loss, "tokens": tokens, "question": question, "answer": answer}


def _asked(run: Run, name: str) -> AskedLosses:
    """Return what ``name`` asks for; a source may be called anything, and comes first."""
    asked, found = AskedLosses(of=name), _NAME.fullmatch(name)
    if name not in run.data.stored and found:
        rows = int(found["rows"]) if found["rows"] else None
        asked = AskedLosses(of=found["of"], by=found["by"] or BASE, rows=rows)
    require_rows(run, asked.of)
    weights_by(run, asked.by)
    return asked


def require_rows(run: Run, of: str, hint: str = "") -> None:
    """Refuse what is neither a source nor an experiment whose rows were built.

    Raises:
        UnknownName: there is no such thing.
    """
    experiments = run.folder.experiments()
    built_ = [each.id for each in experiments if each.feedback and each.feedback.check.data]
    if of not in (known := [*run.data.stored, *built_]):
        raise UnknownName("source or experiment with rows", of, known, hint)


def training_rows(run: Run, of: str) -> list[Turns | None]:
    """Return the rows of a source, by its templates, or those that a script wrote; None for what is no training row.

    Raises:
        UsageError: the script fails now.
    """
    if of not in run.data.stored:
        return [row.messages for row in rows_of(run, experiment_of(run, of))]
    source = next(each for each in run.task.sources if each.name == of)
    return [_trainable(run, *source.example(raw)) for raw in each_row(run.data.stored[of])]


def _trainable(run: Run, question: str, answer: str) -> Turns | None:
    turns = [*run.task.prompt(question), Message(role="assistant", content=answer)]
    if len(json.dumps(turns)) > MAX_ROW_BYTES // 2:
        return None
    try:
        return conversation({"messages": turns}).messages
    except ShapeError:
        return None


def _measured(run: Run, asked: AskedLosses, turns: Sequence[Turns | None]) -> list[RowLoss]:
    """Measure, and write down where the run keeps them and where its scripts read them."""
    chosen = {at: row for at in spread(len(turns), asked.rows or len(turns)) if (row := turns[at])}
    if not chosen:
        raise UsageError(f"None of the {len(turns)} rows of {asked.of!r} can be shown to a model.")
    few = replace(asked, rows=max(1, len(chosen) // 4)).name
    found = measured(
        run,
        list(chosen.values()),
        by=asked.by,
        max_length=min(MOST_TOKENS, run.model.context or MOST_TOKENS),
        fewer=f"ask for some of them, as in losses {few}",
    )
    known = dict(zip(chosen, found, strict=True))
    whole = [known.get(at, RowLoss()) for at in range(len(turns))]
    lines = [dump(each) + "\n" for each in whole]
    _path(run.folder, asked.name).parent.mkdir(exist_ok=True)
    write_atomic(_path(run.folder, asked.name), "".join(lines))
    lay_losses(run.data, asked.name, lines)
    return whole


def _kept(folder: RunFolder, name: str) -> list[RowLoss]:
    """Return the losses as the run has them on record; none if they were not asked for yet."""
    path = _path(folder, name)
    if not path.exists():
        return []
    with path.open(encoding="utf8") as file:
        return [load(RowLoss, line, where=path) for line in file]


def _path(folder: RunFolder, name: str) -> Path:
    return folder.path / "losses" / f"{name}.jsonl"


def _summary(
    asked: AskedLosses, found: Sequence[RowLoss], losses: Sequence[float]
) -> Mapping[str, Any]:
    return {
        "losses": asked.name,
        "rows": len(found),
        "measured": len(losses),
        "tokens": sum(each.tokens for each in found),
        "loss": asdict(estimate(losses)),
        "quantiles": asdict(quantiles(losses)),
        "in_data_py": f"ftkit.row_losses({asked.name!r})",
    }
