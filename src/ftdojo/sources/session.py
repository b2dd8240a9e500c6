"""What holds inside a block of code: whether anything may be downloaded, and who listens to downloads."""

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


def _ignore(download: Download) -> None:
    """Ignore a download."""


_listener: ContextVar[Listener] = ContextVar("listener", default=_ignore)
_local: ContextVar[bool] = ContextVar("local", default=False)


@contextmanager
def local_only() -> Iterator[None]:
    """Read only what is on this machine: inside the block nothing is downloaded, and what is not here is an error."""
    before = _local.set(True)
    try:
        yield
    finally:
        _local.reset(before)


@contextmanager
def on_download(listener: Listener) -> Iterator[None]:
    """Report every download inside the block to ``listener``: once before the first byte, then as bytes come in."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def may_download() -> bool:
    """Return whether no ``local_only`` block is open."""
    return not _local.get()


def tell(download: Download) -> None:
    """Report ``download`` to the listener."""
    _listener.get()(download)
