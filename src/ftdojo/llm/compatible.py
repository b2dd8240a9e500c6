"""Models behind a server that speaks OpenAI's protocol, through the ``openai`` package."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import openai
import pydantic

from ftdojo.errors import LlmError
from ftdojo.llm import forms
from ftdojo.llm.faults import ModelServer, by_status, no_answer, said_in, unreachable, unsendable
from ftdojo.llm.patience import Passing, Patience, persist
from ftdojo.llm.prices import Prices
from ftdojo.llm.types import Ask, Finish, Reply, Usage
from ftdojo.records import Message

FORMS = ("json_schema", "json_object", "text")
"""How a server gets the form of a structured reply, best first."""

_FILTERED = {"content_filter", "content_policy_violation"}
"""Codes of requests that were refused for their content."""

LETTERS = 4
"""Characters that are taken for a token where the server does not count."""


class OpenAiChat:
    """One model of one server. What the server turns out not to know is remembered, and not tried with it again."""

    def __init__(self, server: ModelServer, *, prices: Prices, patience: Patience) -> None:
        self.name = server.name
        self._server, self._prices, self._patience = server, prices, patience
        self._client = openai.OpenAI(api_key=server.key, base_url=server.url, max_retries=0)
        own = bool(server.listed == "openai")
        self._dialect = _Dialect(limit="max_completion_tokens" if own else "max_tokens")
        self._reached = False

    def chat(self, ask: Ask) -> Reply:
        """Send one request; see ``ChatModel``."""
        began, dialect = time.monotonic(), self._dialect

        def once(limit_s: float) -> Reply:
            nonlocal dialect
            try:
                raw = self._send(dialect.request(self._server.model, ask), limit_s)
            except openai.APIStatusError as error:
                if error.code in _FILTERED:
                    return self._filtered(error)
                learned = dialect.after(error, ask)
                if learned is None:
                    raise self._refused(error) from error
                dialect = learned
                if "invalid schema" not in said_in(error.body).lower():
                    self._dialect = learned
                raise Passing("the server does not know an option", after_s=0.0) from error
            return self._read(raw, ask)

        reply, tries = persist(once, self._patience, name=self.name)
        return replace(reply, seconds=time.monotonic() - began, tries=tries)

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
        try:
            answer = _Answer.model_validate_json(raw)
        except pydantic.ValidationError as error:
            raise no_answer(self._server, raw.decode(errors="replace")) from error
        if answer.error is not None:  # a router's way to pass on the error of the server behind it
            raise by_status(answer.error.code, answer.error.message, self._server)
        if not answer.choices:
            raise no_answer(self._server, raw.decode(errors="replace"))
        message = answer.choices[0].message
        counted = answer.counted(ask, message.words())
        return Reply(
            text=message.refusal or message.words(),
            finish=answer.choices[0].finish(),
            model=answer.model or self._server.model,
            usage=self._prices.priced(counted, model=self.name, listed=self._server.listed),
        )

    def _filtered(self, error: openai.APIStatusError) -> Reply:
        text = said_in(error.body)
        return Reply(text=text, finish="refusal", model=self._server.model, usage=Usage())

    def _refused(self, error: openai.APIStatusError) -> LlmError | Passing:
        headers = error.response.headers
        return by_status(error.status_code, error.body, self._server, headers)


@dataclass(frozen=True, kw_only=True)
class _Dialect:
    """The variant of the protocol that one server takes."""

    limit: str
    form: int = 0

    def request(self, model: str, ask: Ask) -> dict[str, Any]:
        messages, form = list(ask.messages), FORMS[self.form]
        made: dict[str, Any] = {"model": model, self.limit: ask.max_tokens}
        extra = dict(ask.extra)
        if ask.temperature is not None:
            made["temperature"] = ask.temperature
        if ask.schema is not None and form == "json_schema":
            named = {"name": ask.schema_name, "schema": ask.schema}
            strict = {"strict": forms.is_strict(ask.schema)}
            extra["response_format"] = {"type": form, "json_schema": named | strict}
        elif ask.schema is not None:
            messages = instructed(messages, forms.instruction(ask.schema))
            if form == "json_object":
                extra["response_format"] = {"type": form}
        return made | {"messages": messages, "extra_body": extra}

    def after(self, error: openai.APIStatusError, ask: Ask) -> "_Dialect | None":
        """Return the dialect to try after a refused request; ``None`` if the variant is not to blame."""
        if error.status_code not in (400, 422, 501):
            return None
        reason = f"{said_in(error.body)} {error.param or ''}".lower()
        if self.limit == "max_tokens" and "max_completion_tokens" in reason:
            return replace(self, limit="max_completion_tokens")
        about_form = "response_format" in reason or "schema" in reason or "json_object" in reason
        if ask.schema is not None and about_form and self.form + 1 < len(FORMS):
            return replace(self, form=self.form + 1)
        return None


def instructed(messages: list[Message], instruction: str) -> list[Message]:
    """Return ``messages`` with ``instruction`` in the system turn; many chat templates know only one, at the top."""
    if messages and messages[0]["role"] == "system":
        first: Message = {"role": "system", "content": f"{messages[0]['content']}\n\n{instruction}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": instruction}, *messages]


class _Part(pydantic.BaseModel):
    text: str | None = None


class _Said(pydantic.BaseModel):
    content: str | list[_Part] | None = None
    refusal: str | None = None

    def words(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""


class _Choice(pydantic.BaseModel):
    message: _Said
    finish_reason: str | None = None

    def finish(self) -> Finish:
        if self.message.refusal or self.finish_reason == "content_filter":
            return "refusal"
        return "length" if self.finish_reason == "length" else "stop"


class _Details(pydantic.BaseModel):
    cached_tokens: int | None = None


class _Usage(pydantic.BaseModel):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _Details | None = None


class _Error(pydantic.BaseModel):
    code: int = 502
    message: str = ""


class _Answer(pydantic.BaseModel):
    choices: list[_Choice] = []
    error: _Error | None = None
    model: str | None = None
    usage: _Usage | None = None

    def counted(self, ask: Ask, text: str) -> Usage:
        if self.usage is None:
            asked = sum(len(str(each["content"])) for each in ask.messages)
            return Usage(
                input_tokens=-(-asked // LETTERS),
                output_tokens=-(-len(text) // LETTERS),
                estimated=True,
            )
        details = self.usage.prompt_tokens_details
        return Usage(
            input_tokens=self.usage.prompt_tokens,
            output_tokens=self.usage.completion_tokens,
            cached_tokens=(details and details.cached_tokens) or 0,
        )
