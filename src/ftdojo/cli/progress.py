"""What a run says while it goes on: a live bar on a terminal, plain lines elsewhere. All of it on stderr."""

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ftdojo.cli.tables import one_line, verdict
from ftdojo.report.evidence import headline_of

HANGING: dict[str, Any] = {
    "subsequent_indent": " " * len("    0 s  "),
    "break_long_words": False,
    "break_on_hyphens": False,
}

Tell = Callable[[str, Mapping[str, Any]], None]


@contextmanager
def progress(budget_s: float, *, quiet: bool) -> Iterator[Tell]:
    """Yield what is to be told of a run's events."""
    if quiet:
        yield lambda kind, facts: None
        return
    console = Console(stderr=True)
    if _is_lively(console):
        with _bars(console, budget_s) as tell:
            yield tell
        return
    began = time.monotonic()

    def tell_plainly(kind: str, facts: Mapping[str, Any]) -> None:
        line = _line(kind, facts)
        if line:
            print(_stamped(line, began), file=sys.stderr, flush=True)

    yield tell_plainly


def _is_lively(console: Console) -> bool:
    """Return whether bars may move: a terminal that obeys, and nobody who asked for plain text."""
    plain = console.no_color or console.is_dumb_terminal or os.environ.get("CI")
    return console.is_terminal and not plain


def _stamped(line: str, began: float) -> str:
    return f"{time.monotonic() - began:5.0f} s  {one_line(line)}"


@contextmanager
def _bars(console: Console, budget_s: float) -> Iterator[Tell]:
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

        def tell(kind: str, facts: Mapping[str, Any]) -> None:
            bars.update(whole, completed=time.monotonic() - began)
            now = _now(kind, facts)
            if now:
                bars.update(stage, **now)
            line = _line(kind, facts)
            if line:
                text = _stamped(line, began)
                room = max(40, console.width)
                told = textwrap.fill(text, width=room, **HANGING)
                console.print(told, highlight=False, markup=False, soft_wrap=True)

        yield tell


def _now(kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the bar of the present stage shows."""
    name = facts.get("experiment", "")
    if kind == "step":
        return {
            "description": f"{name} training",
            "completed": facts["step"],
            "total": facts["of"] or None,
            "detail": f"loss {facts['loss']:.3f}",
        }
    if kind == "scoring":
        return {
            "description": f"{name} {facts['split']}",
            "completed": facts["done"],
            "total": facts["of"],
            "detail": "",
        }
    if kind == "rung":
        return {
            "description": f"{name} check: {facts['rung']}".strip(),
            "total": None,
            "detail": "",
        }
    return {}


def _line(kind: str, facts: Mapping[str, Any]) -> str:
    """Return the one line that an event is worth, or nothing."""
    name = facts.get("experiment", "")
    if kind == "progress":
        return str(facts["text"])
    if kind == "base":
        return f"base: validation {_score(facts)}"
    if kind == "plan":
        return f"{name}: {headline_of(facts['plan'], limit=160)}"
    if kind == "trained":
        return f"{name}: trained in {facts['seconds']:.0f} s, loss {facts['loss']:.3f}"
    if kind == "experiment-ended":
        if facts["failure"]:
            return f"{name}: failed: {facts['failure']}"
        noticed = "".join(f" {each}" for each in facts.get("remarks", ()))
        return f"{name}: validation {_score(facts)}{_verdict(facts)}{noticed}"
    if kind == "cached":
        return f"{name}: the {facts['what']} of an equal training are in the cache"
    if kind == "worker-lost":
        return f"{name}: {facts['message']}"
    if kind == "finish":
        by = f" ({facts['stopped_by']} used up)" if facts.get("stopped_by") else ""
        return f"finishing with {facts['proposed']}{by}: confirmation, then the test, once"
    return ""


def _score(facts: Mapping[str, Any]) -> str:
    return f"{facts['score']:.3f} [{facts['low']:.3f}, {facts['high']:.3f}], n = {facts['n']}"


def _verdict(facts: Mapping[str, Any]) -> str:
    early = ", stopped early" if facts["n"] < facts["planned"] else ""
    told = f": {verdict(facts['verdict'], facts['against'])}" if "verdict" in facts else ""
    return early + told
