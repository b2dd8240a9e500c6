"""The worker: one warm process that holds tokenizer and base weights, trains and generates. Trusted code only."""

from ftdojo.worker.client import Asking, Worker, WorkerFault
from ftdojo.worker.words import MAX_ROW_BYTES, MAX_ROWS, TRAINERS, Generated, TokenReport

__all__ = [
    "MAX_ROWS",
    "MAX_ROW_BYTES",
    "TRAINERS",
    "Asking",
    "Generated",
    "TokenReport",
    "Worker",
    "WorkerFault",
]
