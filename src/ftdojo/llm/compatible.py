"""Models behind a server that speaks OpenAI's protocol, through the ``openai`` package."""

import json
from collections.abc import Mapping
from typing import Any

import openai

from ftdojo.llm import forms
from ftdojo.llm.dialect import Refused, ServerDialect, Speaker
from ftdojo.llm.faults import (
    ModelServer,
    by_status,
    no_answer,
    said_in,
    status_in,
    unreachable,
    unsendable,
)
from ftdojo.llm.patience import ALONE, Passing, Patience, Waiting
from ftdojo.llm.prices import Prices
from ftdojo.llm.types import Ask, Finish, Reply, Usage, counted

FORMS = ("json_schema", "json_object", "text")
"""How a server gets the form of a structured reply, best first."""

_FILTERED = {"content_filter", "content_policy_violation"}
"""Codes of requests that were refused for their content."""


class OpenAiChat:
    """One model of one server. What the server turns out not to know is remembered, and not tried with it again."""

    def __init__(self, server: ModelServer, *, prices: Prices, patience: Patience) -> None:
        self.name = server.name
        self._server, self._prices = server, prices
        self._client = openai.OpenAI(api_key=server.key, base_url=server.url, max_retries=0)
        own = bool(server.listed == "openai")
        limit = "max_completion_tokens" if own else "max_tokens"
        dialect = ServerDialect(most=server.max_reply_tokens, forms=FORMS, limit=limit)
        self._speaker = Speaker(dialect, patience, name=self.name)
        self._reached = False

    def chat(self, ask: Ask, waiting: Waiting = ALONE) -> Reply:
        """Send one request; see ``ChatModel``."""

        def send(dialect: ServerDialect, limit_s: float) -> Reply:
            try:
                raw = self._send(_request(dialect, self._server.model, ask), limit_s)
            except openai.APIStatusError as error:
                return self._refused(error.status_code, error.body, error.response.headers)
            return self._read(raw, ask)

        return self._speaker.chat(ask, send, waiting)

    def _send(self, request: Mapping[str, Any], limit_s: float) -> bytes:
        create = self._client.chat.completions.with_raw_response.create
        try:
            raw = create(**request, timeout=limit_s).content
        except openai.APIConnectionError as error:
            raise unreachable(error, self._server, reached=self._reached) from error
        except openai.APIStatusError:
            self._reached = True
            raise
        except (TypeError, ValueError) as error:
            raise unsendable(error, self._server) from error
        self._reached = True
        return raw

    def _read(self, raw: bytes, ask: Ask) -> Reply:
        text = raw.decode(errors="replace")
        answer = (
            _streamed(text) if text.lstrip().startswith(("data:", "event:", ":")) else _whole(text)
        )
        if answer is None:
            raise Passing("the server gave an empty answer")
        if not isinstance(answer, dict):
            raise no_answer(self._server, text)
        choice = _first(answer.get("choices"))
        error = _error(answer) or choice.get("error")
        if error:
            return self._refused(status_in(error), {"error": error}, {})
        if "choices" not in answer:
            raise no_answer(self._server, text)
        if not isinstance(choice.get("message"), dict):
            raise Passing("the server gave an answer without a message")
        return self._reply(answer, choice, ask)

    def _reply(self, answer: Mapping[str, Any], choice: Mapping[str, Any], ask: Ask) -> Reply:
        message, model = choice["message"], answer.get("model")
        refusal, text = _words(message.get("refusal")), _words(message.get("content"))
        used = _counts(answer.get("usage"), ask, text)
        return Reply(
            text=refusal or text,
            finish=_finish(choice, refusal),
            model=model if isinstance(model, str) and model else self._server.model,
            usage=self._prices.priced(used, model=self.name, listed=self._server.listed),
        )

    def _refused(self, status: int, body: Any, headers: Mapping[str, str]) -> Reply:
        """Return the reply that a refused request is, if a filter stopped it.

        Raises:
            Refused: it is none.
        """
        reason = said_in(body)
        inner = body.get("error", body) if isinstance(body, Mapping) else {}
        code, param = (
            inner.get(each) if isinstance(inner, Mapping) else "" for each in ("code", "param")
        )
        if isinstance(code, str) and code in _FILTERED:
            return Reply(text=reason, finish="refusal", model=self._server.model, usage=Usage())
        fault = by_status(status, body, self._server, headers)
        raise Refused(status, f"{reason} {param or ''}", fault)


