"""Language models for agents: one small chat interface, priced, recorded, replayable; keys stay here."""

from ftdojo.llm.asking import Llm
from ftdojo.llm.choice import open_models
from ftdojo.llm.patience import Waiting
from ftdojo.llm.record import Exchange, Exchanges, Replay, redact, replayed
from ftdojo.llm.types import Ask, ChatModel, Finish, Reply, Usage

__all__ = [
    "Ask",
    "ChatModel",
    "Exchange",
    "Exchanges",
    "Finish",
    "Llm",
    "Replay",
    "Reply",
    "Usage",
    "Waiting",
    "open_models",
    "redact",
    "replayed",
]
