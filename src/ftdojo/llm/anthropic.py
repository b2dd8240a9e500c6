"""Models of Anthropic, through the ``anthropic`` package."""

import time
from dataclasses import replace
from typing import Any

from ftdojo.llm import forms
from ftdojo.llm.faults import ModelServer, by_status, said_in, unreachable, unsendable
from ftdojo.llm.patience import Passing, Patience, persist
from ftdojo.llm.prices import Prices
from ftdojo.llm.types import Ask, Finish, Reply, Usage

_FINISH: dict[str, Finish] = {
    "refusal": "refusal",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}

_NAMES = {"stop": "stop_sequences"}
"""Options that OpenAI's protocol calls otherwise. Options go into the body: the package's own change with its version."""


class AnthropicChat:
    """One model of Anthropic's server. A model without structured replies gets the form in words from then on."""

    def __init__(self, server: ModelServer, *, prices: Prices, patience: Patience) -> None:
        import anthropic

        self.name = server.name
        self._server, self._prices, self._patience = server, prices, patience
        self._sdk: Any = anthropic
        self._client = anthropic.Anthropic(
            api_key=server.key, base_url=server.url or None, max_retries=0
        )
        self._has_forms, self._reached = True, False

    def chat(self, ask: Ask) -> Reply:
        """Send one request; see ``ChatModel``."""
        began = time.monotonic()
        reply, tries = persist(lambda limit: self._once(ask, limit), self._patience, name=self.name)
        return replace(reply, seconds=time.monotonic() - began, tries=tries)

    def _once(self, ask: Ask, limit_s: float) -> Reply:
        request = self._request(ask)
        try:
            answer = self._client.messages.create(**request, timeout=limit_s)
        except self._sdk.APIStatusError as error:
            self._reached = True
            if (
                error.status_code == 400
                and "output_config" in request["extra_body"]
                and _is_form(error)
            ):
                self._has_forms = False
                raise Passing("the model does not know structured replies", after_s=0.0) from error
            headers = error.response.headers
            raise by_status(error.status_code, error.body, self._server, headers) from error
        except self._sdk.APIConnectionError as error:
            raise unreachable(error, self._server, reached=self._reached) from error
        except (TypeError, ValueError) as error:
            raise unsendable(error, self._server) from error
        self._reached = True
        return self._read(answer)

    def _request(self, ask: Ask) -> dict[str, Any]:
        system = [each["content"] for each in ask.messages if each["role"] == "system"]
        turns = [dict(each) for each in ask.messages if each["role"] != "system"]
        made: dict[str, Any] = {"model": self._server.model, "max_tokens": ask.max_tokens}
        beside = {_NAMES.get(key, key): value for key, value in ask.extra.items()}
        if ask.temperature is not None:
            beside["temperature"] = ask.temperature
        if ask.schema is not None and self._has_forms:
            form = {"type": "json_schema", "schema": dict(ask.schema)}
            beside["output_config"] = {"format": form}
        elif ask.schema is not None:
            system.append(forms.instruction(ask.schema))
        if system:
            made["system"] = "\n\n".join(system)
        return made | {"messages": turns, "extra_body": beside}

    def _read(self, answer: Any) -> Reply:
        used = answer.usage
        read, made = used.cache_read_input_tokens or 0, used.cache_creation_input_tokens or 0
        counted = Usage(
            input_tokens=used.input_tokens + read + made,
            output_tokens=used.output_tokens,
            cached_tokens=read,
        )
        return Reply(
            text="".join(part.text for part in answer.content if part.type == "text"),
            finish=_FINISH.get(answer.stop_reason, "stop"),
            model=answer.model,
            usage=self._prices.priced(counted, model=self.name, listed=self._server.listed),
        )


def _is_form(error: Any) -> bool:
    reason = said_in(error.body).lower()
    return "output_config" in reason or "schema" in reason or "structured" in reason
