"""A run for an agent outside: a process that holds the dojo, its private socket, and the other end of the line."""

from ftdojo.serve.client import ask, await_quiet, begin, go_on, hand_in
from ftdojo.serve.guide import guide
from ftdojo.serve.handing_in import read_submission
from ftdojo.serve.words import (
    CheckRequest,
    FinishRequest,
    LookRequest,
    Resume,
    Start,
    StatusRequest,
    TrainRequest,
    Whats,
)

__all__ = [
    "CheckRequest",
    "FinishRequest",
    "LookRequest",
    "Resume",
    "Start",
    "StatusRequest",
    "TrainRequest",
    "Whats",
    "ask",
    "await_quiet",
    "begin",
    "go_on",
    "guide",
    "hand_in",
    "read_submission",
]
