"""Helpers for data scripts: sources in, chat rows out, and language models by way of the run's gateway.

Pure standard library. It is imported in the sandbox only, where ftdojo itself is not to be seen, so it knows nothing of
it. See docs/data-scripts.md.
"""
# ruff: noqa: TID252 - the package is ftkit in the sandbox and lies below ftdojo for the tools that check it.

from .models import AskError, CapReached, ask, ask_many
from .picking import dedup, keep, length, matches, non_empty
from .rows import chat, dry_run, examples, filled, load, mix, row_losses, sample, sources, write

__all__ = [
    "AskError",
    "CapReached",
    "ask",
    "ask_many",
    "chat",
    "dedup",
    "dry_run",
    "examples",
    "filled",
    "keep",
    "length",
    "load",
    "matches",
    "mix",
    "non_empty",
    "row_losses",
    "sample",
    "sources",
    "write",
]
