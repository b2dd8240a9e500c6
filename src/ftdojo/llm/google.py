"""Models of Google, through the ``google-genai`` package."""

import sys
from collections.abc import Sequence
from typing import Any

from ftdojo.llm.dialect import Refused, ServerDialect, Speaker
from ftdojo.llm.faults import ModelServer, by_status, said_in, unreachable, unsendable
from ftdojo.llm.patience import ALONE, Patience, Waiting
from ftdojo.llm.prices import Prices
from ftdojo.llm.types import Ask, Finish, Reply, counted
from ftdojo.records import Message


class GoogleChat:
    """One model of Google's server. A model that does not take a schema gets the form in words from then on."""

    def __init__(self, server: ModelServer, *, prices: Prices, patience: Patience) -> None:
        from google import genai
        from google.genai import errors

        self.name = server.name
        self._server, self._prices = server, prices
        options = {"retry_options": {"attempts": 1}}
        address = {"base_url": server.url} if server.url else {}
        self._client = genai.Client(api_key=server.key, http_options=options | address)
        self._fault: Any = errors.APIError
        dialect = ServerDialect(most=server.max_reply_tokens, forms=("json_schema", "text"))
        self._speaker = Speaker(dialect, patience, name=self.name)
        self._reached = False

    def chat(self, ask: Ask, waiting: Waiting = ALONE) -> Reply:
        """Send one request; see ``ChatModel``."""
        return self._speaker.chat(
            ask, lambda dialect, limit_s: self._once(dialect, ask, limit_s), waiting
        )

    def _once(self, dialect: ServerDialect, ask: Ask, limit_s: float) -> Reply:
        said = dialect.turns(ask)
        turns = [
            {"role": _ROLES.get(each["role"], "user"), "parts": [{"text": each["content"]}]}
            for each in said
            if each["role"] != "system"
        ]
        config = _config(dialect, ask, said, limit_s)
        try:
            answer = self._client.models.generate_content(
                model=self._server.model, contents=turns, config=config
            )
        except self._fault as error:
            self._reached = True
            headers = getattr(error.response, "headers", None)
            fault = by_status(error.code, error.details, self._server, headers)
            raise Refused(error.code, said_in(error.details), fault) from error
        except _broken() as error:
            raise unreachable(error, self._server, reached=self._reached) from error
        except (TypeError, ValueError) as error:
            raise unsendable(error, self._server) from error
        self._reached = True
        return self._read(answer, ask)

    def _read(self, answer: Any, ask: Ask) -> Reply:
        first = answer.candidates[0] if answer.candidates else None
        parts = (first.content and first.content.parts) or [] if first else []
        text = "".join(part.text for part in parts if part.text and not part.thought)
        used = answer.usage_metadata
        replied = getattr(used, "candidates_token_count", None)
        thought = getattr(used, "thoughts_token_count", None)
        usage = counted(
            ask,
            text,
            asked=getattr(used, "prompt_token_count", None),
            replied=None
            if replied is None and thought is None
            else (replied or 0) + (thought or 0),
            cached=getattr(used, "cached_content_token_count", None),
        )
        return Reply(
            text=text,
            finish=_finish(first),
            model=answer.model_version or self._server.model,
            usage=self._prices.priced(usage, model=self.name, listed=self._server.listed),
        )


def _config(
    dialect: ServerDialect, ask: Ask, said: Sequence[Message], limit_s: float
) -> dict[str, Any]:
    system = [each["content"] for each in said if each["role"] == "system"]
    made: dict[str, Any] = {
        "max_output_tokens": dialect.tokens(ask),
        "http_options": {"timeout": int(limit_s * 1000)},
    }
    if ask.schema is not None:
        made["response_mime_type"] = "application/json"
    if ask.schema is not None and dialect.way == "json_schema":
        made["response_json_schema"] = dict(ask.schema)
    if system:
        made["system_instruction"] = "\n\n".join(system)
    if ask.temperature is not None:
        made["temperature"] = ask.temperature
    return made | {_NAMES.get(key, key): value for key, value in ask.extra.items()}


_ROLES = {"assistant": "model"}
_NAMES = {"stop": "stop_sequences"}
"""Options that OpenAI's protocol calls otherwise."""


def _finish(candidate: Any) -> Finish:
    """Return how a candidate ended; without one, the question itself was blocked."""
    reason = getattr(candidate and candidate.finish_reason, "name", "STOP") if candidate else ""
    known: dict[str, Finish] = {"STOP": "stop", "MAX_TOKENS": "length"}
    return known.get(reason, "refusal")


def _broken() -> tuple[type[Exception], ...]:
    """Return what a broken connection raises: the client's package is one of two, by its version."""
    loaded = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    return tuple(module.TransportError for module in loaded if module is not None)
