"""Who serves models: addresses, key variables and packages; a further server of OpenAI's protocol is one line."""

import importlib.util
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ftdojo import config
from ftdojo.errors import MissingExtra, UnknownName, UsageError
from ftdojo.llm.faults import ModelServer
from ftdojo.llm.patience import Patience
from ftdojo.llm.prices import Prices
from ftdojo.llm.record import redact
from ftdojo.llm.types import ChatModel


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One kind of server.

    ``url`` is where it is unless ``<PROVIDER>_BASE_URL`` says otherwise, ``keys`` the variables that may hold its key
    (if empty, ``<PROVIDER>_API_KEY``), ``listed`` its id in the offline price table. Without ``listed`` it is a server
    of the user, which needs no key.
    """

    url: str = ""
    keys: tuple[str, ...] = ()
    listed: str = ""


_PROXIES = ("http", "https", "socks5", "socks5h")
PROVIDERS = {
    "openai": Provider(url="https://api.openai.com/v1", listed="openai"),
    "anthropic": Provider(listed="anthropic"),
    "google": Provider(keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"), listed="google"),
    "openrouter": Provider(url="https://openrouter.ai/api/v1", listed="openrouter"),
    "deepseek": Provider(url="https://api.deepseek.com/v1", listed="deepseek"),
    "mistral": Provider(url="https://api.mistral.ai/v1", listed="mistral"),
    "groq": Provider(url="https://api.groq.com/openai/v1", listed="groq"),
    "together": Provider(url="https://api.together.xyz/v1", listed="together"),
    "xai": Provider(url="https://api.x.ai/v1", listed="x-ai"),
    "ollama": Provider(url="http://127.0.0.1:11434/v1"),
    "vllm": Provider(url="http://127.0.0.1:8000/v1"),
    "sglang": Provider(url="http://127.0.0.1:30000/v1"),
    "llamacpp": Provider(url="http://127.0.0.1:8080/v1"),
}


def server_of(name: str, *, base_url: str = "") -> ModelServer:
    """Return where ``provider/model`` is served and with which key.

    Args:
        name: ``provider/model``.
        base_url: the address of the server of ``openai/...``, before ``OPENAI_BASE_URL``.

    Raises:
        UsageError: it is not written so, its key is not set, or its address is invalid or holds a password.
        UnknownName: no provider is called that.
    """
    provider, slash, model = name.partition("/")
    if not (slash and provider and model.strip()):
        raise UsageError(
            f"{name!r} is not a model; write provider/model, such as openai/gpt-5 or vllm/my-model "
            f"(providers: {', '.join(PROVIDERS)})."
        )
    known = PROVIDERS.get(provider)
    if known is None:
        hint = "Any other server that speaks OpenAI's protocol is openai/MODEL with --base-url."
        raise UnknownName("provider of models", provider, PROVIDERS, hint)
    given = (base_url if provider == "openai" else "") or config.base_url(provider)
    url = _address(given or known.url, name)
    keys = known.keys or (f"{provider.upper()}_API_KEY",)
    key = _key(
        keys, name, is_needed=bool(known.listed) and not _is_loopback(url), is_moved=bool(given)
    )
    options = (f"{provider.upper()}_BASE_URL", *(["--base-url"] if provider == "openai" else []))
    own_host = urlsplit(url).hostname == urlsplit(known.url).hostname
    return ModelServer(
        name=name,
        url=url,
        key=key or "none",
        key_names=keys,
        url_names=options,
        listed=known.listed if own_host else "",
    )


def open_model(server: ModelServer, *, prices: Prices, patience: Patience) -> ChatModel:
    """Return the model at ``server``; nothing is sent yet.

    Raises:
        MissingExtra: the package that its protocol, or a proxy, needs is not installed.
        UsageError: a variable that names a proxy or certificates is wrong.
    """
    _require_way()
    provider = server.name.partition("/")[0]
    try:
        match provider:
            case "anthropic":
                from ftdojo.llm.anthropic import AnthropicChat

                return AnthropicChat(server, prices=prices, patience=patience)
            case "google":
                from ftdojo.llm.google import GoogleChat

                return GoogleChat(server, prices=prices, patience=patience)
            case _:
                from ftdojo.llm.compatible import OpenAiChat

                return OpenAiChat(server, prices=prices, patience=patience)
    except ImportError as error:
        extra = provider if provider in ("anthropic", "google") else "llm"
        raise MissingExtra(
            f"Using {server.name} needs a package that is not installed ({error.name}): pip install 'ftdojo[{extra}]'."
        ) from error


def _key(names: tuple[str, ...], model: str, *, is_needed: bool, is_moved: bool) -> str:
    key = config.api_key(*names)
    if not key and is_needed:
        otherwise = (
            "to any word if the server needs none" if is_moved else "or choose another --llm"
        )
        raise UsageError(
            f"{model} needs a key, and {' or '.join(names)} is not set. Set it, {otherwise}."
        )
    if not key.isascii() or any(map(str.isspace, key)):
        raise UsageError(
            f"The key in {' or '.join(names)} holds a blank or a letter that no key has. Set it again."
        )
    return key


def _address(url: str, name: str) -> str:
    """Return ``url`` as it may be stored: it holds no secret."""
    try:
        parts = urlsplit(url)
        is_one = not url or (
            parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        )
    except ValueError:  # the port is not a number
        is_one = False
    if not is_one:
        raise UsageError(
            f"{redact(url)!r} is not an address of a server of {name}; write one such as http://127.0.0.1:8000/v1."
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"The address of the server of {name} may hold a secret (a login, or something after ? or #). "
            "Take it out, and give a key by its variable."
        )
    return url.rstrip("/")


def _require_way() -> None:
    """Refuse a proxy and certificates that no connection can be made with; clients would only say that something is wrong."""
    for name, value in config.proxies().items():
        shown = f"{name}={redact(value)}"
        try:
            parts = urlsplit(value if "://" in value else f"http://{value}")
            is_one = parts.scheme in _PROXIES and parts.hostname and parts.port != 0
        except ValueError:  # the port is not a number
            is_one = False
        if not is_one:
            raise UsageError(
                f"{shown} is not the address of a proxy; write one such as http://127.0.0.1:3128, or unset it."
            )
        if parts.scheme.startswith("socks") and not importlib.util.find_spec("socksio"):
            raise MissingExtra(
                f"{shown} is a SOCKS proxy, which needs a package that is not installed: pip install socksio, or unset it."
            )
    for name, value in config.certificates().items():
        kind = "file" if name.endswith("FILE") else "folder"
        try:
            if not (Path(value).is_file() if kind == "file" else Path(value).is_dir()):
                raise FileNotFoundError(f"there is no such {kind}")
            if kind == "file":
                ssl.create_default_context(cafile=value)
        except OSError as error:  # an error of ssl too
            why = error.strerror or str(error)
            raise UsageError(
                f"{name}={value} is not a {kind} of trusted certificates ({why}); name one, or unset it."
            ) from error


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
