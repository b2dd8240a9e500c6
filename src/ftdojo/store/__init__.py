"""The record: run folders, the ledger and the cache. Files are the truth; nothing here is a database or a pickle."""

from ftdojo.store.asked import RunConfig, new_run_id, run_ids
from ftdojo.store.cache import Cache, Kind
from ftdojo.store.codec import dump, load
from ftdojo.store.files import append_line, free_bytes, require_free, write_atomic, write_once
from ftdojo.store.ledger import NANO, Ledger
from ftdojo.store.run import RunFolder
from ftdojo.store.trajectory import EventLog, LossLog, trajectory

__all__ = [
    "NANO",
    "Cache",
    "EventLog",
    "Kind",
    "Ledger",
    "LossLog",
    "RunConfig",
    "RunFolder",
    "append_line",
    "dump",
    "free_bytes",
    "load",
    "new_run_id",
    "require_free",
    "run_ids",
    "trajectory",
    "write_atomic",
    "write_once",
]
