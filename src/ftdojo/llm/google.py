"""Models of Google, through the ``google-genai`` package."""

import sys
import time
from dataclasses import replace
from typing import Any

from ftdojo.llm import forms
from ftdojo.llm.faults import ModelServer, by_status, said_in, unreachable, unsendable
from ftdojo.llm.patience import Passing, Patience, persist
from ftdojo.llm.prices import Prices
from ftdojo.llm.types import Ask, Finish, Reply, Usage


class GoogleChat:
    """One model of Google's server. A model that does not take a schema gets the form in words from then on."""

    def __init__(self, server: ModelServer, *, prices: Prices, patience: Patience) -> None:
        from google import genai
        from google.genai import errors

        self.name = server.name
        self._server, self._prices, self._patience = server, prices, patience
        options = {"retry_options": {"attempts": 1}}
        address = {"base_url": server.url} if server.url else {}
        self._client = genai.Client(api_key=server.key, http_options=options | address)
        self._fault: Any = errors.APIError
        self._has_forms, self._reached = True, False

    def chat(self, ask: Ask) -> Reply:
        """Send one request; see ``ChatModel``."""
        began = time.monotonic()
        reply, tries = persist(lambda limit: self._once(ask, limit), self._patience, name=self.name)
        return replace(reply, seconds=time.monotonic() - began, tries=tries)

    def _once(self, ask: Ask, limit_s: float) -> Reply:
        config = self._config(ask, limit_s)
        turns = [
            {"role": _ROLES.get(each["role"], "user"), "parts": [{"text": each["content"]}]}
            for each in ask.messages
            if each["role"] != "system"
        ]
        try:
            answer = self._client.models.generate_content(
                model=self._server.model, contents=turns, config=config
            )
        except self._fault as error:
            self._reached = True
            if error.code == 400 and "response_json_schema" in config and _is_form(error):
                self._has_forms = False
                raise Passing("the model does not take a schema", after_s=0.0) from error
            headers = getattr(error.response, "headers", None)
            raise by_status(error.code, error.details, self._server, headers) from error
        except _broken() as error:
            raise unreachable(error, self._server, reached=self._reached) from error
        except (TypeError, ValueError) as error:
            raise unsendable(error, self._server) from error
        self._reached = True
        return self._read(answer)

    def _config(self, ask: Ask, limit_s: float) -> dict[str, Any]:
        system = [each["content"] for each in ask.messages if each["role"] == "system"]
        made: dict[str, Any] = {
            "max_output_tokens": ask.max_tokens,
            "http_options": {"timeout": int(limit_s * 1000)},
        }
        if ask.schema is not None:
            made["response_mime_type"] = "application/json"
        if ask.schema is not None and self._has_forms:
            made["response_json_schema"] = dict(ask.schema)
        elif ask.schema is not None:
            system.append(forms.instruction(ask.schema))
        if system:
            made["system_instruction"] = "\n\n".join(system)
        if ask.temperature is not None:
            made["temperature"] = ask.temperature
        return made | {_NAMES.get(key, key): value for key, value in ask.extra.items()}

    def _read(self, answer: Any) -> Reply:
        used = answer.usage_metadata
        counted = Usage(
            input_tokens=used.prompt_token_count or 0,
            output_tokens=(used.candidates_token_count or 0) + (used.thoughts_token_count or 0),
            cached_tokens=used.cached_content_token_count or 0,
        )
        first = answer.candidates[0] if answer.candidates else None
        parts = (first.content and first.content.parts) or [] if first else []
        return Reply(
            text="".join(part.text for part in parts if part.text and not part.thought),
            finish=_finish(first),
            model=answer.model_version or self._server.model,
            usage=self._prices.priced(counted, model=self.name, listed=self._server.listed),
        )


_ROLES = {"assistant": "model"}
_NAMES = {"stop": "stop_sequences"}
"""Options that OpenAI's protocol calls otherwise."""


def _finish(candidate: Any) -> Finish:
    """Return how a candidate ended; without one, the question itself was blocked."""
    reason = getattr(candidate and candidate.finish_reason, "name", "STOP") if candidate else ""
    known: dict[str, Finish] = {"STOP": "stop", "MAX_TOKENS": "length"}
    return known.get(reason, "refusal")


def _is_form(error: Any) -> bool:
    return "schema" in said_in(error.details).lower()


def _broken() -> tuple[type[Exception], ...]:
    """Return what a broken connection raises: the client's package is one of two, by its version."""
    loaded = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    return tuple(module.TransportError for module in loaded if module is not None)
