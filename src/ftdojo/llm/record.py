"""What was asked of language models and what they replied, whole and without secrets; and replaying it."""

import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftdojo import config
from ftdojo.errors import LlmError, StoreError, UsageError
from ftdojo.llm.patience import ALONE, Waiting
from ftdojo.llm.types import Ask, Reply
from ftdojo.records import Message, Role

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MARK = "[redacted]"

_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|gsk|xai|rk|pk)-[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic, OpenRouter, DeepSeek, xAI, ...
    r"|(?:gsk|hf|ghp|gho|github_pat)_[A-Za-z0-9_]{20,}"
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|(?i:bearer)\s+(?:(?=[^\s\"']*\d)[\w.~+/=-]{8,}|[\w.~+/=-]{20,})"
    r")"
)
_LOGIN = re.compile(r"(?<=://)[^\s/@\[\]]+@")
"""Name and password before the host of an address."""


def redact(text: str) -> str:
    """Return ``text`` without the secrets of the environment, and without anything that is shaped like a key.

    Example:
        >>> redact("wrong key sk-proj-0123456789abcdefghij.")
        'wrong key [redacted].'
    """
    for secret in sorted(config.secrets(), key=len, reverse=True):
        if secret not in MARK:
            text = text.replace(secret, MARK)
    return _LOGIN.sub(f"{MARK}@", _SHAPES.sub(MARK, text))


FILE = "exchanges.jsonl"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its reply, as they are kept: without keys.

    ``model`` is ``provider/model`` as requested, ``digest`` that of the request as it was before keys were taken out
    (``digest_of``), ``t`` the UTC time of the answer. How many requests it took is ``reply.tries``.
    """

    purpose: str
    role: Role
    model: str
    digest: str
    messages: tuple[Message, ...]
    reply: Reply
    t: str


def digest_of(ask: Ask) -> str:
    """Return the SHA-256 of all that a model would see of ``ask``: the same request under another purpose has the same."""
    seen = {key: value for key, value in asdict(ask).items() if key not in ("purpose", "role")}
    text = json.dumps(seen, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Exchanges:
    """The exchanges of one run, in ``folder``; safe to share between threads, not between processes.

    A last line without its end was never acknowledged (its writer died in it) and is dropped. Another line that is not
    an exchange is named on stderr, and its request is sent again: a record is no reason for a run to end.

    Raises:
        StoreError: the file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._path, self._lock = folder / FILE, threading.Lock()
        self._known = _read(self._path)

    def find(self, purpose: str) -> Reply | None:
        """Return the reply to the request called ``purpose``, if it was sent before."""
        known = self._known.get(purpose)
        return known.reply if known else None

    def all(self) -> list[Exchange]:
        """Return every exchange in the order they were recorded."""
        return list(self._known.values())

    def add(self, exchange: Exchange) -> None:
        """Record an exchange; it is on the disk on return.

        Raises:
            StoreError: its purpose is on record already, or the file cannot be written.
        """
        with self._lock:
            if exchange.purpose in self._known:
                raise StoreError(
                    f"The request {exchange.purpose!r} has a reply in {self._path} already; "
                    "give every request of a run a purpose of its own."
                )
            _or_store_error(
                self._path, "written", lambda: _append(self._path, json.dumps(asdict(exchange)))
            )
            self._known[exchange.purpose] = exchange


def _read(path: Path) -> dict[str, Exchange]:
    """Return the exchanges in a file by their purpose. A line that is none is named; its request will be sent again."""
    raw = _or_store_error(path, "read", lambda: path.read_bytes() if path.exists() else b"")
    found = {}
    for number, line in enumerate(raw.rpartition(b"\n")[0].split(b"\n") if raw else (), start=1):
        try:
            exchange = _exchange(json.loads(line))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            # The kind of error is enough: the line itself is in the file, and may be long.
            why = f"line {number} of {path} is not an exchange ({type(error).__name__})"
            print(f"ftdojo: {why}; its request will be sent again.", file=sys.stderr)
            continue
        found[exchange.purpose] = exchange
    return found


def _exchange(row: dict[str, Any]) -> Exchange:
    (kept,) = _replies().validate_json(json.dumps([row["reply"]]))
    return Exchange(**row | {"messages": tuple(row["messages"]), "reply": kept})


@cache
def _replies() -> "TypeAdapter[list[Reply]]":
    """Return what reads a reply: a list of one, because a list hands its settings on to the records in it."""
    from pydantic import ConfigDict, TypeAdapter

    settings = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    return TypeAdapter(list[Reply], config=settings)


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        end = whole = file.tell()
        while whole and os.pread(file.fileno(), 1, whole - 1) != b"\n":
            whole -= 1
        if whole != end:
            file.truncate(whole)
        left = line.encode() + b"\n"
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())


def _or_store_error(path: Path, verb: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except OSError as error:
        raise StoreError(
            f"{path} cannot be {verb} ({error.strerror}). Check the disk and the folder's rights, then resume the run."
        ) from error


FOLDER = "llm"
"""The folder of a run that holds its exchanges."""


class Replay:
    """Replies to every request as in a recorded run, by its purpose, tokens and money included.

    ``differing`` lists the purposes whose request is not, to the letter, the one that was recorded.
    """

    def __init__(self, run_folder: Path) -> None:
        self.name = f"replay/{run_folder.name}"
        self.differing: list[str] = []
        self._run = run_folder
        self._known = {each.purpose: each for each in Exchanges(run_folder / FOLDER).all()}

    def chat(self, ask: Ask, waiting: Waiting = ALONE) -> Reply:
        """Return the reply on record; nobody waits for it.

        Raises:
            LlmError: the run that is replayed never sent this request.
        """
        known = self._known.get(ask.purpose)
        if known is None:
            raise LlmError(
                f"{self._run} holds no reply to {ask.purpose!r}, so it cannot be replayed beyond this point; "
                "replay it with the same task, seed, budget and version, or go on with a model (--llm)."
            )
        if known.digest != digest_of(ask):
            self.differing.append(ask.purpose)
        return known.reply


def replayed(run_folder: Path) -> Replay:
    """Return a model that answers from the record of ``run_folder``.

    Raises:
        UsageError: the folder holds no exchanges.
        StoreError: its record cannot be read.
    """
    if not (run_folder / FOLDER / FILE).is_file():
        raise UsageError(
            f"{run_folder} holds no exchanges to replay ({FOLDER}/{FILE}); name the folder of a run that used a "
            "language model."
        )
    return Replay(run_folder)
