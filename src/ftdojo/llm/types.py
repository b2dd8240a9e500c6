"""The records of this room: a request to a language model, its reply, and what that cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ftdojo.records import Message, Role

Finish = Literal["stop", "length", "refusal"]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one exchange cost. ``usd`` is ``None`` where no price is known, never 0.

    ``input_tokens`` include those that the server read from its cache (``cached_tokens``). ``estimated`` is true where
    the server did not count tokens and four characters were taken for one; such an exchange has no known price.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usd: float | None = None
    estimated: bool = False


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request.

    ``purpose`` is its name within a run (``plan/3``, ``repair/7/2``): two requests of one run never share it, so a
    reply that is on record is found again by it. ``schema`` is the JSON schema that the reply must follow, named
    ``schema_name``; ``None`` for plain text. ``temperature`` is ``None`` for the server's own default.
    """

    purpose: str
    messages: tuple[Message, ...]
    role: Role = "planner"
    max_tokens: int = 8192
    temperature: float | None = None
    schema: Mapping[str, Any] | None = None
    schema_name: str = "reply"
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further options of the wire protocol that the gateway passes on (``top_p``, ``seed``, ``stop``, ...)."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The reply of a model.

    ``model`` is the name the server answered with; ``tries`` counts the requests that were sent for this one reply
    (storms, time-outs, an option that the server does not know), ``seconds`` is the time of all of them.
    """

    text: str
    finish: Finish
    model: str
    usage: Usage
    seconds: float = 0.0
    tries: int = 1


class ChatModel(Protocol):
    """One language model behind one server. Made by ``open_models``; ``Llm`` calls it, from several threads at once.

    A reply that was refused or cut is a ``Reply``; a server that cannot be used is an ``LlmError``.
    """

    name: str
    """``provider/model``, as given."""

    def chat(self, ask: Ask) -> Reply:
        """Send one request, with retries on what passes (429, 5xx, time-outs), within the deadline.

        Raises:
            LlmError: no reply can be obtained; the message is one line and holds no key.
        """
        ...
