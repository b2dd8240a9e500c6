"""The trusted parts of one run, put together once and handed to every stage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdojo.checks import Ground
from ftdojo.dojo.meter import Meter
from ftdojo.evaluation import Vault
from ftdojo.llm import Llm
from ftdojo.models import LocalModel
from ftdojo.records import Machine, SourceCard, Task
from ftdojo.sources import StoredSource
from ftdojo.store import Cache, Ledger, RunFolder
from ftdojo.worker import Worker

Tell = Callable[[str, Mapping[str, Any]], None]
"""Told of everything that happens, as (kind, facts); for progress displays."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What every stage of a run works with."""

    task: Task
    model: LocalModel
    machine: Machine
    seed: int
    folder: RunFolder
    cache: Cache
    ledger: Ledger
    meter: Meter
    vault: Vault
    worker: Worker
    ground: Ground
    stored: Mapping[str, StoredSource]
    cards: tuple[SourceCard, ...]
    scratch: Path
    tell: Tell
    llm: Llm | None = None

    def note(self, kind: str, /, **facts: Any) -> None:
        """Write what happened to the record, and tell whoever watches."""
        self.folder.event(kind, **facts)
        self.tell(kind, facts)
