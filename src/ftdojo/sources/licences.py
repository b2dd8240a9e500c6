"""Licences that forbid commercial use: shown wherever the data are, and agreed to before a download from a hub.

A mirror was set up by the user, who knows what is in it: it counts as agreed, and the log notes that once.
"""

import logging
import re
from functools import cache
from pathlib import Path

from ftdojo.config import accepted_licences
from ftdojo.errors import SourceError
from ftdojo.records import Dataset
from ftdojo.sources.files import cache_errors, read_json, write_json

_log = logging.getLogger(__name__)


def warning(dataset: Dataset) -> str:
    """Return what the licence forbids, in one sentence, or nothing.

    Example:
        >>> warning(Dataset(name="x", hub_id="o/x", revision="main", licence="MIT", parts={}, fields={}))
        ''
    """
    if dataset.commercial:
        return ""
    return f"{dataset.name} is under {dataset.licence}, which does not allow commercial use."


def require(dataset: Dataset, *, cache: Path) -> None:
    """Check that the user agreed to the licence, where it forbids commercial use.

    Raises:
        SourceError: not yet.
    """
    if dataset.commercial or _is_accepted(dataset, cache):
        return
    raise SourceError(
        f"{warning(dataset)[:-1]}: read {page(dataset)}, then agree once with "
        f"`ftdojo sources pull {dataset.name} --accept-licence`, or name the licence in FTDOJO_ACCEPT_LICENCES."
    )


def accept(dataset: Dataset, *, cache: Path) -> None:
    """Remember that the user agreed to the licence of ``dataset``.

    Raises:
        SourceError: the cache cannot be written.
    """
    home = _home(cache)
    with cache_errors(home):
        write_json(home, read_json(home) | {dataset.name: dataset.licence})


def page(dataset: Dataset) -> str:
    """Return the address where people read about the data set and agree to its terms."""
    return f"https://huggingface.co/datasets/{dataset.hub_id}"


@cache
def warn_once(dataset: str, sentence: str) -> None:
    """Log what the licence of ``dataset`` forbids, once a process."""
    _log.warning("%s It is read from your mirror, which counts as your agreement.", sentence)


def _is_accepted(dataset: Dataset, cache: Path) -> bool:
    named = {_plain(each) for each in accepted_licences()}
    return _plain(dataset.licence) in named or read_json(_home(cache)).get(dataset.name) == (
        dataset.licence
    )


def _home(cache: Path) -> Path:
    return cache / "datasets" / "accepted-licences.json"


def _plain(licence: str) -> str:
    """Return a licence's name without what people write differently: ``CC BY-NC 4.0`` and ``cc-by-nc-4.0``."""
    return re.sub(r"[^a-z0-9.]", "", licence.casefold())
