"""What a server turns out to want: learned from its refusals, in whatever words, and kept for the next request."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ftdojo.llm import forms
from ftdojo.llm.patience import ALONE, Passing, Patience, Waiting, persist
from ftdojo.llm.types import LETTERS, Ask, Reply
from ftdojo.records import Message

LEAST_TOKENS = 64
"""A server with less room than this for a reply cannot be used."""
_NEARBY = 1.1
"""A prompt has up to so many times the tokens that its length leads to expect."""

_TAKEN = {400, 402, 404, 413, 422, 500, 501, 502, 503}
"""Statuses that may mean a variant of the protocol. Of 402 only a smaller reply helps, of 404 only another form."""
_SIZE = re.compile(
    r"max\w*[ _-]?tokens|max\w*[ _-]?length|context.(?:length|window|size|limit)|token (?:limit|count)"
    r"|(?:completion|output|input) tokens|tokens per minute|too (?:long|large)"
)
_SYSTEM = re.compile(
    r"system.{0,3} (?:role|message|prompt|instruction)|role.{0,40}\bsystem\b|developer instruction"
    r"|['\"`]system['\"`]|roles must alternate|user and assistant roles|support.{0,20}\bsystem\b"
    r"|role.{0,60}should be 'user'"
)
_STREAM = re.compile(r"\b(?:non[- ]?)?stream(?:ing|ed)?\b")
_FORM = re.compile(
    r"response_?format|output_config|schema|json_object|json mode|structured|grammar|guided|requested parameters|no endpoint"
)
_SCHEMA = re.compile(r"response_?format|schema")
_OF_ONE_SCHEMA = re.compile(r"invalid.{0,20}schema|grammar|unsupported.{0,40}schema")
_NOT_A_FORM = re.compile(r"api.?key|credit|billing|quota")
_NUMBER = re.compile(r"(?<![\w.-])\d[\d,_]*(?!\.?\w|-)")


class Refused(Exception):
    """A request that a server did not take: its HTTP status, what it said, and the error if nothing can be learned of it."""

    def __init__(self, status: int, reason: str, fault: Exception) -> None:
        super().__init__(reason)
        self.status, self.reason, self.fault = status, reason, fault


@dataclass(frozen=True, kw_only=True)
class ServerDialect:
    """How one server is asked.

    ``forms`` are the ways to ask for the form of a reply, best first, and ``form`` is the one in use; without
    ``lasting`` it is in use for this request only. ``limit`` names the option for the most tokens of a reply, which are
    ``most``; in a ``window`` prompt and reply share its tokens, and a token has ``letters`` characters. Without
    ``system`` there is no system turn. ``stream``: 0 whole replies, 1 streamed ones, 2 without the option that counts.
    """

    most: int
    forms: tuple[str, ...]
    form: int = 0
    lasting: bool = True
    limit: str = "max_tokens"
    window: int | None = None
    letters: float = LETTERS
    system: bool = True
    stream: int = 0

    @property
    def way(self) -> str:
        """Return how the form of a reply is asked for."""
        return self.forms[self.form]

    def tokens(self, ask: Ask) -> int:
        """Return how many tokens the reply to ``ask`` may have: what was asked for, as far as it fits."""
        most = min(self.most, ask.max_tokens or self.most)
        if self.window is None:
            return most
        return max(LEAST_TOKENS, min(most, self.window - self._prompt(ask)))

    def turns(self, ask: Ask) -> list[Message]:
        """Return the messages of ``ask`` as this server takes them, the form in words among them if it has to be."""
        messages = list(ask.messages)
        if ask.schema is not None and self.way != "json_schema":
            messages = instructed(messages, forms.instruction(ask.schema))
        return messages if self.system else without_system(messages)

    def after(self, refused: Refused, ask: Ask) -> "ServerDialect | None":
        """Return the dialect to try after a refusal; ``None`` if no variant is to blame."""
        status, reason = refused.status, refused.reason.lower()
        if status not in _TAKEN:
            return None
        if status not in (402, 404):
            other = self._otherwise(status, reason, ask)
            if other:
                return other
        about_size = _SIZE.search(reason) and not _SCHEMA.search(reason)
        if status in (400, 402, 413, 422) and about_size:
            return self._smaller(reason, ask)
        return None if status == 402 else self._simpler(status, reason, ask)

    def kept(self, learned: "ServerDialect") -> "ServerDialect":
        """Return what of ``learned``, which a reply was had by, holds for the next request."""
        return learned if learned.lasting else replace(learned, form=self.form, lasting=True)

    def _otherwise(self, status: int, reason: str, ask: Ask) -> "ServerDialect | None":
        """Return another name for the limit, a streamed reply or no system turn, if that is what is wanted."""
        has_system = any(each["role"] == "system" for each in self.turns(ask))
        if self.system and has_system and _SYSTEM.search(reason):
            return replace(self, system=False)
        if status >= 500:
            return None
        renamed = "max_completion_tokens" in reason and "too large" not in reason
        if self.limit == "max_tokens" and renamed:
            return replace(self, limit="max_completion_tokens")
        if self.stream == 1 and "stream_options" in reason:
            return replace(self, stream=2)
        if not self.stream and _STREAM.search(reason):
            return replace(self, stream=1)
        return None

    def _smaller(self, reason: str, ask: Ask) -> "ServerDialect | None":
        """Return what leaves the reply less room: as much as the server names, or half."""
        asked = self.tokens(ask)
        named = {int(each.replace(",", "").replace("_", "")) for each in _NUMBER.findall(reason)}
        named -= {0, 1, asked, *(asked + each for each in named)}
        if "exclusive" in reason:
            named = {each - 1 for each in named}
        if len(named) == 2 and LEAST_TOKENS <= max(named) - min(named) < asked:
            letters = max(1.0, self._letters(ask) / min(named))
            learned = replace(self, window=max(named), letters=letters)
            if learned.tokens(ask) < asked:
                return learned
        below = max((each for each in named if LEAST_TOKENS <= each < asked), default=0)
        less = below if below and (len(named) == 1 or 2 * below >= asked) else asked // 2
        return replace(self, most=less) if less >= LEAST_TOKENS else None

    def _simpler(self, status: int, reason: str, ask: Ask) -> "ServerDialect | None":
        """Return the next simpler way to ask for the form, if it may be to blame.

        Servers refuse a form in many words, so a request with one that is refused for no clear reason is sent without.
        """
        named = bool(_FORM.search(reason))
        unclear = status in (400, 422) and not _NOT_A_FORM.search(reason)
        if ask.schema is None or self.form + 1 >= len(self.forms) or not (named or unclear):
            return None
        lasting = named and not _OF_ONE_SCHEMA.search(reason)
        return replace(self, form=self.form + 1, lasting=self.lasting and lasting)

    def _prompt(self, ask: Ask) -> int:
        """Return about how many tokens the prompt has, rather too many than too few."""
        return int(_NEARBY * self._letters(ask) / self.letters) + 16

    def _letters(self, ask: Ask) -> int:
        return sum(len(each["content"]) for each in self.turns(ask))


class Speaker:
    """Sends requests to one server in its dialect, and remembers what it learned of it."""

    def __init__(self, dialect: ServerDialect, patience: Patience, *, name: str) -> None:
        self._dialect, self._patience, self._name = dialect, patience, name

    def chat(
        self, ask: Ask, send: Callable[[ServerDialect, float], Reply], waiting: Waiting = ALONE
    ) -> Reply:
        """Return the reply to ``ask`` by ``send``, which gets the dialect and the seconds that it may take.

        Raises:
            LlmError: no reply can be obtained.
        """
        began, dialect = time.monotonic(), self._dialect
        tried = [dialect]  # nothing is tried twice, so that there is an end to it

        def once(limit_s: float) -> Reply:
            nonlocal dialect
            try:
                return send(dialect, limit_s)
            except Refused as refused:
                learned = dialect.after(refused, ask)
                if learned is None or learned in tried:
                    raise refused.fault from refused
                dialect = learned
                tried.append(learned)
                raise Passing("the server does not know an option", after_s=0.0) from refused

        reply, tries = persist(once, self._patience, name=self._name, waiting=waiting)
        self._dialect = self._dialect.kept(dialect)
        return replace(reply, seconds=time.monotonic() - began, tries=tries)


def instructed(messages: list[Message], instruction: str) -> list[Message]:
    """Return ``messages`` with ``instruction`` in the system turn; many chat templates know only one, at the top."""
    if messages and messages[0]["role"] == "system":
        first: Message = {"role": "system", "content": f"{messages[0]['content']}\n\n{instruction}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": instruction}, *messages]


def without_system(messages: list[Message]) -> list[Message]:
    """Return ``messages`` with what the system turns say at the head of the first user turn."""
    said = [each["content"] for each in messages if each["role"] == "system"]
    rest = [each for each in messages if each["role"] != "system"]
    if rest and rest[0]["role"] == "user":
        said.append(rest.pop(0)["content"])
    return [{"role": "user", "content": "\n\n".join(said)}, *rest] if said else rest
