"""Models of Anthropic, through the ``anthropic`` package."""

from typing import Any

from ftdojo.llm.dialect import Refused, ServerDialect, Speaker
from ftdojo.llm.faults import ModelServer, by_status, said_in, unreachable, unsendable
from ftdojo.llm.patience import ALONE, Patience, Waiting
from ftdojo.llm.prices import Prices
from ftdojo.llm.types import Ask, Finish, Reply, counted

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
        self._server, self._prices = server, prices
        self._sdk: Any = anthropic
        self._client = anthropic.Anthropic(
            api_key=server.key, base_url=server.url or None, max_retries=0
        )
        dialect = ServerDialect(most=server.max_reply_tokens, forms=("json_schema", "text"))
        self._speaker = Speaker(dialect, patience, name=self.name)
        self._reached = False

    def chat(self, ask: Ask, waiting: Waiting = ALONE) -> Reply:
        """Send one request; see ``ChatModel``."""
        return self._speaker.chat(
            ask, lambda dialect, limit_s: self._once(dialect, ask, limit_s), waiting
        )

    def _once(self, dialect: ServerDialect, ask: Ask, limit_s: float) -> Reply:
        request = self._request(dialect, ask)
        try:
            answer = self._client.messages.create(**request, timeout=limit_s)
        except self._sdk.APIStatusError as error:
            self._reached = True
            headers = error.response.headers
            fault = by_status(error.status_code, error.body, self._server, headers)
            raise Refused(error.status_code, said_in(error.body), fault) from error
        except self._sdk.APIConnectionError as error:
            raise unreachable(error, self._server, reached=self._reached) from error
        except (TypeError, ValueError) as error:
            raise unsendable(error, self._server) from error
        self._reached = True
        return self._read(answer, ask)

    def _request(self, dialect: ServerDialect, ask: Ask) -> dict[str, Any]:
        turns = dialect.turns(ask)
        system = [each["content"] for each in turns if each["role"] == "system"]
        made: dict[str, Any] = {"model": self._server.model, "max_tokens": dialect.tokens(ask)}
        beside = {_NAMES.get(key, key): value for key, value in ask.extra.items()}
        if ask.temperature is not None:
            beside["temperature"] = ask.temperature
        if ask.schema is not None and dialect.way == "json_schema":
            form = {"type": "json_schema", "schema": dict(ask.schema)}
            beside["output_config"] = {"format": form}
        if system:
            made["system"] = "\n\n".join(system)
        said = [dict(each) for each in turns if each["role"] != "system"]
        return made | {"messages": said, "extra_body": beside}

    def _read(self, answer: Any, ask: Ask) -> Reply:
        text, used = _text(answer.content), answer.usage
        read, made = (
            getattr(used, f"cache_{each}_input_tokens", None) or 0 for each in ("read", "creation")
        )
        fresh = getattr(used, "input_tokens", None)
        usage = counted(
            ask,
            text,
            asked=None if fresh is None else fresh + read + made,
            replied=getattr(used, "output_tokens", None),
            cached=read,
        )
        return Reply(
            text=text,
            finish=_FINISH.get(answer.stop_reason, "stop"),
            model=answer.model,
            usage=self._prices.priced(usage, model=self.name, listed=self._server.listed),
        )


def _text(content: Any) -> str:
    return "".join(part.text for part in content or () if part.type == "text")
