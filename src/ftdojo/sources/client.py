"""The hub's HTTP: one session, patience, ranges."""

import errno
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ftdojo.records import Dataset
from ftdojo.sources.licences import page


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


_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.ENOENT, errno.EEXIST}


@contextmanager
def quiet_client() -> Iterator[None]:
    """Keep the client's own log and bars off the terminal; errors are reported by us."""
    try:
        from huggingface_hub.utils import logging
    except ModuleNotFoundError:  # reported where the client is needed
        yield
        return
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


@contextmanager
def bars(dataset: str, place: str, total: int) -> Iterator[dict[str, Any]]:
    """Yield what makes the client report to the listener how many of ``total`` bytes are there.

    Older clients cannot do that; then only the beginning and the end are reported.
    """
    from huggingface_hub import hf_hub_download

    done = 0

    class Bar:
        """As much of a tqdm bar as the client uses."""

        def __init__(self, *_: Any, **options: Any) -> None:
            self.total, self.n = options.get("total"), options.get("initial", 0)

        def update(self, count: float | None = 1) -> None:
            nonlocal done
            done += int(count or 0)
            tell(Download(dataset=dataset, place=place, done=min(done, total), total=total))

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

        def close(self) -> None:
            """Leave nothing behind."""

        def set_description(self, *_: object, **__: object) -> None:
            """Show nothing."""

        def refresh(self, *_: object, **__: object) -> None:
            """Draw nothing."""

    if not total:
        yield {}
        return
    tell(Download(dataset=dataset, place=place, done=0, total=total))
    known = "tqdm_class" in inspect.signature(inspect.unwrap(hf_hub_download)).parameters
    yield {"tqdm_class": Bar} if known else {}
    tell(Download(dataset=dataset, place=place, done=total, total=total))


def explain(error: Exception, dataset: Dataset, *, no_revision: str, not_here: str) -> str:
    """Return the client's error as one line; the narrower classes come first."""
    from huggingface_hub import constants, errors

    answered = isinstance(error, errors.HfHubHTTPError | errors.HFValidationError)
    cause = error if answered else error.__cause__ or error
    reason = (str(cause).strip() or type(cause).__name__).splitlines()[0][:200]
    match cause:
        case errors.GatedRepoError():
            return (
                f"{dataset.name} is gated: accept its licence ({dataset.licence}) at {page(dataset)}, then set "
                "HF_TOKEN to a token of that account."
            )
        case errors.RevisionNotFoundError():
            return no_revision
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            return (
                f"The hub has no data set {dataset.hub_id!r}, or it is private; set HF_TOKEN if it is, or point "
                f"FTDOJO_MIRROR at a folder that holds {dataset.name}."
            )
        case OSError() if cause.errno in _FULL | _CLOSED:
            return (
                f"{constants.HF_HUB_CACHE} cannot be written ({cause.strerror}); make room there, or set HF_HOME to "
                "a folder on another disk."
            )
        case _ if constants.HF_HUB_OFFLINE:
            return f"{not_here} and HF_HUB_OFFLINE is not set."
        case _:
            return f"{not_here}; {constants.ENDPOINT} could not be reached ({reason})."
