"""Downloads as they are seen on stderr: a bar that moves on a terminal, one line a data set elsewhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ftdojo.sources import Download, on_download

_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(bar_width=28),
    DownloadColumn(),
    TransferSpeedColumn(),
    TimeRemainingColumn(),
)


@contextmanager
def shown_downloads() -> Iterator[None]:
    """Show every download of data inside the block."""
    console = Console(stderr=True)
    plain = console.no_color or console.is_dumb_terminal or os.environ.get("CI")
    if not console.is_terminal or plain:
        with on_download(_say):
            yield
        return
    with Progress(*_COLUMNS, console=console, transient=True) as shown:
        bars = {}

        def move(download: Download) -> None:
            name = download.dataset
            if name not in bars:
                bars[name] = shown.add_task(name, total=download.total)
            shown.update(bars[name], completed=download.done, total=download.total)

        with on_download(move):
            yield


def _say(download: Download) -> None:
    if not download.done:
        told = f"{download.dataset}: downloading {download.total / 1e6:,.1f} MB from"
        print(f"{told} {download.place} ...", file=sys.stderr, flush=True)
