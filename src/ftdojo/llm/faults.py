"""Errors of servers and their clients as one line, and whether a retry may help."""

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ftdojo import config
from ftdojo.errors import LlmBadRequest, LlmError
from ftdojo.llm.patience import Passing
from ftdojo.llm.record import redact
from ftdojo.records.run_spec import MAX_REPLY_TOKENS

SHOWN = 300
_PASSING = {408, 409, 425, 429}
_WORDS = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "unauthorized": 401,
    "permission_error": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "context_length_exceeded": 400,
    "invalid_request_error": 400,
    "invalid_request": 400,
    "bad_request": 400,
    "badrequesterror": 400,
}
"""What errors are called where no status is given; others may pass."""
_BROKE = {"insufficient_quota", "insufficient_balance", "billing_hard_limit_reached"}


@dataclass(frozen=True, kw_only=True)
class ModelServer:
    """Where one model is served, and how long its replies may be.

    ``name`` is ``provider/model``; ``listed`` is "" unless it is the provider's own server.
    """

    name: str
    url: str
    key: str = field(repr=False)
    key_names: tuple[str, ...]
    url_names: tuple[str, ...]
    listed: str = ""
    max_reply_tokens: int = MAX_REPLY_TOKENS

    @property
    def model(self) -> str:
        """Return the name of the model at the server."""
        return self.name.partition("/")[2]

    @property
    def where(self) -> str:
        """Return the server's address, or its provider where the package knows it."""
        return self.url or self.name.partition("/")[0]


def by_status(
    status: int, body: Any, server: ModelServer, headers: Mapping[str, str] | None = None
) -> LlmError | Passing:
    """Return the fault behind an HTTP status."""
    text, code = said_in(body), _code(body)
    what = f"{status}: {text}" if text else str(status)
    if status == 402 or code in _BROKE:
        return LlmError(
            f"The account behind {_any(server.key_names)} has no credit left at {server.where} ({what}). "
            "Top it up, set another key, or choose another model (--llm)."
        )
    if status in _PASSING or status >= 500:
        return Passing(f"the server answered {what}", after_s=_retry_after(headers or {}))
    if status in (401, 403) or (status == 400 and "api key" in text.lower()):  # Google's is a 400
        return LlmError(
            f"{server.where} does not accept the key for {server.name} ({what}). "
            f"Set {_any(server.key_names)} to a key that may use it."
        )
    if status == 407:
        proxy = config.proxy_for(server.url or "https://") or "HTTPS_PROXY"
        return LlmError(
            f"The proxy of {proxy} wants a login ({what}). Write it as http://NAME:PASSWORD@HOST:PORT."
        )
    if status in (404, 405):
        return LlmError(
            f"{server.where} knows no model {server.model!r} ({what}). Choose another with --llm, "
            f"or check the server's address ({_any(server.url_names)})."
        )
    return LlmBadRequest(f"{server.where} does not take a request to {server.name} ({what}).")


def status_in(error: object) -> int:
    """Return the HTTP status behind an error that came without one, by its code or by what it is called."""
    known = error if isinstance(error, Mapping) else {}
    for name in (known.get("code"), known.get("status"), known.get("type")):
        word = str(name).lower()
        if word.isdecimal() and len(word) == 3:
            return int(word)
        if word in _WORDS:
            return _WORDS[word]
    return 502


def unreachable(error: Exception, server: ModelServer, *, reached: bool) -> LlmError | Passing:
    """Return the fault behind a connection that was not made or broke; one that once worked is waited for."""
    why = error.__cause__ or error
    names = {cls.__name__ for cls in (*type(error).__mro__, *type(why).__mro__)}
    if names & {"APITimeoutError", "TimeoutException"} and "ConnectTimeout" not in names:
        return Passing("the server gave no answer in time")
    reason = one_line(str(why)) or type(why).__name__
    unmade = {"ConnectError", "ConnectTimeout", "UnsupportedProtocol", "ProxyError"}
    if not reached and names & unmade:
        return LlmError(
            f"No server for {server.name} can be reached at {server.where} ({reason}). {_way_to(server, reason)}"
        )
    return Passing(f"the connection to the server broke ({reason})")


def _way_to(server: ModelServer, reason: str) -> str:
    """Return what would make the connection: another address, a proxy that works, or a certificate that is trusted."""
    proxy = config.proxy_for(server.url or "https://")
    if proxy:
        return f"The way there is the proxy of {proxy}: set another one, or except the address with NO_PROXY."
    if "CERTIFICATE_VERIFY" in reason:
        return "Its certificate is not trusted here: name the file of its authority with SSL_CERT_FILE."
    if "WRONG_VERSION" in reason or "record layer" in reason:
        return f"It speaks no TLS: write http:// ({_any(server.url_names)})."
    return f"Start it, or set another address ({_any(server.url_names)})."


def no_answer(server: ModelServer, said: str) -> LlmError:
    """Return the fault behind a reply that does not follow the protocol."""
    return LlmError(
        f"{server.where} answers, but not as a server of language models does ({one_line(said)!r}). "
        f"Check its address ({_any(server.url_names)}); it usually ends in /v1."
    )


def unsendable(error: Exception, server: ModelServer) -> LlmError:
    """Return the fault behind a prompt that the client cannot put into a request."""
    return LlmError(f"The request to {server.name} cannot be sent: {one_line(str(error))}.")


def said_in(body: Any) -> str:
    """Return the sentence in the body of an error, in one line without keys."""
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        body = inner.get("message", inner) if isinstance(inner, Mapping) else inner
    return one_line(str(body or ""))


def one_line(text: str) -> str:
    """Return ``text`` in one short line without keys."""
    return redact(" ".join(text.split()))[:SHOWN]


def _code(body: Any) -> str:
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    return str(inner.get("code") or inner.get("type")) if isinstance(inner, Mapping) else ""


def _any(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause that a server requests, written as seconds or as a date; none, and 0, leave it to us."""
    given = headers.get("retry-after", "")
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(given).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return seconds if seconds > 0 else None
