"""Language models that agents ask: one small chat interface, priced, recorded, replayable; keys stay here."""

from ftdojo.llm.asking import Llm
from ftdojo.llm.choice import LlmChoice, open_models
from ftdojo.llm.record import Exchange, Exchanges
from ftdojo.llm.redaction import redact
from ftdojo.llm.replay import Replay, replayed
from ftdojo.llm.words import ROLES, Ask, ChatModel, Finish, Reply, Role, Usage

__all__ = [
    "ROLES",
    "Ask",
    "ChatModel",
    "Exchange",
    "Exchanges",
    "Finish",
    "Llm",
    "LlmChoice",
    "Replay",
    "Reply",
    "Role",
    "Usage",
    "open_models",
    "redact",
    "replayed",
]
