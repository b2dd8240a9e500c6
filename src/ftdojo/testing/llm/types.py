"""What a scripted model is asked, and what it may do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

COUNTED = "counted"
"""Stands for the usage as the server counts it."""


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One request for a completion as it came.

    ``count`` is its number at this server, from 1; ``seen`` how often this very body has come, this time included;
    ``key`` what the client sent as its key.
    """

    body: Mapping[str, Any]
    count: int = 1
    seen: int = 1
    key: str = ""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Return the turns."""
        return list(self.body.get("messages", []))

    @property
    def last(self) -> str:
        """Return the text of the last turn."""
        return str(self.messages[-1]["content"]) if self.messages else ""

    @property
    def form(self) -> str:
        """Return how the client asks for the form of the reply: ``json_schema``, ``json_object`` or ``text``."""
        return str((self.body.get("response_format") or {}).get("type", "text"))


@dataclass(frozen=True, kw_only=True)
class Said:
    """A reply. Without ``output_tokens`` its words are counted; ``usage`` is sent instead of the server's own count."""

    text: str
    finish: Literal["stop", "length", "refusal", "content_filter"] = "stop"
    output_tokens: int | None = None
    cached_tokens: int = 0
    usage: object = COUNTED


@dataclass(frozen=True, kw_only=True)
class Trouble:
    r"""Anything but a reply, in this order: a pause, then blanks as of a server that holds the line, then the end.

    ``status`` with ``message``, ``code`` and ``headers`` is answered as OpenAI answers errors; ``status`` 0 closes the
    connection without an answer. ``body`` is sent as it stands instead of an error; ``"\0"`` is an empty one.
    """

    status: int = 500
    message: str = "scripted trouble"
    code: str = ""
    param: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    hang_s: float = 0.0
    drip_s: float = 0.0


Behaviour = Callable[[ChatRequest], Said | Trouble]
"""A model: called once a request, from several threads at once."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What a server counted itself: every request, those it answered with a reply, and what those cost."""

    requests: int = 0
    replies: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    nano_usd: int = 0