def _request(dialect: ServerDialect, model: str, ask: Ask) -> dict[str, Any]:
    made: dict[str, Any] = {"model": model, dialect.limit: dialect.tokens(ask)}
    extra = dict(ask.extra)
    if ask.temperature is not None:
        made["temperature"] = ask.temperature
    if ask.schema is not None and dialect.way == "json_schema":
        named = {"name": ask.schema_name, "schema": ask.schema}
        strict = {"strict": forms.is_strict(ask.schema)}
        extra["response_format"] = {"type": dialect.way, "json_schema": named | strict}
    elif ask.schema is not None and dialect.way == "json_object":
        extra["response_format"] = {"type": dialect.way}
    if dialect.stream:  # beside the client, which would hand out the stream piece by piece
        extra["stream"] = True
    if dialect.stream == 1:
        extra["stream_options"] = {"include_usage": True}
    return made | {"messages": dialect.turns(ask), "extra_body": extra}


def _whole(text: str) -> Any:
    """Return the JSON value of an answer, None for an empty one, "" where it is none."""
    if not text.strip():
        return None
    try:
        # Servers that cut a character in two send half of it, which a strict reader refuses with all of the answer.
        return forms.legible(json.loads(text, strict=False)) or ""
    except (ValueError, RecursionError):
        return ""


def _streamed(text: str) -> dict[str, Any]:
    """Return a streamed answer as if it had come whole.

    Raises:
        Passing: the stream broke off.
    """
    found: dict[str, Any] = {"choices": [{"message": {"content": "", "refusal": ""}}]}
    choice = found["choices"][0]
    ended = False
    for line in text.split("\n"):
        name, _, data = line.strip().partition(":")
        event = _whole(data) if name == "data" else None
        ended = ended or (name == "data" and data.strip() == "[DONE]")
        if not isinstance(event, dict):
            continue
        found |= {key: event[key] for key in ("model", "usage", "error") if event.get(key)}
        part = _first(event.get("choices"))
        delta = part.get("delta") or {}
        for key in ("content", "refusal"):
            choice["message"][key] += _words(delta.get(key) if isinstance(delta, dict) else "")
        choice |= {key: part[key] for key in ("finish_reason", "error") if part.get(key)}
    if not (ended or choice.get("finish_reason") or _error(found) or choice.get("error")):
        raise Passing("the stream of the answer broke off")
    return found


def _first(choices: object) -> dict[str, Any]:
    """Return the first choice of an answer; one without anything where there is none."""
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _error(answer: Mapping[str, Any]) -> object:
    """Return the error that a good answer holds, as routers pass on that of the server behind them."""
    says = any(answer.get(key) for key in ("message", "detail"))
    bare = "choices" not in answer and (answer.get("object") == "error" or says)
    return answer.get("error") or (answer if bare else None)


def _words(content: object) -> str:
    """Return the text of a message, whose parts may be listed one by one, thoughts among them."""
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _finish(choice: Mapping[str, Any], refusal: str) -> Finish:
    if refusal or choice.get("finish_reason") == "content_filter":
        return "refusal"
    return "length" if choice.get("finish_reason") == "length" else "stop"


def _counts(given: object, ask: Ask, text: str) -> Usage:
    usage = given if isinstance(given, dict) else {}
    details = usage.get("prompt_tokens_details")
    return counted(
        ask,
        text,
        asked=usage.get("prompt_tokens"),
        replied=usage.get("completion_tokens"),
        cached=details.get("cached_tokens") if isinstance(details, dict) else None,
    )
