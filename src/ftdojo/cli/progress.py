"""What a run says while it goes on: a live bar on a terminal, plain lines elsewhere. All of it on stderr."""

import os
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, assert_never

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ftdojo.cli.streams import unguarded_stderr
from ftdojo.cli.tables import one_line, verdict
from ftdojo.records import (
    Announced,
    BaseScored,
    Estimate,
    Event,
    ExperimentBegan,
    ExperimentEnded,
    FinalEvaluationBegan,
    FinalTestOpened,
    Listener,
    PassAdvanced,
    ShortcutsFound,
    StageReached,
    TrainingBegan,
    TrainingEnded,
    TrainingStepped,
    WeightsReused,
    WorkerLost,
)
from ftdojo.report.evidence import headline_of

HANGING: dict[str, Any] = {
    "subsequent_indent": " " * len("    0 s  "),
    "break_long_words": False,
    "break_on_hyphens": False,
}


@contextmanager
def progress(budget_s: float, *, quiet: bool) -> Iterator[Listener]:
    """Yield a listener that shows a run's events."""
    if quiet:
        yield lambda event: None
        return
    console = Console(file=unguarded_stderr())
    if _is_lively(console):
        with _bars(console, budget_s) as show:
            yield show
        return
    began = time.monotonic()

    def show_plainly(event: Event) -> None:
        line = _line(event)
        if line:
            print(_stamped(line, began), file=sys.stderr, flush=True)

    yield show_plainly


def _is_lively(console: Console) -> bool:
    """Return whether bars may move: a terminal that obeys, and nobody who asked for plain text."""
    plain = console.no_color or console.is_dumb_terminal or os.environ.get("CI")
    return console.is_terminal and not plain


def _stamped(line: str, began: float) -> str:
    return f"{time.monotonic() - began:5.0f} s  {one_line(line)}"


@contextmanager
def _bars(console: Console, budget_s: float) -> Iterator[Listener]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        whole = bars.add_task("budget", total=budget_s, detail="")
        stage = bars.add_task("getting ready", total=None, detail="")
        began = time.monotonic()

        def show(event: Event) -> None:
            bars.update(whole, completed=time.monotonic() - began)
            now = _now(event)
            if now:
                bars.update(stage, **now)
            line = _line(event)
            if line:
                text = _stamped(line, began)
                room = max(40, console.width)
                wrapped = textwrap.fill(text, width=room, **HANGING)
                console.print(wrapped, highlight=False, markup=False, soft_wrap=True)

        yield show


def _now(event: Event) -> dict[str, Any]:
    """Return what the bar of the present stage shows."""
    match event:
        case TrainingStepped():
            return {
                "description": f"{event.experiment} training",
                "completed": event.point.step,
                "total": event.of or None,
                "detail": f"loss {event.point.loss:.3f}",
            }
        case PassAdvanced():
            return {
                "description": f"{event.experiment} {event.split}",
                "completed": event.done,
                "total": event.of,
                "detail": "",
            }
        case StageReached():
            description = f"{event.experiment} check: {event.stage}".strip()
            return {"description": description, "total": None, "detail": ""}
        case _:
            return {}


def _line(event: Event) -> str:
    """Return the one line that an event is worth, or nothing."""
    match event:
        case Announced():
            return event.text
        case ShortcutsFound():
            return "; ".join(event.shortcuts.words())
        case BaseScored():
            return f"base: validation {_score(event.score)}"
        case ExperimentBegan():
            return f"{event.experiment}: {headline_of(event.plan, limit=160)}"
        case WeightsReused() | TrainingBegan() | TrainingEnded() | ExperimentEnded():
            return f"{event.experiment}: {_happened(event)}"
        case WorkerLost():
            return f"{event.experiment}: {event.message}" if event.experiment else event.message
        case FinalEvaluationBegan() | FinalTestOpened():
            return _at_the_end(event)
        case _:
            return ""


def _happened(event: WeightsReused | TrainingBegan | TrainingEnded | ExperimentEnded) -> str:
    """Return what became of an experiment."""
    match event:
        case WeightsReused():
            return "the weights of an equal training are in the cache"
        case TrainingBegan():
            return (
                f"training {event.steps} steps on {event.rows} rows, forecast {event.forecast_s:.0f} s; ended after "
                f"{event.most_s:.0f} s at most, with what it has then"
            )
        case TrainingEnded():
            return f"trained in {event.seconds:.0f} s, loss {event.loss:.3f}"
        case ExperimentEnded():
            return _ending(event)
        case _:
            assert_never(event)


def _at_the_end(event: FinalEvaluationBegan | FinalTestOpened) -> str:
    if isinstance(event, FinalTestOpened):
        return f"confirmation is over; the test is opened, once, for {event.chosen}"
    by = f" ({event.stopped_by} used up)" if event.stopped_by else ""
    lost = f"the agent gave up: {event.gave_up} " if event.gave_up else ""
    return f"{lost}finishing with {event.proposed}{by}: confirmation, then the test, once"


def _ending(event: ExperimentEnded) -> str:
    if event.score is None:
        return f"failed: {event.failure}"
    early = ", stopped early" if event.score.n < event.planned else ""
    judged = f": {verdict(event.verdict, event.against)}" if event.verdict else ""
    noticed = "".join(f" {each}" for each in event.remarks)
    return f"validation {_score(event.score)}{early}{judged}{noticed}"


def _score(score: Estimate) -> str:
    return f"{score.score:.3f} [{score.low:.3f}, {score.high:.3f}], n = {score.n}"
