"""Raw data sets that somebody else publishes: where they are, under which licence, and how their files are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def as_it_is(row: dict[str, Any]) -> dict[str, Any]:
    """Return a raw row unchanged."""
    return row


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a data set.

    ``files`` are glob patterns of the hub repository's files that hold it (JSON, CSV, Parquet or Arrow). ``read`` turns
    a row of those files into a row with the data set's own field names, or None for one that does not belong here. It
    finds the file's name, without its ending, under ``_file`` and the line, from 1, under ``_line``.
    """

    files: tuple[str, ...]
    read: Callable[[dict[str, Any]], dict[str, Any] | None] = as_it_is


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One published data set.

    ``name`` is also its folder in a mirror, where each part is ``<part>.jsonl`` or ``<part>.parquet`` with the fields
    that ``Part.read`` gives. ``revision`` pins what is fetched from the hub. ``commercial`` is whether the licence
    allows commercial use; ``gated`` whether the hub asks for an agreement first.
    """

    name: str
    hub_id: str
    revision: str
    licence: str
    parts: Mapping[str, Part]
    fields: Mapping[str, str]
    commercial: bool = True
    gated: bool = False
