"""What holds while something is asked for: whether anything may be downloaded, and who hears of downloads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Download:
    """How far a download is; ``done`` of ``total`` bytes, all files that are still missing together."""

    dataset: str
    place: str
    done: int
    total: int


Listener = Callable[[Download], None]


def _nobody(download: Download) -> None:
    """Hear of a download and say nothing."""


_listener: ContextVar[Listener] = ContextVar("listener", default=_nobody)
_local: ContextVar[bool] = ContextVar("local", default=False)


@contextmanager
def local_only() -> Iterator[None]:
    """Answer from what is on this machine: inside the block nothing is downloaded, and what is not here is an error."""
    before = _local.set(True)
    try:
        yield
    finally:
        _local.reset(before)


@contextmanager
def on_download(listener: Listener) -> Iterator[None]:
    """Let ``listener`` hear of every download inside the block: once before the first byte, then as bytes come in."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def may_download() -> bool:
    """Return whether no ``local_only`` block is open."""
    return not _local.get()


def tell(download: Download) -> None:
    """Tell whoever listens."""
    _listener.get()(download)
