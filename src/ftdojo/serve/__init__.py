"""A run for an agent outside: a process that holds the dojo, its private socket, and the other end of the line."""

from ftdojo.serve.client import (
    ask,
    await_quiet,
    begin,
    go_on,
    hand_in,
    played_run,
    read_submission,
    read_text,
)
from ftdojo.serve.jobs import words
from ftdojo.serve.protocol import (
    CheckRequest,
    FinishRequest,
    Job,
    LookRequest,
    MergeRequest,
    Resume,
    Start,
    StatusRequest,
    StopRequest,
    TrainRequest,
    Whats,
)
from ftdojo.serve.views import guide

__all__ = [
    "CheckRequest",
    "FinishRequest",
    "Job",
    "LookRequest",
    "MergeRequest",
    "Resume",
    "Start",
    "StatusRequest",
    "StopRequest",
    "TrainRequest",
    "Whats",
    "ask",
    "await_quiet",
    "begin",
    "go_on",
    "guide",
    "hand_in",
    "played_run",
    "read_submission",
    "read_text",
    "words",
]
