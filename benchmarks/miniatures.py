"""How much data decides: a miniature's score before training and after training on one of its sources.

    python -m benchmarks.miniatures TASK                                   # the base alone
    python -m benchmarks.miniatures TASK --source S --rows N --seed 0      # the base, and trained on N rows of S
    python -m benchmarks.miniatures --all                                  # base, worst and best source of each
    python -m benchmarks.miniatures --all --items 4 --rows 8 --model tiny  # proves that it works, measures nothing

Rows are drawn at random from one source and put into the task's own prompt, nothing is cleaned. Training is LoRA r=16 on
all linear layers, learning rate 1e-3, batches of 8, one epoch; the validation items are answered greedily, all by the
product's own worker. A Markdown table goes to stdout, a line a measurement as soon as it is there; progress goes to
stderr, and everything to ``benchmarks/results/miniatures-*.jsonl``, outputs included.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import say
from ftdojo import tasks
from ftdojo.config import cache_dir
from ftdojo.errors import FtdojoError, UsageError
from ftdojo.evaluation import evaluate, report
from ftdojo.models import pull
from ftdojo.records import (
    Completion,
    Estimate,
    EvaluationReport,
    Graded,
    Item,
    LossPoint,
    Message,
    Task,
    Weights,
)
from ftdojo.submissions import TrainConfig
from ftdojo.worker import Worker

RESULTS = Path(__file__).parent / "results"
CHUNK = 128
ITEM_S = 60.0
"""Slowest that answering one item may be."""
PAIRS: Mapping[str, tuple[str, str]] = {
    "tables/mini": ("remarks", "read-aloud"),
    "chemistry/mini": ("captions", "inventories"),
    "finance/mini": ("tutorials", "solutions"),
    "patent/mini": ("letters", "element-charts"),
}
"""Miniature -> its worst source that is on the subject, and its best."""
HEAD = (
    "| task | source | rows | score (95 % interval), n | secondary | unreadable | training | scoring |\n"
    "|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is the same for all measurements of a run."""

    model: str = "smollm2-135m"
    rows: int = 800
    seed: int = 0
    items: int | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One score; ``source`` is empty for the base. Seconds of training are those of the training loop."""

    task: str
    source: str
    rows: int
    setting: Setting
    report: EvaluationReport
    train_s: float
    outputs: Sequence[Graded] = field(repr=False)


class Lab:
    """A warm worker, and what is measured with it.

    Args:
        setting: of every measurement.
        folder: for rows and weights; nothing in it is worth keeping.
    """

    def __init__(self, setting: Setting, folder: Path) -> None:
        self._setting, self._folder = setting, folder
        model = pull(setting.model, cache=cache_dir(), on_progress=say)
        self._worker = Worker(model, log=folder / "worker.log")

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def base(self, name: str) -> Measured:
        """Score the base model."""
        return self._scored(tasks.get(name), source="", rows=0, weights=None, train_s=0.0)

    def trained(self, name: str, source: str) -> Measured:
        """Train on rows of ``source`` and score."""
        task = tasks.get(name)
        file = self._folder / "rows.jsonl"
        count = write_rows(file, task, source, self._setting)
        weights = self._folder / f"{name}-{source}".replace("/", "-")
        say(f"{name}: training on {count} rows of {source}")
        done = self._worker.train(
            file, config(self._setting.seed), to=weights, seconds=None, on_step=_told
        )
        made = Weights(path=weights, digest=done.weights_digest, kind="adapter")
        return self._scored(task, source=source, rows=count, weights=made, train_s=done.seconds)

    def _scored(
        self, task: Task, *, source: str, rows: int, weights: Weights | None, train_s: float
    ) -> Measured:
        items = task.items("validation")[: self._setting.items]
        self._worker.start()
        say(f"{task.name}: scoring {source or 'the base'} on {len(items)} items")
        began = time.monotonic()
        graded = self._graded(task, items, weights)
        seconds = time.monotonic() - began
        return Measured(
            task=task.name,
            source=source,
            rows=rows,
            setting=self._setting,
            report=report(graded, task, split="validation", items=items, seconds=seconds),
            train_s=train_s,
            outputs=graded,
        )

    def _graded(self, task: Task, items: Sequence[Item], weights: Weights | None) -> list[Graded]:
        def answer(prompts: Sequence[Sequence[Message]]) -> Sequence[Completion]:
            return self._worker.generate(
                prompts,
                decoding=task.decoding,
                weights=weights,
                timeout_s=60 + ITEM_S * len(prompts),
            )

        return evaluate(items, task, generate=answer, chunk=CHUNK)[0]


def config(seed: int) -> TrainConfig:
    """Return the setting of the tables in docs/results.md."""
    return TrainConfig(
        per_device_train_batch_size=8, learning_rate=1e-3, r=16, lora_alpha=32, seed=seed
    )


def write_rows(file: Path, task: Task, source: str, setting: Setting) -> int:
    """Write ``setting.rows`` rows of ``source``, drawn at random, as training rows; return how many there are.

    Raises:
        UsageError: the task has no such source.
    """
    known = {each.name: each for each in task.sources}
    if source not in known:
        raise UsageError(f"{task.name} has no source {source!r}; name one of {', '.join(known)}.")
    card = known[source]
    pool = list(card.rows())
    random.Random(f"{source}/{setting.seed}").shuffle(pool)
    with file.open("w", encoding="utf8") as out:
        for row in pool[: setting.rows]:
            answer = Message(role="assistant", content=str(row[card.response_field]).strip())
            turns = [*task.prompt(str(row[card.prompt_field]).strip()), answer]
            out.write(json.dumps({"messages": turns}) + "\n")
    return min(setting.rows, len(pool))


def line(measured: Measured) -> str:
    """Return a measurement as a line of the table."""
    told = measured.report
    secondary = ", ".join(f"`{name}` {_amount(each)}" for name, each in told.secondary.items())
    low, high = (round(100 * bound) for bound in (told.score.low, told.score.high))
    cells = (
        f"`{measured.task}`",
        f"`{measured.source}`" if measured.source else "none (base model)",
        str(measured.rows),
        f"{100 * told.score.score:.0f} % ({low} to {high}), n = {told.score.n}",
        secondary,
        f"{100 * told.unreadable_share:.0f} %",
        f"{measured.train_s:.0f} s" if measured.source else "-",
        f"{told.seconds:.0f} s",
    )
    return f"| {' | '.join(cells)} |"


def _amount(each: Estimate) -> str:
    return f"{100 * each.score:.0f} %" if each.high <= 1 else f"{each.score:.2f}"


def _told(point: LossPoint) -> None:
    if point.step % 10 == 0:
        say(f"step {point.step}: loss {point.loss:.3f}")


def main() -> None:
    """Measure what was asked for."""
    asked = _options()
    setting = Setting(model=asked.model, rows=asked.rows, seed=asked.seed, items=asked.items)
    asked.out.mkdir(parents=True, exist_ok=True)
    kept = asked.out / f"miniatures-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl"
    print(HEAD, flush=True)
    try:
        for measured in _measurements(asked, setting):
            print(line(measured), flush=True)
            with kept.open("a", encoding="utf8") as out:
                out.write(json.dumps(asdict(measured)) + "\n")
    except FtdojoError as error:
        sys.exit(f"benchmarks: {error}")
    say(f"written to {kept}")


def _measurements(asked: argparse.Namespace, setting: Setting) -> Iterator[Measured]:
    for name in _asked_for(asked):
        tasks.get(name).items("validation")  # a missing extra is told now, not half an hour later
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(setting, Path(folder))
        try:
            for name, sources in _asked_for(asked).items():
                yield lab.base(name)
                for source in sources:
                    yield lab.trained(name, source)
        finally:
            lab.close()


def _asked_for(asked: argparse.Namespace) -> Mapping[str, Sequence[str]]:
    return PAIRS if asked.all else {asked.task: asked.source}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.miniatures", description=(__doc__ or "").partition("\n")[0]
    )
    standard = Setting()
    parser.add_argument("task", nargs="?", help="a miniature, such as tables/mini")
    parser.add_argument("--all", action="store_true", help="base, worst and best source of each")
    parser.add_argument("--source", action="append", default=[], help="may be repeated")
    parser.add_argument("--rows", type=int, default=standard.rows, help="rows to train on")
    parser.add_argument("--seed", type=int, default=standard.seed, help="of rows and training")
    parser.add_argument("--model", default=standard.model, help="another base model")
    parser.add_argument("--items", type=int, help="score only so many items: a trial, no measure")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the JSON lines")
    asked = parser.parse_args()
    if asked.all == bool(asked.task) or (asked.all and asked.source):
        parser.error("name one task, with or without --source, or give --all alone")
    return asked


if __name__ == "__main__":
    main()
