"""The worker: one warm process that holds tokenizer and base weights, trains and generates. Trusted code only."""

from ftdojo.worker.backends import WorkerEngine, WorkerTrainer, engines, trainers
from ftdojo.worker.client import Worker, WorkerFault, tried
from ftdojo.worker.messages import MAX_ROW_BYTES, MAX_ROWS, TokenReport

__all__ = [
    "MAX_ROWS",
    "MAX_ROW_BYTES",
    "TokenReport",
    "Worker",
    "WorkerEngine",
    "WorkerFault",
    "WorkerTrainer",
    "engines",
    "trainers",
    "tried",
]
