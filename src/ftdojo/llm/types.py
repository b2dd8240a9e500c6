"""The records of this room: a request to a language model, its reply, and what that cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ftdojo.llm.patience import ALONE, Waiting
from ftdojo.records import Message, Role

LETTERS = 4
"""Characters that are taken for a token where a server does not count."""
MOST_TOKENS = 10**9
"""A server that counts more of them in one exchange has not counted."""

Finish = Literal["stop", "length", "refusal"]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one exchange cost. ``usd`` is ``None`` where no price is known, never 0.

    ``input_tokens`` include those that the server read from its cache (``cached_tokens``). ``estimated`` is true where
    the server did not count tokens, or not all of them in whole numbers, and four characters were taken for one; such
    an exchange has no known price.
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
    ``schema_name``; ``None`` for plain text. ``temperature`` is ``None`` for the server's own default, ``max_tokens``
    for as many as the run allows a reply (``--max-reply-tokens``).
    """

    purpose: str
    messages: tuple[Message, ...]
    role: Role = "planner"
    max_tokens: int | None = None
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

    def chat(self, ask: Ask, waiting: Waiting = ALONE) -> Reply:
        """Send one request, with retries on what passes (429, 5xx, time-outs), within the deadline.

        ``waiting`` knows how much time there is for that, and gets a line to show for each pause.

        Raises:
            LlmBudget: the run has no time for it.
            LlmError: no reply can be obtained; the message is one line and holds no key.
        """
        ...


def counted(ask: Ask, text: str, *, asked: object, replied: object, cached: object = None) -> Usage:
    """Return the tokens of an exchange as a server counted them; what it left out, or no count can be, is estimated."""
    letters = sum(len(str(each["content"])) for each in ask.messages)
    into, out = _count(asked), _count(replied)
    tokens = -(-letters // LETTERS) if into is None else into
    return Usage(
        input_tokens=tokens,
        output_tokens=-(-len(text) // LETTERS) if out is None else out,
        cached_tokens=min(_count(cached) or 0, tokens),
        estimated=into is None or out is None,
    )


def _count(value: object) -> int | None:
    """Return ``value`` if it counts something: a whole number, also one written as 12.0."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value < MOST_TOKENS
    ):
        return None
    return int(value) if value == int(value) else None
