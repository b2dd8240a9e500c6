"""Which models a run asks: read, and checked for names, keys and packages before anything is spent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ftdojo.errors import UnknownName, UsageError
from ftdojo.llm.prices import Prices
from ftdojo.llm.providers import PROVIDERS
from ftdojo.llm.replay import replayed
from ftdojo.llm.words import ROLES, ChatModel, Role


@dataclass(frozen=True, kw_only=True)
class LlmChoice:
    """Which models a user asked for. It goes into ``run.json`` and holds no secret.

    ``models`` maps roles to ``provider/model``; ``planner`` must be there unless ``replay`` is. ``base_url`` is the
    address of the server of ``openai/...`` (before ``OPENAI_BASE_URL``). ``replay`` is the folder of a run whose
    exchanges answer instead of a model, ``prices`` a file of prices, ``timeout_s`` how long one request may take.
    """

    models: Mapping[Role, str] = field(default_factory=dict)
    base_url: str = ""
    replay: str = ""
    prices: str = ""
    timeout_s: float = 300.0


def open_models(choice: LlmChoice) -> dict[Role, ChatModel]:
    """Return the model of every role. Names, keys and packages are checked; no request is sent.

    Raises:
        UsageError: a model is not written ``provider/model``, the planner is missing, a key is not set, an address is
            none or holds a password, or the price file cannot be read.
        UnknownName: no role or no provider is called that.
        MissingExtra: the package that the provider needs is not installed.
    """
    raise NotImplementedError
