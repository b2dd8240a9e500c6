"""Which models a run uses: read, and checked for names, keys and packages before anything is spent."""

from dataclasses import replace
from pathlib import Path

from ftdojo.errors import UnknownName, UsageError
from ftdojo.llm.faults import ModelServer
from ftdojo.llm.patience import Patience
from ftdojo.llm.prices import Prices
from ftdojo.llm.providers import open_model, server_of
from ftdojo.llm.record import replayed
from ftdojo.llm.types import ChatModel
from ftdojo.records import ROLES, LlmChoice, Role


def open_models(choice: LlmChoice, *, patience: Patience | None = None) -> dict[Role, ChatModel]:
    """Return the model of every role. Names, keys and packages are checked; no request is sent.

    Args:
        choice: the requested models.
        patience: limits of waiting; by default ``choice.timeout_s`` a request, and three times that a question.

    Raises:
        UsageError: a model is not written ``provider/model``, the planner is missing, a key is not set, an address is
            none or holds a password, the price file cannot be read, or the replayed run has no exchanges.
        UnknownName: no role or no provider is called that.
        MissingExtra: the package that the provider needs is not installed.
    """
    for role in choice.models:
        if role not in ROLES:
            raise UnknownName("role of a model", role, ROLES)
    if choice.replay:
        replay = replayed(Path(choice.replay))
        return dict.fromkeys(ROLES, replay)
    if not choice.models.get("planner"):
        raise UsageError(
            "There is no planner model: name one with --llm PROVIDER/MODEL, such as openai/gpt-5."
        )
    if choice.timeout_s <= 0:
        raise UsageError(f"timeout_s={choice.timeout_s} leaves a model no time; use some minutes.")
    if choice.base_url and not any(name.startswith("openai/") for name in choice.models.values()):
        raise UsageError(
            f"--base-url {choice.base_url} is the address of openai/..., and no model here is one; "
            "write openai/MODEL, or set <PROVIDER>_BASE_URL."
        )
    # What is not a name at all is reported before a missing key, and the same fault every time.
    names = sorted(set(choice.models.values()), key=lambda name: ("/" in name, name))
    servers = {name: _server(name, choice) for name in names}
    prices = Prices(choice.prices)
    limits = patience or Patience(request_s=choice.timeout_s, deadline_s=3 * choice.timeout_s)
    opened = {
        name: open_model(server, prices=prices, patience=limits) for name, server in servers.items()
    }
    return {role: opened[choice.models.get(role) or choice.models["planner"]] for role in ROLES}


def _server(name: str, choice: LlmChoice) -> ModelServer:
    server = server_of(name, base_url=choice.base_url)
    return replace(server, max_reply_tokens=choice.max_reply_tokens)
